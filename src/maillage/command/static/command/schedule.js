// Only what the chosen moment needs is shown; without JavaScript, everything is.
const anchor = document.querySelector('select[name="anchor"]');

function show() {
  const wanted = anchor.value === "clock" ? "clock" : "sun";
  for (const part of document.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== wanted;
}

anchor?.addEventListener("change", show);
if (anchor) show();

// − and + around a number field.
function bounds(box) {
  const input = box.querySelector("input");
  for (const button of box.querySelectorAll("[data-step]")) {
    const limit = Number(button.dataset.step) < 0 ? input.min : input.max;
    button.hidden = false;
    button.disabled = limit !== "" && Number(button.dataset.step) * (Number(input.value) - Number(limit)) >= 0;
  }
}

function decimalsOf(input) {
  return (input.step.split(".")[1] ?? "").length;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-stepper] [data-step]");
  if (!button) return;
  const box = button.closest("[data-stepper]");
  const input = box.querySelector("input");
  if (Number(button.dataset.step) < 0) input.stepDown();
  else input.stepUp();
  input.value = Number(input.value).toFixed(decimalsOf(input));
  input.dispatchEvent(new Event("change", { bubbles: true }));
});

document.addEventListener("change", (event) => {
  const box = event.target.closest?.("[data-stepper]");
  if (box) bounds(box);
});

const prepare = (root) => root.querySelectorAll("[data-stepper]").forEach(bounds);
prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt.parentElement ?? document));

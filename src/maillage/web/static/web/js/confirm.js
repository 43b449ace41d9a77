// Buttons with data-confirm="<dialog id>" ask first; the form is then sent with confirmed=1.
function confirmed(button) {
  const form = button.form;
  if (!form) return button.dispatchEvent(new CustomEvent("confirmed", { bubbles: true }));
  let mark = form.querySelector('input[name="confirmed"]');
  if (!mark) {
    mark = Object.assign(document.createElement("input"), { type: "hidden", name: "confirmed" });
    form.append(mark);
  }
  mark.value = "1";
  form.requestSubmit(button);
  mark.remove();
  return true;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-confirm]");
  if (!button) return;
  const dialog = document.getElementById(button.dataset.confirm);
  if (!dialog) return;
  event.preventDefault();
  event.stopPropagation();
  dialog.returnValue = "cancel";
  dialog.showModal();
  dialog.addEventListener("close", () => { if (dialog.returnValue === "confirm") confirmed(button); }, { once: true });
}, { capture: true });

// A click on the backdrop cancels.
document.addEventListener("click", (event) => {
  if (event.target instanceof HTMLDialogElement && event.target.classList.contains("m-dialog")) event.target.close("cancel");
});

// A fragment that cannot be fetched says so, once, where messages stand.
import { words } from "./words.js";

function say(text) {
  const box = document.getElementById("messages");
  if (!box) return;
  const alert = Object.assign(document.createElement("div"), { className: "m-alert", textContent: text });
  alert.dataset.tone = "danger";
  alert.setAttribute("role", "alert");
  box.replaceChildren(alert);
}

document.addEventListener("htmx:sendError", () => say(words.requestFailed));

// Answers without words of ours (a crash, a proxy) must not be put into the page.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (xhr.status < 400) return;
  const ours = xhr.status === 422 || xhr.getResponseHeader("HX-Retarget");
  if (!ours) {
    event.detail.shouldSwap = false;
    say(words.requestFailed);
  }
});

// Every page's script: enhances what is there, loads the heavy parts only where a page has them.
import "./confirm.js";
import "./live.js";
import "./menu.js";
import "./messages.js";
import "./stepper.js";

async function enhance(root) {
  if (root.querySelector("[data-chart]")) (await import("./chart.js")).enhance(root);
  if (root.querySelector("[data-map]")) (await import("./map.js")).enhance(root);
}

enhance(document);
document.addEventListener("htmx:load", (event) => enhance(event.detail.elt.parentElement ?? document));

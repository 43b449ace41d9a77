// Runs before the first paint: the chosen theme, else the device's. The toggle remembers.
(() => {
  const root = document.documentElement;
  const device = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => localStorage.getItem("theme");
  const apply = () => {
    root.dataset.bsTheme = chosen() ?? (device.matches ? "dark" : "light");
    document.dispatchEvent(new CustomEvent("theme:change"));
  };
  apply();
  device.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.hidden = false;
      button.addEventListener("click", () => {
        localStorage.setItem("theme", root.dataset.bsTheme === "dark" ? "light" : "dark");
        apply();
      });
    }
  });
})();

// When the list of sites was read again, the map's markers follow it.
document.addEventListener("htmx:afterSwap", () => {
  for (const { dataset } of document.querySelectorAll("[data-site-state]")) {
    for (const marker of document.querySelectorAll(`[data-live-state="${CSS.escape(dataset.site)}"]`)) {
      marker.dataset.state = dataset.siteState;
    }
  }
});

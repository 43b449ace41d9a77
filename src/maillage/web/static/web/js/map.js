// A map without a basemap: the commune's own outline is the ground. Wraps MapLibre; the list twin says the same.
import { LngLatBounds, Map as MapLibre, Marker, NavigationControl, Popup } from "../../vendor/maplibre-gl/maplibre-gl.mjs";
import { words } from "./words.js";

const manySites = 80; // beyond, one drawn layer instead of one link each
const iconSprite = new URL("../../vendor/icons.svg", import.meta.url).href;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const maps = new Set();

function loadStyle() {
  const href = new URL("../../vendor/maplibre-gl/maplibre-gl.css", import.meta.url).href;
  if (document.querySelector(`link[href="${href}"]`)) return null;
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  const loaded = new Promise((resolve) => link.addEventListener("load", resolve, { once: true }));
  document.head.append(link);
  return loaded;
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const stateColours = () => ["match", ["get", "state"],
  "ok", colour("--m-ok"), "info", colour("--m-info"), "pending", colour("--m-info"), "warning", colour("--m-warning"),
  "danger", colour("--m-danger"), "off", colour("--m-quiet"), "stale", colour("--m-quiet"), colour("--m-primary")];

const ofLayer = (data, name) => ({
  type: "FeatureCollection",
  features: data.features.filter((feature) => feature.properties.layer === name),
});

function extend(bounds, coordinates) {
  if (typeof coordinates[0] === "number") bounds.extend(coordinates);
  else for (const each of coordinates) extend(bounds, each);
  return bounds;
}

function boundsOf(data) {
  const outline = ofLayer(data, "outline").features;
  const shown = outline.length ? outline : data.features;
  return shown.reduce((bounds, feature) => extend(bounds, feature.geometry.coordinates), new LngLatBounds());
}

function style(data) {
  const source = (name) => ({ type: "geojson", data: ofLayer(data, name), generateId: true });
  const fill = (id, paint) => ({ id: `${id}-fill`, type: "fill", source: id, paint });
  const line = (id, paint) => ({ id: `${id}-line`, type: "line", source: id, layout: { "line-join": "round" }, paint });
  return {
    version: 8,
    sources: Object.fromEntries(["neighbour", "outline", "area", "site"].map((name) => [name, source(name)])),
    layers: [
      { id: "ground", type: "background", paint: { "background-color": colour("--m-map-ground") } },
      fill("neighbour", { "fill-color": colour("--m-map-neighbour") }),
      line("neighbour", { "line-color": colour("--m-map-neighbour-edge"), "line-width": 1 }),
      fill("outline", { "fill-color": colour("--m-map-outline") }),
      line("outline", { "line-color": colour("--m-map-edge"), "line-width": 2 }),
      fill("area", {
        "fill-color": ["case", ["has", "state"], stateColours(), colour("--m-primary")],
        "fill-opacity": ["case", ["boolean", ["feature-state", "hover"], false], 0.75,
          ["+", 0.08, ["*", 0.6, ["coalesce", ["get", "fill"], 0.25]]]],
      }),
      line("area", { "line-color": colour("--m-map-outline"), "line-width": 1 }),
    ],
  };
}

const siteLayer = () => ({
  id: "site-dots",
  type: "circle",
  source: "site",
  paint: {
    "circle-color": stateColours(),
    "circle-radius": ["interpolate", ["linear"], ["zoom"], 8, 3.5, 13, 8],
    "circle-stroke-color": colour("--m-surface"),
    "circle-stroke-width": 1.5,
  },
});

function iconOf(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "m-icon");
  svg.setAttribute("width", "20");
  svg.setAttribute("height", "20");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${iconSprite}#${name}`);
  svg.append(use);
  return svg;
}

function markerOf({ properties, geometry }) {
  const holder = document.createElement("div");
  const pin = document.createElement(properties.href ? "a" : "span");
  pin.className = "m-marker";
  if (properties.href) pin.href = properties.href;
  pin.setAttribute("aria-label", [properties.name, properties.text].filter(Boolean).join(", "));
  if (!properties.href) pin.setAttribute("role", "img");
  if (properties.state) pin.dataset.state = properties.state;
  if (properties.live) pin.dataset.liveState = properties.live;
  pin.append(iconOf(properties.icon ?? "map-pin"));
  const label = Object.assign(document.createElement("span"), { className: "m-marker-label", textContent: properties.name ?? "" });
  label.setAttribute("aria-hidden", "true");
  holder.append(pin, label);
  return new Marker({ element: holder, anchor: "center" }).setLngLat(geometry.coordinates);
}

function popupContent({ name, text, href }) {
  const box = document.createElement("div");
  const title = document.createElement(href ? "a" : "strong");
  title.textContent = name ?? "";
  if (href) title.href = href;
  box.append(title);
  if (text) box.append(Object.assign(document.createElement("div"), { textContent: text }));
  return box;
}

function followPointer(map, layer, onClick) {
  const popup = new Popup({ closeButton: false, closeOnClick: false, offset: 12, maxWidth: "16rem" });
  let hovered;
  const hover = (id, value) => { if (id !== undefined) map.setFeatureState({ source: map.getLayer(layer).source, id }, { hover: value }); };
  map.on("mousemove", layer, (event) => {
    const [feature] = event.features;
    map.getCanvas().style.cursor = feature.properties.href ? "pointer" : "";
    if (feature.id !== hovered) { hover(hovered, false); hovered = feature.id; hover(hovered, true); }
    popup.setLngLat(event.lngLat).setDOMContent(popupContent(feature.properties)).addTo(map);
  });
  map.on("mouseleave", layer, () => { hover(hovered, false); hovered = undefined; popup.remove(); map.getCanvas().style.cursor = ""; });
  map.on("click", layer, (event) => onClick(event.features[0].properties));
}

const follow = ({ href }) => { if (href) location.assign(href); };

const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

const isQuiet = (label) => ["off", undefined].includes(label.previousElementSibling.dataset.state);

// A label that would cover a pin or another label waits for more room; places with something to say come first.
function declutter(canvas) {
  const taken = [...canvas.querySelectorAll(".m-marker")].map((pin) => pin.getBoundingClientRect());
  const labels = [...canvas.querySelectorAll(".m-marker-label")].sort((a, b) => isQuiet(a) - isQuiet(b));
  for (const label of labels) {
    label.classList.remove("is-crowded");
    const box = label.getBoundingClientRect();
    const own = label.previousElementSibling.getBoundingClientRect();
    const crowded = taken.some((other) => !(other.left === own.left && other.top === own.top) && overlap(box, other));
    label.classList.toggle("is-crowded", crowded);
    if (!crowded) taken.push(box);
  }
}

function drawSites(map, sites) {
  if (sites.features.length <= manySites) {
    sites.features.forEach((feature) => markerOf(feature).addTo(map));
    const tidy = () => declutter(map.getContainer());
    map.on("moveend", tidy);
    map.once("idle", tidy);
    return;
  }
  map.addLayer(siteLayer());
  followPointer(map, "site-dots", follow);
}

function options(container, data, label) {
  return {
    container,
    style: style(data),
    bounds: boundsOf(data),
    fitBoundsOptions: { padding: Math.min(56, container.clientWidth / 9), maxZoom: 15 },
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    cooperativeGestures: matchMedia("(pointer: coarse)").matches,
    fadeDuration: calm.matches ? 0 : 200,
    locale: { "NavigationControl.ZoomIn": words.zoomIn, "NavigationControl.ZoomOut": words.zoomOut, "Map.Title": label || words.map, "Popup.Close": words.close },
  };
}

function draw(box, canvas, data) {
  canvas.hidden = false;
  const map = new MapLibre(options(canvas, data, box.dataset.label));
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.touchZoomRotate.disableRotation();
  map.on("load", () => {
    followPointer(map, "area-fill", follow);
    drawSites(map, ofLayer(data, "site"));
    box.dataset.map = "ready";
    box.dispatchEvent(new CustomEvent("map:ready", { bubbles: true, detail: map }));
  });
  maps.add({ map, data });
  return map;
}

async function dataOf(box) {
  const inline = box.querySelector("[data-map-data]");
  if (inline) return JSON.parse(inline.textContent);
  const answer = await fetch(box.dataset.src, { headers: { Accept: "application/geo+json, application/json" } });
  if (!answer.ok) throw new Error(`${box.dataset.src} answered ${answer.status}`);
  return answer.json();
}

function explain(canvas, text) {
  canvas.hidden = false;
  canvas.replaceChildren(Object.assign(document.createElement("p"), { className: "m-map-failed", textContent: text }));
}

const canDraw = () => Boolean(document.createElement("canvas").getContext("webgl2"));

async function start(box) {
  box.dataset.map = "started";
  const canvas = box.querySelector("[data-map-canvas]");
  if (!canDraw()) return explain(canvas, words.noMap);
  try {
    await loadStyle();
    return draw(box, canvas, await dataOf(box));
  } catch (error) {
    console.error(error);
    return explain(canvas, words.mapFailed);
  }
}

export function enhance(root) {
  root.querySelectorAll('[data-map=""]').forEach(start);
}

document.addEventListener("theme:change", () => {
  for (const { map, data } of maps) {
    const dots = map.getLayer("site-dots");
    map.setStyle(style(data), { diff: false });
    if (dots) map.once("styledata", () => map.addLayer(siteLayer()));
  }
});

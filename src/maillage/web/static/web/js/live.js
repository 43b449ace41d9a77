// The page's one event stream: values, states and times follow it, and age visibly when it stops.
import { ago, quantity, quantityParts } from "./formats.js";

const beatLost = 40_000; // the server beats every 15 s; two missed beats and some delay mean the line is dead
const hiddenFor = 60_000; // a page nobody looks at gives its connection back
const longestRetry = 30_000;

const streamUrl = document.body.dataset.liveUrl?.trim();
const snapshotUrl = document.body.dataset.liveSnapshot?.trim();
const banner = document.querySelector("[data-live-banner]");

let stream = null;
let attempts = 0;
let clockOffset = 0; // the server's clock minus this device's, so that ages are right on a wrong clock
let watchdog = 0;
let retry = 0;

export const serverNow = () => Date.now() + clockOffset;

function announce(status) {
  if (document.body.dataset.liveStatus === status) return;
  document.body.dataset.liveStatus = status;
  if (banner) banner.hidden = status !== "offline";
  document.dispatchEvent(new CustomEvent("live:status", { detail: status }));
}

// --- values -------------------------------------------------------------------------------------------------------

function every(attribute, key, change) {
  for (const element of document.querySelectorAll(`[${attribute}="${CSS.escape(key)}"]`)) change(element);
}

function showValue(element, given) {
  const unit = given.unit ?? element.dataset.unit;
  const decimals = given.decimals ?? (element.dataset.decimals ? Number(element.dataset.decimals) : undefined);
  const numberPart = element.querySelector(".m-number");
  if (given.text !== undefined) {
    (numberPart ?? element).textContent = given.text;
    if (numberPart) element.querySelector(".m-unit")?.replaceChildren();
  } else if (given.value !== undefined) {
    showQuantity(element, numberPart, given.value, unit, decimals);
  }
  if (given.at) element.dataset.at = given.at;
  element.classList.remove("is-new");
  requestAnimationFrame(() => element.classList.add("is-new"));
}

function showQuantity(element, numberPart, value, unit, decimals) {
  if (typeof value === "string") {
    (numberPart ?? element).textContent = value;
  } else if (numberPart) {
    const parts = quantityParts(value, unit, decimals);
    numberPart.textContent = parts.number;
    unitPart(element).textContent = parts.unit;
  } else {
    element.textContent = quantity(value, unit, decimals);
  }
}

function unitPart(element) {
  const found = element.querySelector(".m-unit");
  if (found) return found;
  const made = document.createElement("span");
  made.className = "m-unit";
  element.append(made);
  return made;
}

function showTime(element, at) {
  if (!at) return;
  element.setAttribute("datetime", at);
  element.dataset.at = at;
}

function apply(values) {
  for (const [key, given] of Object.entries(values)) {
    if (given === null || typeof given !== "object") continue;
    every("data-live", key, (element) => showValue(element, given));
    every("data-live-at", key, (element) => showTime(element, given.at));
    if (given.state) every("data-live-state", key, (element) => { element.dataset.state = given.state; });
    document.dispatchEvent(new CustomEvent("live:value", { detail: { key, ...given } }));
  }
  applyAttributes(values);
  age();
}

function applyAttributes(values) {
  for (const element of document.querySelectorAll("[data-live-attr]")) {
    for (const pair of element.dataset.liveAttr.split(/\s+/)) {
      const cut = pair.lastIndexOf(":");
      const given = values[pair.slice(0, cut)];
      const attribute = pair.slice(cut + 1);
      if (given?.value !== undefined && !attribute.startsWith("on")) element.setAttribute(attribute, given.value);
    }
  }
}

function age() {
  const now = serverNow();
  for (const element of document.querySelectorAll("[data-ago]")) {
    const text = ago(element.dataset.at ? new Date(element.dataset.at) : null, now);
    if (element.textContent !== text) element.textContent = text;
  }
  for (const element of document.querySelectorAll("[data-stale-after]")) {
    const at = element.dataset.at ? Date.parse(element.dataset.at) : Number.NaN;
    element.toggleAttribute("data-stale", !(now - at <= Number(element.dataset.staleAfter) * 1000));
  }
}

// --- the stream ---------------------------------------------------------------------------------------------------

function read(event) {
  heard();
  try {
    return JSON.parse(event.data);
  } catch {
    console.warn("A live message is not JSON", event.type);
    return null;
  }
}

function heard() {
  clearTimeout(watchdog);
  watchdog = setTimeout(lost, beatLost);
}

function setClock(message) {
  if (message?.now) clockOffset = Date.parse(message.now) - Date.now();
}

async function readSnapshot() {
  document.dispatchEvent(new CustomEvent("live:resync"));
  if (!snapshotUrl) return;
  const answer = await fetch(snapshotUrl, { headers: { Accept: "application/json" } }).catch(() => null);
  if (answer?.ok) apply(await answer.json());
}

function greeted(event) {
  const message = read(event);
  setClock(message);
  const returning = attempts > 0 || document.body.dataset.liveStatus === "offline";
  for (const topic of message?.topics ?? []) stream.addEventListener(topic, (each) => received(topic, each));
  attempts = 0;
  announce("online");
  age();
  if (returning || snapshotUrl) readSnapshot();
}

function received(topic, event) {
  const message = read(event);
  if (message === null) return;
  apply(message);
  document.dispatchEvent(new CustomEvent(`live:${topic}`, { detail: message }));
}

function open() {
  clearTimeout(retry);
  announce(attempts ? "offline" : "connecting");
  stream = new EventSource(streamUrl);
  stream.addEventListener("hello", greeted);
  stream.addEventListener("beat", (event) => { setClock(read(event)); age(); });
  stream.addEventListener("resync", (event) => { read(event); readSnapshot(); });
  stream.addEventListener("error", lost);
  heard();
}

function shut() {
  clearTimeout(watchdog);
  clearTimeout(retry);
  stream?.close();
  stream = null;
}

function lost() {
  shut();
  attempts += 1;
  announce("offline");
  age();
  const wait = Math.min(longestRetry, 1000 * 2 ** (attempts - 1));
  retry = setTimeout(open, wait * (0.75 + Math.random() / 2));
}

function watchVisibility() {
  let leaving = 0;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(leaving);
    if (document.hidden) {
      leaving = setTimeout(() => { shut(); attempts = 1; }, hiddenFor);
    } else if (!stream) {
      open();
    }
  });
}

if (streamUrl) {
  open();
  watchVisibility();
  addEventListener("pagehide", shut);
  addEventListener("pageshow", (event) => { if (event.persisted) { attempts = 1; open(); } });
  addEventListener("online", () => { if (!stream) open(); });
}
setInterval(age, 10_000);
document.addEventListener("htmx:load", age);

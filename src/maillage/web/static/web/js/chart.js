// Curves over time: gaps stay gaps, two axes, keyboard reading, live growth. Wraps uPlot.
import uPlot from "../../vendor/uplot/uPlot.esm.js";
import { number, quantity, timeZone, unitLabel } from "./formats.js";
import { locale, words } from "./words.js";

const narrow = 520; // px under which the axes give their room to the curve
const charts = new Set();
let styled = false;

function loadStyle() {
  if (styled) return;
  styled = true;
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet" });
  link.href = new URL("../../vendor/uplot/uPlot.min.css", import.meta.url).href;
  document.head.append(link);
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const seriesColour = (tone) => colour(`--m-series-${tone}`);
const format = (options) => new Intl.DateTimeFormat(locale, { timeZone, ...options });
const hour = format({ hour: "2-digit", minute: "2-digit" });
const dayOnly = format({ day: "numeric", month: "short" });
const moment = format({ weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

// Two points further apart than the series' own gap are separated by an explicit hole.
function withHoles(points, gapS) {
  const times = [];
  const values = [];
  points.forEach(([time, value], index) => {
    const before = points[index - 1];
    if (gapS && before && time - before[0] > gapS) {
      times.push(before[0] + gapS);
      values.push(null);
    }
    times.push(time);
    values.push(value);
  });
  return [times, values];
}

function align(series) {
  const tables = series.map((each) => withHoles(each.points, each.gap_s));
  if (tables.every(([times]) => times.length === 0)) return [[], ...series.map(() => [])];
  return uPlot.join(tables);
}

function readAt(points, time, holdS) {
  let found = null;
  for (const point of points) {
    if (point[0] > time) break;
    found = point;
  }
  return found && (!holdS || time - found[0] <= holdS) ? found[1] : null;
}

class Chart {
  constructor(figure, data) {
    this.figure = figure;
    this.data = data;
    this.box = figure.querySelector("[data-chart-plot]");
    this.units = [...new Set(data.series.map((each) => each.unit ?? ""))].slice(0, 2);
    this.series = data.series.map((each, index) => ({ tone: (index % 6) + 1, decimals: 1, ...each }));
    this.box.hidden = false;
    this.drawLegend();
    this.drawReading();
    this.listen();
    this.draw();
    charts.add(this);
  }

  drawLegend() {
    const list = Object.assign(document.createElement("ul"), { className: "m-chart-legend" });
    this.legend = this.series.map((each) => {
      const item = document.createElement("li");
      const key = Object.assign(document.createElement("span"), { className: `m-chart-key is-${each.tone}` });
      if (each.step) key.classList.add("is-step");
      if (each.area) key.classList.add("is-area");
      const value = document.createElement("b");
      item.append(key, `${each.label} `, value);
      list.append(item);
      return value;
    });
    this.box.before(list);
  }

  drawReading() {
    this.reading = Object.assign(document.createElement("p"), { className: "m-chart-reading" });
    this.reading.setAttribute("aria-live", "polite");
    this.box.after(this.reading);
    this.box.tabIndex = 0;
    this.box.setAttribute("role", "group");
    this.box.setAttribute("aria-label", `${this.figure.getAttribute("aria-label")}. ${words.keys}`);
  }

  listen() {
    this.box.addEventListener("keydown", (event) => this.moveWithKey(event));
    this.box.addEventListener("blur", () => { this.reading.textContent = ""; });
    this.width = 0;
    new ResizeObserver(() => {
      const width = this.box.clientWidth;
      if (!width || width === this.width) return;
      if (width < narrow !== this.width < narrow) this.draw();
      else this.plot.setSize({ width, height: this.height() });
      this.width = width;
    }).observe(this.box);
  }

  height() {
    return Number(this.figure.dataset.height) || 280;
  }

  draw() {
    this.plot?.destroy();
    this.width = this.box.clientWidth || 600;
    this.aligned = align(this.series);
    this.plot = new uPlot(this.options(), this.aligned, this.box);
    this.box.querySelector("canvas")?.setAttribute("aria-hidden", "true");
    if (!this.aligned[0].length) this.reading.textContent = words.noData;
    this.showLast();
  }

  options() {
    return {
      width: this.width,
      height: this.height(),
      padding: [12, this.units.length > 1 ? 0 : 8, 0, 0],
      tzDate: (time) => uPlot.tzDate(new Date(time * 1000), timeZone),
      scales: { x: { time: true, range: () => [this.data.from, this.data.to] }, ...this.valueScales() },
      series: [{}, ...this.series.map((each) => this.seriesOptions(each))],
      axes: this.axes(),
      cursor: { points: { size: 8 }, drag: { x: false, y: false }, y: false },
      hooks: { setCursor: [(plot) => this.showCursor(plot)] },
    };
  }

  valueScales() {
    return Object.fromEntries(this.units.map((unit) => [`v${unit}`, { range: (_plot, low, high) => this.range(unit, low, high) }]));
  }

  range(unit, low, high) {
    if (unit === "%") return [0, 100];
    if (low === null || low === undefined) return [0, 1];
    const margin = Math.max((high - low) * 0.12, 0.5);
    return [Math.floor(low - margin), Math.ceil(high + margin)];
  }

  seriesOptions(each) {
    const stroke = seriesColour(each.tone);
    return {
      label: each.label,
      scale: `v${this.units.includes(each.unit ?? "") ? each.unit ?? "" : this.units[0]}`,
      stroke,
      width: each.area ? 1.25 : 2.25,
      dash: each.step ? [6, 5] : undefined,
      fill: each.area ? `color-mix(in srgb, ${stroke} 16%, transparent)` : undefined,
      paths: each.step || each.area ? uPlot.paths.stepped({ align: 1 }) : uPlot.paths.linear(),
      points: { show: false },
      spanGaps: false,
    };
  }

  axes() {
    const text = { stroke: colour("--m-ink-soft"), font: "12px Inter, sans-serif", ticks: { show: false } };
    const grid = { stroke: colour("--m-line"), width: 1 };
    const small = this.width < narrow;
    const time = {
      ...text,
      grid: { show: false },
      size: 30,
      space: small ? 64 : 80,
      values: (_plot, times) => times.map((each) => this.timeLabel(each)),
    };
    const sides = this.units.map((unit, index) => ({
      ...text,
      scale: `v${unit}`,
      side: index ? 1 : 3,
      size: small ? 40 : 52,
      grid: index ? { show: false } : grid,
      values: (_plot, values) => values.map((each) => number(each, Number.isInteger(each) ? 0 : 1) + (unitLabel(unit) === "%" ? "\u202f%" : unit === "Cel" ? "°" : "")),
    }));
    return [time, ...sides];
  }

  timeLabel(time) {
    const date = new Date(time * 1000);
    const clock = hour.format(date);
    return this.data.to - this.data.from > 2 * 86400 || clock === "00:00" ? dayOnly.format(date) : clock;
  }

  valueOf(each, time) {
    const hold = each.step ? 0 : each.gap_s || 0;
    return readAt(each.points, time, hold);
  }

  showAt(time) {
    this.series.forEach((each, index) => {
      const value = this.valueOf(each, time);
      this.legend[index].textContent = value === null ? "—" : quantity(value, each.unit, each.decimals);
    });
  }

  showLast() {
    this.showAt(this.data.to);
  }

  showCursor(plot) {
    const { idx } = plot.cursor;
    if (idx === null || idx === undefined) this.showLast();
    else this.showAt(plot.data[0][idx]);
  }

  moveWithKey(event) {
    const last = this.aligned[0].length - 1;
    const step = event.shiftKey ? 10 : 1;
    const at = this.at ?? last;
    const target = { ArrowLeft: at - step, ArrowRight: at + step, Home: 0, End: last }[event.key];
    if (target === undefined || last < 0) return;
    event.preventDefault();
    this.at = Math.min(last, Math.max(0, target));
    const time = this.aligned[0][this.at];
    this.plot.setCursor({ left: this.plot.valToPos(time, "x"), top: 10 });
    this.showAt(time);
    this.reading.textContent = this.sentence(time);
  }

  sentence(time) {
    const values = this.series.map((each) => {
      const value = this.valueOf(each, time);
      return `${each.label} ${value === null ? words.noMeasure : quantity(value, each.unit, each.decimals)}`;
    });
    return `${moment.format(new Date(time * 1000))} : ${values.join(", ")}`;
  }

  grow({ key, value, at }) {
    const each = this.series.find((candidate) => candidate.live === key);
    if (!each || value === undefined || !at) return;
    const time = Date.parse(at) / 1000;
    if (each.points.length && time <= each.points.at(-1)[0]) return;
    each.points.push([time, value]);
    const span = this.data.to - this.data.from;
    if (time > this.data.to) this.data = { ...this.data, from: time - span, to: time };
    this.aligned = align(this.series);
    this.plot.setData(this.aligned);
    this.showLast();
  }
}

async function dataOf(figure) {
  const inline = figure.querySelector("[data-chart-data]");
  if (inline) return JSON.parse(inline.textContent);
  const answer = await fetch(figure.dataset.src, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${figure.dataset.src} answered ${answer.status}`);
  return answer.json();
}

async function start(figure) {
  figure.dataset.chart = "started";
  try {
    figure.chart = new Chart(figure, await dataOf(figure));
  } catch (error) {
    console.error(error);
    figure.prepend(Object.assign(document.createElement("p"), { className: "m-help", textContent: words.failed }));
  }
}

export function enhance(root) {
  loadStyle();
  root.querySelectorAll('[data-chart=""]').forEach(start);
}

function onScreen() {
  for (const chart of charts) if (!chart.figure.isConnected) charts.delete(chart);
  return charts;
}

document.addEventListener("theme:change", () => onScreen().forEach((chart) => chart.draw()));
document.addEventListener("live:value", (event) => onScreen().forEach((chart) => chart.grow(event.detail)));

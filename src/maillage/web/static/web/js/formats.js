// The same rules as maillage/web/formats.py; a test compares both.
import { language, locale, words } from "./words.js";

export const timeZone = "Europe/Paris";
const gap = "\u202f";
const displayed = {
  1: "", Cel: "°C", "Cel.d": "°C·j", "[ppm]": "ppm", "[ppb]": "ppb", "ug/m3": "µg/m³", "mg/m3": "mg/m³", m2: "m²", m3: "m³",
  "m3/h": "m³/h", "dB[mW]": "dBm", "dB[SPL]": "dB", "kW.h": "kWh", "W.h": "Wh", deg: "°", Ohm: "Ω", "{count}": "",
};

export const unitLabel = (unit) => displayed[unit] ?? unit ?? "";

export function number(value, decimals) {
  const places = decimals ?? (Number.isInteger(value) ? 0 : 1);
  const text = new Intl.NumberFormat(locale, { minimumFractionDigits: places, maximumFractionDigits: places }).format(value);
  return text.replaceAll("\u00a0", gap).replace("-", "−");
}

export function quantityParts(value, unit, decimals) {
  if (value === null || value === undefined) return { number: "—", unit: "" };
  const sign = unitLabel(unit);
  return { number: number(value, decimals), unit: !sign || (sign === "%" && language === "en") ? sign : gap + sign };
}

export function quantity(value, unit, decimals) {
  const parts = quantityParts(value, unit, decimals);
  return parts.number + parts.unit;
}

const day = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone });

export function ago(at, now) {
  if (!at) return words.never;
  const seconds = (now - at) / 1000;
  if (seconds < 60) return words.now;
  if (seconds < 3600) return words.minutes(Math.floor(seconds / 60));
  if (seconds < 86400) return words.hours(Math.floor(seconds / 3600));
  if (seconds < 7 * 86400) return words.days(Math.floor(seconds / 86400));
  return words.on(day.format(at));
}

// Copies the few distributed files the pages need into the static folder, and draws one SVG sprite of the icons in use.
// Run by `npm run assets`; nothing is bundled and nothing is fetched.
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const modules = join(root, "node_modules");
const vendor = join(root, "src/maillage/web/static/vendor");
const iconList = join(root, "src/maillage/web/icons.txt");

const copies = {
  "@tabler/core/dist/css/tabler.min.css": "tabler/tabler.min.css",
  "maplibre-gl/dist/maplibre-gl.mjs": "maplibre-gl/maplibre-gl.mjs",
  "maplibre-gl/dist/maplibre-gl-worker.mjs": "maplibre-gl/maplibre-gl-worker.mjs",
  "maplibre-gl/dist/maplibre-gl.css": "maplibre-gl/maplibre-gl.css",
  "maplibre-gl/LICENSE.txt": "maplibre-gl/LICENSE.txt",
  "uplot/dist/uPlot.esm.js": "uplot/uPlot.esm.js",
  "uplot/dist/uPlot.min.css": "uplot/uPlot.min.css",
  "uplot/LICENSE": "uplot/LICENSE",
  "htmx.org/dist/htmx.min.js": "htmx/htmx.min.js",
  "htmx.org/LICENSE": "htmx/LICENSE",
  "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2": "inter/inter-latin.woff2",
  "@fontsource-variable/inter/LICENSE": "inter/LICENSE",
  "@tabler/icons/LICENSE": "icons.LICENSE",
};

// Source maps are not shipped; a dangling reference would break hashed static files.
const withoutSourceMap = (text) => text.replace(/\n?\/[/*]# sourceMappingURL=[^\n*]*(\*\/)?\s*$/, "\n");

async function copy(from, to) {
  const target = join(vendor, to);
  await mkdir(dirname(target), { recursive: true });
  if (/\.(css|m?js)$/.test(from)) {
    await writeFile(target, withoutSourceMap(await readFile(join(modules, from), "utf8")));
  } else {
    await cp(join(modules, from), target);
  }
}

async function symbol(name) {
  const svg = await readFile(join(modules, "@tabler/icons/icons/outline", `${name}.svg`), "utf8");
  const shapes = svg.slice(svg.indexOf(">") + 1, svg.lastIndexOf("</svg>"));
  const drawn = shapes.replace(/<path stroke="none"[^>]*\/>/, "").replace(/\s*\n\s*/g, "").trim();
  return `<symbol id="${name}" viewBox="0 0 24 24">${drawn}</symbol>`;
}

async function sprite() {
  const names = (await readFile(iconList, "utf8")).split("\n").map((line) => line.trim()).filter(Boolean);
  const missing = [];
  const symbols = await Promise.all(names.map((name) => symbol(name).catch(() => missing.push(name))));
  if (missing.length) throw new Error(`icons.txt names icons that Tabler does not have: ${missing.join(", ")}`);
  await writeFile(join(vendor, "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`);
  return names.length;
}

await rm(vendor, { recursive: true, force: true });
await mkdir(vendor, { recursive: true });
await Promise.all(Object.entries(copies).map(([from, to]) => copy(from, to)));
console.log(`${Object.keys(copies).length} files and a sprite of ${await sprite()} icons in ${vendor.slice(root.length + 1)}`);

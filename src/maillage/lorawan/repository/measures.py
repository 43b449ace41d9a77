"""The normalised payload of the device repository → the house's quantities.

The names are those of the repository's own schema (``lib/payload.json``): air temperature in °C, relative humidity
in %, pressure in hPa, CO₂ in ppm, light in lx, battery in V, wind in m/s.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from maillage.lorawan.codecs.model import Measure

MEASURES = {
    "air.temperature": Measure("air_temperature", "Cel", "Température", "Temperature", 1, "gauge"),
    "air.relativeHumidity": Measure("relative_humidity", "%", "Humidité relative", "Relative humidity", 0, "gauge"),
    "air.pressure": Measure("barometric_pressure", "hPa", "Pression atmosphérique", "Barometric pressure", 1, "gauge"),
    "air.co2": Measure("co2", "[ppm]", "CO₂", "CO₂", 0, "gauge"),
    "air.lightIntensity": Measure("illuminance", "lx", "Éclairement", "Illuminance", 0, "gauge"),
    "battery": Measure("battery_voltage", "V", "Tension de la pile", "Battery voltage", 2, "gauge"),
    "wind.speed": Measure("wind_speed", "m/s", "Vitesse du vent", "Wind speed", 1, "gauge"),
    "wind.direction": Measure("wind_direction", "deg", "Direction du vent", "Wind direction", 0, "gauge"),
}

# What is appended to a codec: of what ``normalizeUplink`` says (one measurement or a list), the paths that we know.
_ADAPTER = """
;function maillageMeasures(data) {
  var paths = %s, found = {};
  var normalized = normalizeUplink({ data: data });
  if (normalized.errors && normalized.errors.length) return found;
  [].concat(normalized.data).forEach(function (measurement) {
    Object.keys(paths).forEach(function (path) {
      var value = path.split(".").reduce(function (part, name) {
        return part === null || typeof part !== "object" ? undefined : part[name];
      }, measurement);
      if (typeof value === "number" && isFinite(value)) found[paths[path]] = value;
    });
  });
  return found;
}
"""


def measures_in(normalized_outputs: Iterable[Any]) -> dict[str, Measure]:
    """By path, those of ``MEASURES`` that the examples of a codec show."""
    seen = {path for output in normalized_outputs for part in _parts(output) for path in MEASURES if _has(part, path)}
    return {path: measure for path, measure in MEASURES.items() if path in seen}


def adapted(source: str, measures: dict[str, Measure]) -> str:
    """The codec, able to tell these measures; as it was without any."""
    if not measures:
        return source
    return source + _ADAPTER % json.dumps({path: measure.quantity for path, measure in measures.items()})


def _parts(output: Any) -> Iterator[Any]:  # noqa: ANN401 - the repository's own JSON
    data = output.get("data") if isinstance(output, dict) else None
    yield from data if isinstance(data, list) else [data]


def _has(part: Any, path: str) -> bool:  # noqa: ANN401 - the repository's own JSON
    for name in path.split("."):
        part = part.get(name) if isinstance(part, dict) else None
    return isinstance(part, int | float) and not isinstance(part, bool)

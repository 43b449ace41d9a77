"""Points inside a commune's outline. Pure."""

import math
import random
from collections.abc import Iterator, Sequence

Point = tuple[float, float]
"""Longitude, latitude in degrees (WGS 84)."""
Ring = Sequence[Point]
_TRIES = 4000
_KM_DEG = 111.195


def contains(ring: Ring, point: Point) -> bool:
    """Whether a closed ring holds the point (even-odd rule)."""
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in zip(ring, (*ring[1:], ring[0]), strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def centre(ring: Ring) -> Point:
    """The area's centroid, or the middle of the widest cut through it where the centroid lies outside."""
    twice_area = cx = cy = 0.0
    for (x1, y1), (x2, y2) in zip(ring, (*ring[1:], ring[0]), strict=True):
        cross = x1 * y2 - x2 * y1
        twice_area += cross
        cx += (x1 + x2) * cross
        cy += (y1 + y2) * cross
    found = (cx / (3 * twice_area), cy / (3 * twice_area))
    return found if contains(ring, found) else _middle_of_widest_cut(ring, found[1])


def scattered(ring: Ring, around: Point, spread_km: float, apart_km: float, chance: random.Random) -> Iterator[Point]:
    """Endless points inside the ring, denser near ``around``, at least ``apart_km`` from it and each other if room."""
    taken = [around]
    while True:
        gap_km = apart_km
        for _ in range(_TRIES):
            point = _near(around, spread_km, chance)
            if contains(ring, point) and all(km(point, other) >= gap_km for other in taken):
                break
            gap_km *= 0.995
        else:
            point = around
        taken.append(point)
        yield point


def km(a: Point, b: Point) -> float:
    """Distance over the ground, good to 0.1 % within a département."""
    east = (a[0] - b[0]) * math.cos(math.radians((a[1] + b[1]) / 2))
    return _KM_DEG * math.hypot(east, a[1] - b[1])


def width_km(ring: Ring) -> float:
    """Half of the outline's diagonal."""
    low = (min(x for x, _ in ring), min(y for _, y in ring))
    high = (max(x for x, _ in ring), max(y for _, y in ring))
    return km(low, high) / 2


def _near(around: Point, spread_km: float, chance: random.Random) -> Point:
    shrink = math.cos(math.radians(around[1]))
    return (
        round(around[0] + chance.gauss(0, spread_km) / (_KM_DEG * shrink), 6),
        round(around[1] + chance.gauss(0, spread_km) / _KM_DEG, 6),
    )


def _middle_of_widest_cut(ring: Ring, y: float) -> Point:
    crossings = sorted(
        x1 + (y - y1) * (x2 - x1) / (y2 - y1)
        for (x1, y1), (x2, y2) in zip(ring, (*ring[1:], ring[0]), strict=True)
        if (y1 > y) != (y2 > y)
    )
    left, right = max(zip(crossings[::2], crossings[1::2], strict=True), key=lambda cut: cut[1] - cut[0])
    return ((left + right) / 2, y)

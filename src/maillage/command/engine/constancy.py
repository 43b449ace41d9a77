"""Since when a state has been what it is, from the reports of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from maillage.telemetry.engine.curve import Point


@dataclass(frozen=True, slots=True)
class Since:
    """``at`` is the first report of the present state; ``is_known`` is False when it may have begun before."""

    at: datetime
    is_known: bool


def unchanged_since(points: Sequence[Point]) -> Since | None:
    """The start of the last run of equal values; None without any value. Gaps are stepped over."""
    values = [point for point in points if point.value is not None]
    if not values:
        return None
    last = values[-1].value
    start = next((index for index in range(len(values) - 1, -1, -1) if values[index].value != last), -1) + 1
    return Since(values[start].at, is_known=start > 0)

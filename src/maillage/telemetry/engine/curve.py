"""How a span of time is drawn: the width of its buckets, and the gaps that no line may bridge."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

MOST_POINTS = 504  # 7 days of 20 minutes
RAW = timedelta(0)
Resolution = Literal["auto", "raw"] | timedelta
GAP_PERIODS = 2.5  # one lost uplink is not a gap, two are
DEFAULT_PERIOD = timedelta(hours=1)
_WIDTHS = tuple(timedelta(minutes=m) for m in (1, 2, 3, 5, 10, 15, 20, 30, 60, 90, 120, 180, 360, 720, 1440, 10080))


@dataclass(frozen=True, slots=True)
class Point:
    """A value, or a bucket's: for a gauge the mean, for a state the last; with the extremes.

    ``at`` is the instant of measurement, or the start of the bucket. A gap is a point whose three values are None.
    """

    at: datetime
    value: float | None
    minimum: float | None
    maximum: float | None


def bucket_width(span: timedelta, period: timedelta, resolution: Resolution = "auto") -> timedelta:
    """The width of buckets for ``span``; ``RAW`` (zero) when every value can be shown.

    ``auto`` keeps a curve under ``MOST_POINTS``: 24 h of a device that reports every 10 minutes stay raw; its 7 days
    become 20-minute buckets, its 30 days 90-minute ones.
    """
    if isinstance(resolution, timedelta):
        return max(resolution, span / MOST_POINTS) if resolution > RAW else RAW
    if resolution == "raw" or span / period <= MOST_POINTS / 2:
        return RAW
    return next((width for width in _WIDTHS if span / width <= MOST_POINTS), span / MOST_POINTS)


def with_gaps(points: Sequence[Point], period: timedelta, width: timedelta) -> list[Point]:
    """``points`` with a null point after each value that had no successor when one was due.

    ``period`` is how often the device is expected to report, ``width`` the width of the buckets.
    """
    step = max(period, width)
    drawn: list[Point] = []
    for point in points:
        if drawn and point.at - drawn[-1].at > GAP_PERIODS * step:
            drawn.append(Point(drawn[-1].at + step, None, None, None))
        drawn.append(point)
    return drawn

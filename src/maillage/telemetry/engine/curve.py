"""How a span of time is drawn: the width of its buckets, and the gaps that no line may bridge."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

MOST_POINTS = 750  # 31 days of hours
RAW = timedelta(0)
Resolution = Literal["auto", "raw"] | timedelta
GAP_PERIODS = 2.5  # one lost uplink is not a gap, two are
DEFAULT_PERIOD = timedelta(hours=1)
_WIDTHS = tuple(timedelta(minutes=m) for m in (1, 2, 3, 5, 10, 15, 20, 30, 60, 120, 180, 360, 720, 1440, 10080))
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Point(NamedTuple):
    """A value, or a bucket's: for a gauge the mean, for a state the last, for a counter what it counted; with the
    extremes.

    ``at`` is the instant of measurement, or the start of the bucket. A gap is a point whose three values are None.
    """

    at: datetime
    value: float | None
    minimum: float | None
    maximum: float | None


def bucket_width(span: timedelta, period: timedelta, resolution: Resolution = "auto") -> timedelta:
    """The width of buckets for ``span``; ``RAW`` (zero) when every value can be shown.

    ``auto`` keeps a curve under ``MOST_POINTS``: 24 h of a device that reports every 10 minutes stay raw; its 7 days
    become 15-minute buckets, its 30 days hours. From an hour on a width is of whole hours, from a day on of whole
    days, because that is what is summed up beforehand.
    """
    if isinstance(resolution, timedelta):
        return _whole(max(resolution, span / MOST_POINTS)) if resolution > RAW else RAW
    if resolution == "raw" or span / period <= MOST_POINTS / 2:
        return RAW
    return next((width for width in _WIDTHS if span / width <= MOST_POINTS), _whole(span / MOST_POINTS))


def _whole(width: timedelta) -> timedelta:
    unit = DAY if width > HOUR * 23 else HOUR if width >= HOUR else timedelta(seconds=1)
    return -(-width // unit) * unit


def with_gaps(points: Sequence[Point], period: timedelta, width: timedelta) -> list[Point]:
    """``points`` with a null point after each value that had no successor when one was due.

    ``period`` is how often the device is expected to report, ``width`` the width of the buckets.
    """
    step = max(period, width)
    longest = GAP_PERIODS * step
    drawn: list[Point] = []
    before: datetime | None = None
    for point in points:
        if before is not None and point.at - before > longest:
            drawn.append(Point(before + step, None, None, None))
        drawn.append(point)
        before = point.at
    return drawn

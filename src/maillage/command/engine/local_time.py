"""Local times that a change of clocks skips or repeats."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from maillage.kernel.errors import Invalid


def shown_instead(day: date, at: time, zone: ZoneInfo) -> time | None:
    """What the clock shows at the instant meant by ``at``, when that time does not exist on ``day``; else None.

    On the night that summer time begins, 02:30 does not exist: an hour and a half after one o'clock it is 03:30.
    """
    shown = datetime.combine(day, at, zone).astimezone(UTC).astimezone(zone)
    return None if shown.replace(tzinfo=None) == datetime.combine(day, at) else shown.time()


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant, in UTC; the first one of a time that occurs twice.

    ``Invalid`` for a time that does not exist on that day, with the time that the clocks will show.
    """
    plain = at.replace(fold=0, tzinfo=None)
    instead = shown_instead(day, plain, zone)
    if instead is not None:
        raise Invalid("time_does_not_exist", day=day.isoformat(), time=f"{plain:%H:%M}", instead=f"{instead:%H:%M}")
    return datetime.combine(day, plain, zone).astimezone(UTC)

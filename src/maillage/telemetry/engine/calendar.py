"""Hours, months and local days: the pieces in which values are summed up and kept."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# The civil day of the territory: 23 or 25 hours long twice a year. Its offset is a whole number of hours.
ZONE_NAME = "Europe/Paris"
ZONE = ZoneInfo(ZONE_NAME)


def hour_of(at: datetime) -> datetime:
    """The hour in which ``at`` lies."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def day_of(at: datetime) -> date:
    """The local day in which ``at`` lies."""
    return at.astimezone(ZONE).date()


def day_start(day: date) -> datetime:
    """When the local ``day`` begins, UTC."""
    return datetime.combine(day, time(), ZONE).astimezone(UTC)


def month_of(at: datetime) -> date:
    """The first day of the UTC month in which ``at`` lies: partitions and archive files are cut there."""
    return at.astimezone(UTC).date().replace(day=1)


def next_month(month: date) -> date:
    """The first day of the month after."""
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)


def month_start(month: date) -> datetime:
    """When the UTC ``month`` begins."""
    return datetime.combine(month, time(), UTC)


def months_between(start: datetime, end: datetime) -> list[date]:
    """The months that ``start <= at < end`` touches."""
    found, month = [], month_of(start)
    while month_start(month) < end:
        found.append(month)
        month = next_month(month)
    return found

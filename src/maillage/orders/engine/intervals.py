"""Civil intervals: local dates, half-open. A subscription that ends on 1 March was last served on 28 February."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from maillage.kernel.errors import Invalid


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """The days from ``start`` (included) to ``end`` (not included). Never empty."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise Invalid("interval_empty", start=self.start.isoformat(), end=self.end.isoformat())

    @property
    def days(self) -> int:
        """How many days; at least one."""
        return (self.end - self.start).days

    @property
    def last_day(self) -> date:
        """The last day that belongs to it."""
        return self.end - timedelta(days=1)

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end


def overlap(one: Interval, other: Interval) -> Interval | None:
    """The days that both have, if any."""
    start, end = max(one.start, other.start), min(one.end, other.end)
    return Interval(start, end) if start < end else None


def month_of(day: date) -> Interval:
    """The civil month that ``day`` lies in: 28 to 31 days."""
    first = day.replace(day=1)
    return Interval(first, first + timedelta(days=monthrange(day.year, day.month)[1]))


def months_of(interval: Interval) -> Iterator[Interval]:
    """Every civil month that ``interval`` touches, whole, in order."""
    month = month_of(interval.start)
    while month.start < interval.end:
        yield month
        month = month_of(month.end)

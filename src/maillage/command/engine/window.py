"""When something applies at all: on these days, between these local times (a rule, a shift, quiet hours)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EVERY_DAY = frozenset(range(1, 8))
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """``weekdays``: ISO days on which it begins. ``until`` at or before ``start`` is on the next day.

    A local time that a change of hour skips or repeats is taken as ``zoneinfo`` does: the first of two, and the time
    before the gap.
    """

    weekdays: frozenset[int]
    start: time
    until: time
    zone: ZoneInfo

    def is_open(self, at: datetime) -> bool:
        """Whether it applies at ``at``."""
        return any(start <= at < end for start, end in self._spans(at))

    def day_of(self, at: datetime) -> date:
        """The local day on which the opening that holds ``at`` began; that of ``at`` when it is closed."""
        start = next((start for start, end in self._spans(at) if start <= at < end), at)
        return start.astimezone(self.zone).date()

    def next_change(self, at: datetime) -> datetime:
        """The first opening or closing after ``at``; a far instant when it never changes."""
        edges = [edge for span in self._spans(at, days=9) for edge in span if edge > at]
        return min(edges, default=at + 8 * _DAY)

    def _spans(self, at: datetime, days: int = 1) -> list[tuple[datetime, datetime]]:
        """The openings that begin from the day before ``at`` until ``days`` after it."""
        today = at.astimezone(self.zone).date()
        found = []
        for shift in range(-1, days + 1):
            day = today + shift * _DAY
            if day.isoweekday() in self.weekdays:
                end_day = day if self.until > self.start else day + _DAY
                begins = datetime.combine(day, self.start, self.zone).astimezone(UTC)
                found.append((begins, datetime.combine(end_day, self.until, self.zone).astimezone(UTC)))
        return found

"""School and public holidays as values, and what a weekly line makes of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Wanted = Literal["any", "only", "never"]


@dataclass(frozen=True, slots=True, order=True)
class DayRange:
    """Local dates, both included."""

    first_day: date
    last_day: date
    label: str = ""

    def __contains__(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day


@dataclass(frozen=True, slots=True)
class Calendar:
    """What the days are at a place. ``school_known``: the dates over which school holidays are known, None for none."""

    school: tuple[DayRange, ...] = ()
    public: frozenset[date] = field(default_factory=frozenset)
    school_known: DayRange | None = None

    def school_holiday(self, day: date) -> DayRange | None:
        """The school holidays that ``day`` is in."""
        return next((found for found in self.school if day in found), None)

    def is_public_holiday(self, day: date) -> bool:
        """Whether ``day`` is one."""
        return day in self.public


NO_CALENDAR = Calendar()


@dataclass(frozen=True, slots=True)
class DayRule:
    """On which dates something applies, beyond its weekdays. Dates are included; None is without end."""

    school_holidays: Wanted = "any"
    public_holidays: Wanted = "any"
    first_day: date | None = None
    last_day: date | None = None

    def admits(self, day: date, calendar: Calendar) -> bool:
        """Whether it applies on ``day``."""
        if (self.first_day and day < self.first_day) or (self.last_day and day > self.last_day):
            return False
        school = _fits(self.school_holidays, holds=calendar.school_holiday(day) is not None)
        return school and _fits(self.public_holidays, holds=calendar.is_public_holiday(day))


ALWAYS = DayRule()


def joined(ranges: Iterable[DayRange]) -> tuple[DayRange, ...]:
    """The ranges in order, each once."""
    return tuple(sorted(set(ranges)))


def _fits(wanted: Wanted, *, holds: bool) -> bool:
    return wanted == "any" or (wanted == "only") == holds

"""When a weekly schedule entry fires: instants, right across changes of clock time and the seasons.

Clock times are local. In the hour that spring skips, an entry fires once, at the instant the clock would have shown it
had it not been changed (02:30 on the change day is 03:30 summer time). In the hour that autumn repeats, it fires once,
the first time. Sunrise and sunset (the sun's upper limb at the horizon) are those of the site.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from astral import Observer
from astral.sun import sunrise, sunset

from maillage.command.engine.calendar import ALWAYS, NO_CALENDAR, Calendar, DayRule


class Sun(StrEnum):
    """A moment that depends on the day of the year."""

    RISE = "sunrise"
    SET = "sunset"


FRANCE = ZoneInfo("Europe/Paris")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the thing stands, WGS 84, and what the days are there."""

    latitude_deg: float
    longitude_deg: float
    timezone: ZoneInfo = FRANCE
    calendar: Calendar = NO_CALENDAR


@dataclass(frozen=True, slots=True)
class AtClock:
    """At this local time."""

    time: time


@dataclass(frozen=True, slots=True)
class AtSun:
    """So long after the sun rises or sets; a negative offset is before."""

    event: Sun
    offset: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Entry:
    """``weekdays``: ISO days, 1 = Monday … 7 = Sunday, of the local date. ``key`` tells entries apart."""

    key: int
    weekdays: frozenset[int]
    moment: AtClock | AtSun
    days: DayRule = ALWAYS


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An entry's turn."""

    at: datetime
    key: int


@dataclass(frozen=True, slots=True)
class Due:
    """What a scheduler that looks now must do with the occurrences since it last looked, oldest first."""

    carry_out: Occurrence | None
    overtaken: tuple[Occurrence, ...]
    too_late: tuple[Occurrence, ...]


def occurrences(entry: Entry, place: Place, start: datetime, end: datetime) -> Iterator[Occurrence]:
    """The occurrences with ``start <= at < end``, in order, in UTC.

    A day on which the sun does not rise or set at the place has none of that kind.
    """
    margin = timedelta(days=1) + abs(_offset(entry.moment))
    for day in _days((start - margin).astimezone(place.timezone).date(), (end + margin).date()):
        if day.isoweekday() in entry.weekdays and entry.days.admits(day, place.calendar):
            at = _instant(entry.moment, place, day)
            if at is not None and start <= at < end:
                yield Occurrence(at, entry.key)


def merged(entries: Iterable[Entry], place: Place, start: datetime, end: datetime) -> list[Occurrence]:
    """The occurrences of several entries in order of time; at one instant, the entry added last comes last."""
    found = (occurrence for entry in entries for occurrence in occurrences(entry, place, start, end))
    return sorted(found, key=lambda occurrence: (occurrence.at, occurrence.key))


def due(pending: Sequence[Occurrence], now: datetime, tolerance: timedelta) -> Due:
    """Sorts ``pending`` occurrences that drive one and the same state, all at or before ``now``.

    Only the state that ought to hold now is carried out, and only within ``tolerance``: a gate that should have
    opened yesterday morning must not open tonight.
    """
    too_late = tuple(occurrence for occurrence in pending if now - occurrence.at > tolerance)
    fresh = [occurrence for occurrence in pending if now - occurrence.at <= tolerance]
    return Due(fresh[-1] if fresh else None, tuple(fresh[:-1]), too_late)


def _instant(moment: AtClock | AtSun, place: Place, day: date) -> datetime | None:
    if isinstance(moment, AtClock):
        return datetime.combine(day, moment.time, place.timezone).astimezone(UTC)
    at = _sun(moment.event, place, day)
    return None if at is None else (at + moment.offset).replace(microsecond=0)


def _sun(event: Sun, place: Place, day: date) -> datetime | None:
    observer = Observer(latitude=place.latitude_deg, longitude=place.longitude_deg)
    of_day = sunrise if event is Sun.RISE else sunset
    try:
        return of_day(observer, day, tzinfo=place.timezone).astimezone(UTC)
    except ValueError:  # polar day or night
        return None


def _offset(moment: AtClock | AtSun) -> timedelta:
    return moment.offset if isinstance(moment, AtSun) else timedelta(0)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=count) for count in range((last - first).days + 1))

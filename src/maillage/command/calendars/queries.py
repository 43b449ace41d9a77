"""Reads of the calendar of a commune: what was imported before what was shipped."""

from datetime import date
from functools import cache

import holidays

from maillage.command.calendars.read import ZonedRange, shipped
from maillage.command.calendars.regions import holiday_subdivision, school_zone
from maillage.command.engine.calendar import Calendar, DayRange, joined
from maillage.command.models import SchoolHoliday

FIRST_YEAR, LAST_YEAR = 2025, 2045
"""Public holidays are a matter of law and of Easter: worked out once for these years."""


def calendar_of(insee: str) -> Calendar:
    """What the days are in a commune."""
    return _calendar(school_zone(insee), holiday_subdivision(insee), _imported())


def _imported() -> tuple[ZonedRange, ...]:
    rows = SchoolHoliday.objects.order_by("zone", "first_day")
    return tuple(ZonedRange(row.zone, DayRange(row.first_day, row.last_day, row.label)) for row in rows)


@cache
def _calendar(zone: str, subdivision: str | None, imported: tuple[ZonedRange, ...]) -> Calendar:
    school = _school(zone, imported)
    known = DayRange(school[0].first_day, school[-1].last_day) if school else None
    return Calendar(school, _public(subdivision), known)


def _school(zone: str, imported: tuple[ZonedRange, ...]) -> tuple[DayRange, ...]:
    """An import speaks for all the days from its first to its last."""
    newer = [one.days for one in imported if one.zone == zone]
    older = [one.days for one in shipped() if one.zone == zone]
    if newer:
        span = DayRange(min(one.first_day for one in newer), max(one.last_day for one in newer))
        older = [one for one in older if one.last_day < span.first_day or one.first_day > span.last_day]
    return joined([*newer, *older])


@cache
def _public(subdivision: str | None) -> frozenset[date]:
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    return frozenset(holidays.country_holidays("FR", subdiv=subdivision, years=years))

"""Holidays, and what a line makes of them."""

from datetime import UTC, date, datetime, time

import pytest

from maillage.command.engine.calendar import Calendar, DayRange, DayRule
from maillage.command.engine.schedule import AtClock, Entry, Place, occurrences

ALL_SAINTS = DayRange(date(2026, 10, 17), date(2026, 11, 1), "Toussaint")
CALENDAR = Calendar((ALL_SAINTS,), frozenset({date(2026, 11, 11)}))
EVRY = Place(48.62, 2.44, calendar=CALENDAR)


def days_of(rule):
    entry = Entry(1, frozenset(range(1, 8)), AtClock(time(8)), rule)
    start, end = datetime(2026, 10, 15, tzinfo=UTC), datetime(2026, 11, 15, tzinfo=UTC)
    return [turn.at.date() for turn in occurrences(entry, EVRY, start, end)]


def test_a_line_for_school_days_rests_from_the_first_to_the_last_day_of_the_holidays():
    found = days_of(DayRule(school_holidays="never"))
    assert date(2026, 10, 16) in found
    assert date(2026, 11, 2) in found
    assert not [day for day in found if day in ALL_SAINTS]


def test_a_line_for_the_holidays_is_carried_out_only_then():
    assert days_of(DayRule(school_holidays="only")) == [date(2026, 10, d) for d in range(17, 32)] + [date(2026, 11, 1)]


def test_armistice_day_is_left_out_or_alone():
    assert date(2026, 11, 11) not in days_of(DayRule(public_holidays="never"))
    assert days_of(DayRule(public_holidays="only")) == [date(2026, 11, 11)]


def test_a_season_has_its_first_and_its_last_day():
    found = days_of(DayRule(first_day=date(2026, 11, 3), last_day=date(2026, 11, 5)))
    assert found == [date(2026, 11, 3), date(2026, 11, 4), date(2026, 11, 5)]


@pytest.mark.parametrize("wanted", ["any", "only", "never"])
def test_each_day_is_either_only_or_never(wanted):
    whole = set(days_of(DayRule()))
    assert set(days_of(DayRule(school_holidays="only"))) | set(days_of(DayRule(school_holidays="never"))) == whole
    assert set(days_of(DayRule(school_holidays=wanted))) <= whole

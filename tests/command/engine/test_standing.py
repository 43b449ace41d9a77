"""What a schedule wants at an instant."""

from datetime import UTC, date, datetime, time

from maillage.command.engine.calendar import Calendar, DayRange, DayRule
from maillage.command.engine.schedule import AtClock, Entry, Place
from maillage.command.engine.standing import standing

WEEK = frozenset({1, 2, 3, 4, 5})
WARM, COOL = Entry(1, WEEK, AtClock(time(6))), Entry(2, WEEK, AtClock(time(18)))
HERE = Place(48.6, 2.4)


def wanted(at, entries=(WARM, COOL), place=HERE):
    found = standing(entries, place, at)
    return found.key if found else None


def test_by_day_it_is_warm_by_night_and_on_sunday_cool():
    assert wanted(datetime(2026, 11, 23, 10, tzinfo=UTC)) == 1
    assert wanted(datetime(2026, 11, 23, 20, tzinfo=UTC)) == 2
    assert wanted(datetime(2026, 11, 22, 12, tzinfo=UTC)) == 2


def test_the_instant_of_a_turn_belongs_to_it():
    assert wanted(datetime(2026, 11, 23, 5, 0, tzinfo=UTC)) == 1


def test_after_long_holidays_the_last_turn_still_holds():
    summer = Calendar((DayRange(date(2027, 7, 3), date(2027, 8, 31)),))
    rule = DayRule(school_holidays="never")
    entries = [Entry(one.key, one.weekdays, one.moment, rule) for one in (WARM, COOL)]
    assert wanted(datetime(2027, 8, 25, tzinfo=UTC), entries, Place(48.6, 2.4, calendar=summer)) == 2


def test_without_lines_nothing_is_wanted():
    assert wanted(datetime(2026, 11, 23, tzinfo=UTC), ()) is None

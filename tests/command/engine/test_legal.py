"""The ceilings of the energy code, art. R241-26 and R241-27."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.command.engine.calendar import Calendar, DayRange, DayRule
from maillage.command.engine.legal import WARM_UP, Ceiling, Ceilings, Room, ceiling_at, is_within, mean_with
from maillage.command.engine.occupancy import Opening, Use, empty_span
from maillage.command.engine.schedule import FRANCE, Place
from maillage.command.engine.spans import Span

LAW = Ceilings(19, 16, 8)
HOLIDAYS = Calendar((DayRange(date(2026, 12, 19), date(2027, 1, 3), "Noël"),), frozenset({date(2026, 11, 11)}))
PLACE = Place(48.6, 2.4, calendar=HOLIDAYS)
SCHOOL = Opening(frozenset({1, 2, 4, 5}), time(8), time(17), DayRule("never", "never"))
USE = Use(PLACE, (SCHOOL,))


def local(*parts):
    return datetime(*parts, tzinfo=FRANCE)


def regime(at, use=USE):
    return ceiling_at(LAW, use, at).regime


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (local(2026, 11, 23, 10), "occupied"),  # Monday, class
        (local(2026, 11, 24, 20), "empty_day"),  # Tuesday evening: empty until Thursday 8:00, 39 hours
        (local(2026, 11, 26, 20), "occupied"),  # Thursday night: 15 hours
        (local(2026, 11, 27, 18), "empty_long"),  # a weekend is 63 hours
        (local(2026, 12, 24, 10), "empty_long"),  # Christmas holidays
        (local(2026, 11, 11, 10), "empty_day"),  # Armistice on a Wednesday
    ],
)
def test_the_length_of_the_empty_time_decides(at, expected):
    assert regime(at) == expected


def test_before_it_is_used_again_the_building_may_be_warmed_up():
    monday = local(2026, 11, 23, 8)
    assert regime(monday - WARM_UP) == "occupied"
    assert regime(monday - WARM_UP - timedelta(minutes=1)) == "empty_long"


def test_a_village_fair_uses_the_building_and_a_closure_empties_it():
    fair = Span(local(2026, 11, 28, 14), local(2026, 11, 28, 23))
    assert regime(local(2026, 11, 28, 15), Use(PLACE, (SCHOOL,), (fair,))) == "occupied"
    closed = Span(local(2026, 11, 30, 0), local(2026, 12, 2, 0))
    assert regime(local(2026, 11, 30, 10), Use(PLACE, (SCHOOL,), (), (closed,))) == "empty_long"


def test_a_building_of_which_nobody_said_when_it_is_used_counts_as_used():
    assert regime(local(2026, 12, 25, 3), Use(PLACE)) == "occupied"


def test_exactly_24_and_48_hours_are_the_longer_regime():
    def empty_for(hours):
        start = local(2026, 6, 1, 0)
        daily = (Opening(frozenset(range(1, 8)), time(0), time(23, 59)),)
        return Use(PLACE, daily, (), (Span(start, start + timedelta(hours=hours)),))

    def at_start(hours):
        use = empty_for(hours)
        return empty_span(use, local(2026, 6, 1, 1)).length, regime(local(2026, 6, 1, 1), use)

    minute = timedelta(minutes=1)  # the day ends a minute before midnight
    assert at_start(24) == (timedelta(hours=24) + minute, "empty_day")
    assert at_start(48) == (timedelta(hours=48) + minute, "empty_long")
    assert regime(local(2026, 6, 1, 1), empty_for(23)) == "occupied"


def test_a_room_at_twenty_one_is_lawful_where_the_mean_is_nineteen():
    occupied = Ceiling("occupied", 19, None)
    assert is_within(occupied, Room(21), [Room(18), Room(18)])
    assert not is_within(occupied, Room(21), [Room(19), Room(19)])
    assert is_within(occupied, Room(21, 20), [Room(18, 40)])
    assert not is_within(occupied, Room(21, 40), [Room(18, 20)])


@given(st.lists(st.floats(5, 30), max_size=8), st.floats(5, 30))
def test_a_mean_lies_between_its_rooms(others, wished):
    rooms = [Room(value) for value in others]
    mean = mean_with(Room(wished), rooms)
    assert min([*others, wished]) - 1e-9 <= mean <= max([*others, wished]) + 1e-9


def test_summer_holidays_are_one_empty_time():
    summer = Calendar((DayRange(date(2027, 7, 3), date(2027, 8, 31), "Été"),))
    use = Use(Place(48.6, 2.4, calendar=summer), (SCHOOL,))
    found = empty_span(use, datetime(2027, 8, 1, tzinfo=UTC))
    assert (found.start, found.end) == (local(2027, 7, 2, 17), local(2027, 9, 2, 8))

"""What in a schedule contradicts itself."""

from datetime import UTC, datetime, timedelta

from maillage.command.engine.conflicts import Wish, conflicts
from maillage.command.engine.spans import Span

AT = datetime(2026, 11, 23, 7, tzinfo=UTC)


def wish(key, minutes, value):
    return Wish(AT + timedelta(minutes=minutes), key, ("set_temperature", value))


def kinds(*wishes, exceptions=()):
    return [(found.kind, found.key, found.other, found.times) for found in conflicts(wishes, exceptions)]


def test_two_lines_at_one_instant_that_want_different_things_conflict_once():
    day = 1440
    found = kinds(wish(1, 0, 19), wish(2, 0, 16), wish(1, day, 19), wish(2, day, 16))
    assert found == [("same_instant", 1, 2, 2)]


def test_the_same_wish_twice_is_no_conflict():
    assert kinds(wish(1, 0, 19), wish(2, 0, 19)) == []


def test_a_state_of_ten_minutes_is_short_lived_one_of_fifteen_is_not():
    assert kinds(wish(1, 0, 19), wish(2, 10, 16)) == [("short_lived", 1, 2, 1)]
    assert kinds(wish(1, 0, 19), wish(2, 15, 16)) == []


def test_a_line_within_an_exceptional_period_is_told():
    fair = Span(AT - timedelta(hours=1), AT + timedelta(hours=1))
    assert kinds(wish(1, 0, 19), exceptions=[(7, fair)]) == [("within_exception", 1, 7, 1)]
    assert kinds(wish(1, 60, 19), exceptions=[(7, fair)]) == []

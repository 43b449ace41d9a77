"""When all is well, and what is not."""

from datetime import UTC, datetime, timedelta

from maillage.command.engine.attention import Watched, examine

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
PERIOD = timedelta(minutes=10)


def heard(thing_id, minutes_ago, *, left_undone=False):
    return Watched(thing_id, NOON - timedelta(minutes=minutes_ago), PERIOD, left_undone=left_undone)


def test_all_is_well_when_everything_was_heard_and_nothing_left_undone():
    assert examine([heard(1, 0), heard(2, 30)], NOON).verdict == "well"


def test_without_equipment_nothing_is_said_to_be_well():
    assert examine([], NOON).verdict == "unequipped"


def test_a_thing_that_missed_three_messages_is_silent():
    found = examine([heard(1, 0), heard(2, 31)], NOON)
    assert (found.verdict, found.silent) == ("attention", (2,))


def test_a_thing_never_heard_is_no_good_news():
    found = examine([heard(1, 0), Watched(2, None, PERIOD)], NOON)
    assert (found.verdict, found.never_heard, found.silent) == ("attention", (2,), ())


def test_a_command_left_undone_is_told_though_the_thing_is_heard():
    found = examine([heard(1, 0, left_undone=True)], NOON)
    assert (found.verdict, found.undone) == ("attention", (1,))

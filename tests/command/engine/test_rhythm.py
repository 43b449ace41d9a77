"""How often a device speaks, and when it will again."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from maillage.command.engine.rhythm import rhythm, wakes_at

START = datetime(2026, 11, 22, tzinfo=UTC)
DECLARED = timedelta(minutes=10)


def every(minutes, count):
    return [START + timedelta(minutes=minutes * number) for number in range(count)]


def test_seven_messages_teach_the_rhythm_and_one_lost_changes_nothing():
    heard = every(15, 9)
    del heard[4]
    assert rhythm(heard, DECLARED).period == timedelta(minutes=15)
    assert rhythm(heard, DECLARED).is_learnt


def test_fewer_leave_the_declared_one():
    assert rhythm(every(15, 6), DECLARED) == rhythm([], DECLARED)
    assert not rhythm([], DECLARED).is_learnt


def test_repetitions_of_one_message_are_not_a_rhythm():
    heard = [at + timedelta(seconds=s) for at in every(10, 8) for s in (0, 2)]
    assert rhythm(heard, DECLARED).period == timedelta(seconds=598)


@given(st.integers(10, 4000), st.integers(0, 11_999))
def test_it_wakes_within_one_period_from_now(period_s, age_s):
    period, now = timedelta(seconds=period_s), START + timedelta(seconds=age_s)
    at = wakes_at(period, START, now)
    if age_s > 3 * period_s:
        assert at is None
    else:
        assert now < at <= now + period


def test_a_device_never_heard_wakes_nobody_knows_when():
    assert wakes_at(DECLARED, None, START) is None

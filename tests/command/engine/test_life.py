"""The life of a command, whatever the order in which the world tells its events."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.command.engine.life import ENDED, OPEN, State, after, expiry_cause, is_open, leads_to
from maillage.command.models import Command

EVENTS = st.lists(st.sampled_from(State), max_size=12)
ORDER = [State.REQUESTED, State.SENT, State.ACKNOWLEDGED, State.CONFIRMED]
SINCE = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def lived(events):
    state = State.REQUESTED
    path = [state]
    for event in events:
        state = after(state, event)
        path.append(state)
    return path


def test_rows_and_engine_name_the_same_states():
    assert [state.value for state in Command.State] == [state.value for state in State]


def test_the_normal_life_goes_from_requested_to_confirmed():
    assert lived(ORDER[1:])[-1] is State.CONFIRMED


def test_a_command_never_confirmed_by_the_radio_may_be_confirmed_by_the_report():
    assert leads_to(State.SENT, State.CONFIRMED)


def test_a_report_before_sending_confirms_nothing():
    assert not leads_to(State.REQUESTED, State.CONFIRMED)


def test_an_acknowledgement_heard_before_the_news_of_sending_is_kept():
    assert lived([State.ACKNOWLEDGED, State.SENT])[-1] is State.ACKNOWLEDGED


@pytest.mark.parametrize("state", OPEN)
@pytest.mark.parametrize("ending", [State.REFUSED, State.FAILED, State.EXPIRED])
def test_an_open_command_may_end_badly(state, ending):
    assert leads_to(state, ending)


@given(EVENTS)
def test_an_ended_command_never_moves_again(events):
    path = lived(events)
    ends = [index for index, state in enumerate(path) if state in ENDED]
    assert all(state is path[ends[0]] for state in path[ends[0] :]) if ends else all(map(is_open, path))


@given(EVENTS)
def test_a_command_only_moves_forward(events):
    heights = [ORDER.index(state) for state in lived(events) if state in ORDER]
    assert heights == sorted(heights)


@given(EVENTS, st.data())
def test_a_repeated_event_changes_nothing(events, data):
    position = data.draw(st.integers(0, len(events)))
    repeated = [*events[:position], *([events[position - 1]] if position else []), *events[position:]]
    assert lived(repeated)[-1] is lived(events)[-1]


@given(EVENTS)
def test_every_state_is_entered_at_most_once(events):
    path = lived(events)
    entered = [state for before, state in pairwise(path) if state is not before]
    assert len(entered) == len(set(entered))


@pytest.mark.parametrize(
    ("state", "seen_after_min", "cause"),
    [
        (State.REQUESTED, None, "device_silent"),
        (State.REQUESTED, -5, "device_silent"),
        (State.REQUESTED, 5, "not_sent_in_time"),
        (State.SENT, -5, "no_answer"),
        (State.SENT, 5, "not_confirmed_in_time"),
        (State.ACKNOWLEDGED, 5, "not_confirmed_in_time"),
    ],
)
def test_an_expiry_says_what_was_missing(state, seen_after_min, cause):
    seen = None if seen_after_min is None else SINCE + timedelta(minutes=seen_after_min)
    assert expiry_cause(state, SINCE, seen) == cause

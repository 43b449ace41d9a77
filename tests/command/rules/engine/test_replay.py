"""A rule over time: hold, hysteresis, age, hours; and the present is judged as the past."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from maillage.command.engine.window import EVERY_DAY, Window
from maillage.command.rules.engine.condition import compiled
from maillage.command.rules.engine.machine import Phase, Terms, Turn
from maillage.command.rules.engine.replay import Input, Memory, Reading, Rule, advance, episodes, wakes_at

MINUTE = timedelta(minutes=1)
T = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


def rule(hold=0, clear_hold=0, clear="air < 23.0", max_age=30, window=None):
    known = {"air": False}
    return Rule(
        (Input("air", (1,), is_group=False, max_age=max_age * MINUTE),),
        compiled("air > 25.0", known),
        compiled(clear, known) if clear else None,
        Terms(hold * MINUTE, clear_hold * MINUTE),
        window,
    )


def every(minutes, values):
    return [Reading(1, T + index * minutes * MINUTE, value) for index, value in enumerate(values)]


def told(given_rule, readings, until, start=T):
    _, transitions = advance(given_rule, Memory(start), readings, T + until * MINUTE)
    return [(one.turn.value, (one.at - T) / MINUTE) for one in transitions]


def test_it_rings_once_it_has_held_and_clears_past_the_margin():
    values = [20, 26, 26, 26, 24, 24, 22]
    assert told(rule(hold=20), every(10, values), 70) == [("raised", 30), ("cleared", 60)]


def test_a_condition_that_ceases_before_its_time_never_rings():
    assert told(rule(hold=20), every(10, [26, 20, 26, 20, 26, 20]), 60) == []


def test_without_a_margin_it_clears_as_soon_as_it_ceases():
    assert told(rule(clear=""), every(10, [26, 24, 26, 24]), 60) == [
        ("raised", 0),
        ("cleared", 10),
        ("raised", 20),
        ("cleared", 30),
    ]


def test_a_return_to_calm_must_last_too():
    assert told(rule(clear_hold=15), every(10, [26, 20, 26, 20, 20, 20]), 60) == [("raised", 0), ("cleared", 45)]


def test_a_value_too_old_neither_rings_nor_clears():
    assert told(rule(hold=60), every(10, [26]), 300) == []
    assert told(rule(), every(10, [26]), 300) == [("raised", 0)]


def test_a_late_reading_counts_from_when_it_is_known_and_an_older_one_not_at_all():
    memory, _ = advance(rule(), Memory(T), [], T + 10 * MINUTE)
    memory, transitions = advance(rule(), memory, [Reading(1, T + 2 * MINUTE, 26.0)], T + 12 * MINUTE)
    assert [one.at for one in transitions] == [T + 10 * MINUTE]
    _, transitions = advance(rule(), memory, [Reading(1, T + MINUTE, 20.0)], T + 13 * MINUTE)
    assert transitions == []


def test_outside_its_hours_it_is_quiet():
    school = Window(frozenset({1}), time(8, 30), time(16, 30), PARIS)  # T is a Monday, 9 h in Paris
    readings = every(10, [26] * 60)
    assert told(rule(window=school), readings, 590) == [("raised", 0), ("cleared", 450)]
    tuesday = Window(frozenset({2}), time(8, 30), time(16, 30), PARIS)
    assert told(rule(window=tuesday), readings, 590) == []


def test_a_night_belongs_to_the_day_on_which_it_begins():
    friday_night = Window(frozenset({5}), time(22), time(6), PARIS)
    saturday_3h = datetime(2026, 3, 7, 2, 0, tzinfo=UTC)
    assert friday_night.is_open(saturday_3h)
    assert friday_night.day_of(saturday_3h).isoweekday() == 5
    assert not friday_night.is_open(saturday_3h + timedelta(days=1))


def test_the_hours_follow_the_change_of_clocks():
    at_8 = Window(EVERY_DAY, time(8), time(9), PARIS)
    assert at_8.is_open(datetime(2026, 3, 28, 7, 30, tzinfo=UTC))
    assert at_8.is_open(datetime(2026, 3, 29, 6, 30, tzinfo=UTC))
    assert not at_8.is_open(datetime(2026, 3, 29, 7, 30, tzinfo=UTC))
    assert at_8.next_change(datetime(2026, 10, 24, 7, 30, tzinfo=UTC)) == datetime(2026, 10, 25, 7, 0, tzinfo=UTC)


def test_a_group_counts_its_fresh_members():
    known = {"rooms": True}
    group = Rule(
        (Input("rooms", (1, 2), is_group=True, max_age=30 * MINUTE),),
        compiled("rooms.size() == 2 && rooms.all(t, t > 25.0)", known),
        None,
        Terms(),
    )
    readings = [Reading(1, T, 26.0), Reading(2, T + 5 * MINUTE, 27.0)]
    _, transitions = advance(group, Memory(T), readings, T + 60 * MINUTE)
    assert [(one.turn, one.at - T) for one in transitions] == [
        (Turn.RAISED, 5 * MINUTE),
        (Turn.CLEARED, 30 * MINUTE),
    ]


READINGS = st.lists(st.tuples(st.integers(1, 12), st.floats(15, 35)), max_size=40)


def readings_of(steps):
    at, found = T, []
    for minutes, value in steps:
        at += minutes * MINUTE
        found.append(Reading(1, at, value))
    return found


@given(READINGS, st.integers(0, 40), st.integers(0, 40), st.lists(st.integers(0, 500), max_size=6))
def test_looking_often_or_once_finds_the_same(steps, hold, clear_hold, cuts):
    """Restart-safe: the memory of any moment is enough to go on."""
    given_rule, readings, end = rule(hold, clear_hold), readings_of(steps), T + 600 * MINUTE
    once = advance(given_rule, Memory(T), readings, end)
    memory, transitions = Memory(T), []
    for cut in [*sorted(T + cut * MINUTE for cut in cuts), end]:
        portion = [reading for reading in readings if memory.at < reading.at <= cut]
        memory, more = advance(given_rule, memory, portion, cut)
        transitions += more
    assert (memory, transitions) == (once[0], once[1])


@given(READINGS, st.integers(0, 40), st.integers(0, 40))
def test_it_rings_and_clears_in_turn_and_never_before_its_hold(steps, hold, clear_hold):
    readings = readings_of(steps)
    memory, transitions = advance(rule(hold, clear_hold), Memory(T), readings, T + 600 * MINUTE)
    turns = [one.turn for one in transitions]
    assert turns == [Turn.RAISED, Turn.CLEARED] * (len(turns) // 2) + [Turn.RAISED] * (len(turns) % 2)
    assert memory.state.is_ringing == bool(len(turns) % 2)
    for episode in episodes(transitions):
        inside = [one.value for one in readings if episode.raised_at - hold * MINUTE <= one.at < episode.raised_at]
        assert all(value > 25 for value in inside)


@given(READINGS)
def test_between_readings_time_changes_nothing_before_the_moment_it_announced(steps):
    given_rule = rule(hold=20, clear_hold=10)
    memory, _ = advance(given_rule, Memory(T), readings_of(steps), T + 500 * MINUTE)
    wakes = wakes_at(given_rule, memory)
    if wakes is not None:
        later, transitions = advance(given_rule, memory, [], wakes - timedelta(microseconds=1))
        assert (later.state, transitions) == (memory.state, [])
    else:
        later, transitions = advance(given_rule, memory, [], T + 5000 * MINUTE)
        assert (later.state.phase, transitions) == (memory.state.phase, [])
    assert memory.state.phase in Phase

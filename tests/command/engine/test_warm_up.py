"""How long a room needs to become warm."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.command.engine.warm_up import FALLBACK, LONGEST, Response, Sample, lead, learn, warm_ups

START = datetime(2026, 11, 2, 4, tzinfo=UTC)
STEP = timedelta(minutes=15)


def morning(day, start_c=15.0, tau_h=4.0, limit_c=26.0, target_c=19.0):
    """A night at 16 °C, then a first-order rise to the setpoint, then the day."""
    begin = START + timedelta(days=day)
    before = [Sample(begin - n * STEP, start_c, 16.0) for n in range(8, 0, -1)]
    found, air = [], start_c
    for n in range(40):
        air = limit_c - (limit_c - start_c) * math.exp(-(n * 0.25) / tau_h)
        found.append(Sample(begin + n * STEP, min(air, target_c - 0.2), target_c))
    return [*before, *found]


def month(*starts, **room):
    return [sample for day, start_c in enumerate(starts) for sample in morning(day, start_c, **room)]


def exact_minutes(start_c, reached_c=18.5, tau_h=4.0, limit_c=26.0):
    return 60 * tau_h * math.log((limit_c - start_c) / (limit_c - reached_c))


def test_a_first_order_room_is_learnt_and_foretold():
    response = learn(month(14.0, 15.0, 15.5, 14.5, 16.0))
    assert response.warm_ups == 5
    assert response.tau / timedelta(hours=1) == pytest.approx(4.0, rel=0.25)
    told = lead(response, 14.0, 19.0)
    assert told.is_learnt
    assert told.expected / timedelta(minutes=1) == pytest.approx(exact_minutes(14.0), rel=0.15)
    assert told.duration >= told.expected


def test_a_room_whose_mornings_differ_is_begun_earlier():
    calm = learn(month(14.0, 14.0, 14.0, 14.0, 14.0))
    restless = learn([s for day, limit in enumerate((22, 26, 30, 23, 27)) for s in morning(day, 14.0, limit_c=limit)])
    assert restless.spread > calm.spread
    margin = lead(restless, 14.0, 19.0)
    assert margin.duration > margin.expected


def test_three_mornings_teach_nothing_and_two_hours_are_the_fallback():
    assert learn(month(14.0, 15.0, 15.5)) is None
    assert lead(None, 15.0, 19.0).duration == FALLBACK
    assert not lead(None, 15.0, 19.0).is_learnt


def test_a_room_not_heard_lately_gets_the_fallback():
    assert lead(Response(9, None, 0.0, 1.5, 0.1), None, 19.0).duration == FALLBACK


def test_a_warm_room_needs_no_time():
    assert lead(Response(9, None, 0.0, 1.5, 0.1), 19.2, 19.0).duration == timedelta(0)


def test_a_hole_in_the_measures_is_no_warm_up():
    whole = morning(0)
    holed = [sample for sample in whole if not timedelta(0) < sample.at - START < timedelta(hours=9)]
    assert len(warm_ups(whole)) == 1
    assert warm_ups(holed) == []


def test_a_broken_radiator_is_not_believed():
    assert learn([Sample(START + n * STEP, 12.0, 19.0) for n in range(2000)]) is None


@given(
    st.floats(0.1, 6), st.one_of(st.none(), st.floats(0.5, 40)), st.floats(15, 60), st.floats(0, 3), st.floats(-5, 25)
)
def test_whatever_was_learnt_the_start_is_between_now_and_six_hours_before(rate, tau_h, limit_c, spread, air_c):
    tau = None if tau_h is None else timedelta(hours=tau_h)
    found = lead(Response(5, tau, limit_c, rate, spread), air_c, 19.0)
    assert timedelta(0) <= found.expected <= found.duration <= LONGEST


@given(st.lists(st.floats(10, 25), max_size=60))
def test_no_measures_make_learning_fail(temperatures):
    samples = [Sample(START + n * STEP, air, 19.0) for n, air in enumerate(temperatures)]
    assert learn(samples) is None or learn(samples).rate_k_per_h > 0

"""Summaries merge as if their values had been summed up together; counters count what they counted."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.telemetry.engine.summary import is_reset, merged, step, summary, summary_of_values

START = datetime(2026, 1, 5, tzinfo=UTC)
NUMBERS = st.lists(st.integers(0, 999), min_size=2, max_size=30)


def at(values, offset=0):
    return [(START + timedelta(minutes=offset + n), float(value)) for n, value in enumerate(values)]


@given(NUMBERS, st.integers(1, 29), st.sampled_from([None, 1000.0]))
def test_a_summary_of_parts_is_the_summary_of_the_whole(numbers, cut, modulus):
    cut = min(cut, len(numbers) - 1)
    whole = at(numbers)
    parts = [summary_of_values(whole[:cut], modulus), summary_of_values(whole[cut:], modulus)]
    assert summary(parts, modulus) == summary_of_values(whole, modulus)


@given(NUMBERS, st.randoms())
def test_the_order_in_which_values_come_does_not_matter(numbers, chance):
    values = at(numbers)
    shuffled = list(values)
    chance.shuffle(shuffled)
    assert summary_of_values(shuffled) == summary_of_values(values)


@given(st.lists(st.integers(0, 400), min_size=1, max_size=40), st.integers(0, 999))
def test_a_counter_that_turns_over_loses_nothing(steps, first):
    readings, total = [first], first
    for one in steps:
        total += one
        readings.append(total % 1000)
    found = summary_of_values(at(readings), 1000.0)
    assert (found.rise, found.resets) == (sum(steps), 0)


def test_a_counter_that_was_reset_has_counted_from_zero():
    found = summary_of_values(at([990, 1000, 3, 8]))
    assert (found.rise, found.resets) == (18, 1)
    assert is_reset(1000, 3, None)
    assert not is_reset(990, 5, 1000)


@pytest.mark.parametrize(
    ("before", "after", "modulus", "counted"), [(5, 9, None, 4), (9, 5, None, 5), (990, 5, 1000, 15)]
)
def test_the_step_between_two_readings(before, after, modulus, counted):
    assert step(before, after, modulus) == counted


def test_the_step_from_one_summary_to_the_next_is_counted_once():
    one, other = summary_of_values(at([1, 4])), summary_of_values(at([6, 7], offset=10))
    assert merged(one, other).rise == 3 + 2 + 1


def test_nothing_has_no_summary():
    assert summary_of_values([]) is None

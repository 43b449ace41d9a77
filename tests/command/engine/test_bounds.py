"""Values that may be asked, and what is said of those that may not."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.command.engine.bounds import Limits, check
from maillage.kernel.errors import Invalid

HEATING = Limits(5, 30, 0.5, "Cel")
WHOLE_DEGREES = Limits(5, 30, 1, "Cel")


def refusal(value, limits):
    with pytest.raises(Invalid) as caught:
        check(value, limits)
    return caught.value


def test_eighty_degrees_are_refused_with_the_bounds():
    error = refusal(80, HEATING)
    assert error.code == "setpoint_out_of_bounds"
    assert error.facts == {"value": 80, "minimum": 5, "maximum": 30, "unit": "Cel"}


@pytest.mark.parametrize("value", [5, 19, 19.5, 30])
def test_values_on_the_step_within_the_bounds_pass(value):
    assert check(value, HEATING) == value


def test_a_value_between_two_steps_is_refused_with_its_neighbours():
    error = refusal(19.3, HEATING)
    assert (error.code, error.facts["below"], error.facts["above"]) == ("value_off_step", 19, 19.5)


def test_tenths_are_counted_in_decimal():
    assert check(20.3, Limits(5, 30, 0.1, "Cel")) == 20.3


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_a_number_is_refused(value):
    assert refusal(value, HEATING).code == "value_not_a_number"


def test_a_missing_value_is_refused():
    assert refusal(None, HEATING).code == "value_missing"


def test_a_gate_takes_no_value():
    assert check(None, None) is None
    assert refusal(1.0, None).code == "value_not_expected"


def test_the_device_narrows_the_use_and_its_coarser_step_wins():
    assert HEATING.within(Limits(8, 28, 1, "Cel")) == Limits(8, 28, 1, "Cel")
    assert HEATING.within(Limits(0, 40, 0.1, "Cel")) == HEATING


def test_bounds_are_rounded_inwards_to_the_step_of_the_device():
    assert Limits(5.5, 29.5, 0.5, "Cel").within(Limits(0, 40, 1, "Cel")) == Limits(6, 29, 1, "Cel")


@given(st.floats(allow_nan=True, allow_infinity=True) | st.none())
def test_what_passes_is_within_and_on_the_step(value):
    try:
        passed = check(value, WHOLE_DEGREES)
    except Invalid:
        return
    assert passed is not None
    assert 5 <= passed <= 30
    assert passed == int(passed)

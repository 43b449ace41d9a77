"""The one rounding, and what keeps sums exact."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.kernel.errors import Invalid
from maillage.kernel.money import (
    Cents,
    cents,
    euros,
    fraction_of,
    percent_of,
    rounded,
    rounded_ratio,
    shared_out,
    times,
    total,
)

amounts = st.integers(-(10**12), 10**12).map(Cents)
decimals = st.decimals(min_value=-(10**10), max_value=10**10, places=6)


@pytest.mark.parametrize(
    ("amount", "expected"),
    [("2.345", 235), ("-2.345", -235), ("2.344999", 234), ("0.005", 1), ("-0.005", -1), ("1E+3", 100_000)],
)
def test_half_a_cent_goes_up_in_magnitude(amount, expected):
    assert cents(Decimal(amount)) == expected


@given(decimals)
def test_rounding_moves_an_amount_by_at_most_half_a_cent(amount):
    assert abs(rounded(amount) - amount) <= Decimal("0.005")


@given(decimals)
def test_a_credit_is_exactly_minus_the_line(amount):
    assert cents(-amount) == -cents(amount)


@given(amounts)
def test_cents_and_euros_are_one_amount(amount):
    assert cents(euros(amount)) == amount
    assert euros(amount).as_tuple().exponent == -2


@given(amounts, st.decimals(min_value=0, max_value=1000, places=4))
def test_a_percentage_is_the_product_rounded_once(amount, percent):
    assert percent_of(amount, percent) == times(euros(amount), percent / 100)


@given(amounts, st.integers(1, 400))
def test_the_whole_of_an_amount_is_the_amount(amount, days):
    assert fraction_of(amount, days, days) == amount


def test_a_third_is_decided_on_integers_and_half_a_cent_goes_up():
    assert fraction_of(Cents(100), 1, 3) == 33
    assert fraction_of(Cents(1), 1, 2) == 1
    assert fraction_of(Cents(-1), 1, 2) == -1
    assert fraction_of(Cents(100), 1, -2) == -50


@given(amounts, st.lists(st.decimals(min_value=0, max_value=1000, places=3), min_size=1, max_size=12).filter(any))
def test_parts_add_up_to_the_whole_and_no_part_is_off_by_a_cent(amount, weights):
    parts = shared_out(amount, weights)
    assert total(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        exact = Decimal(amount) * weight / sum(weights)
        assert abs(part - exact) < Decimal("1.000001")


def test_what_is_left_over_goes_to_the_part_cut_most():
    assert shared_out(Cents(100), [1, 1, 1]) == (34, 33, 33)
    assert shared_out(Cents(-100), [1, 1, 1]) == (-34, -33, -33)


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1]])
def test_weights_that_share_nothing_are_refused(weights):
    with pytest.raises(Invalid):
        shared_out(Cents(100), weights)


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_amount_is_refused(amount):
    with pytest.raises(Invalid):
        cents(Decimal(amount))


def test_nothing_is_divided_by_zero():
    with pytest.raises(Invalid):
        fraction_of(Cents(100), 1, 0)


@pytest.mark.parametrize(
    ("top", "bottom", "expected"), [(1, 3, "0.3333"), (2, 3, "0.6667"), (1, 8000, "0.0001"), (-1, 3, "-0.3333")]
)
def test_a_ratio_is_rounded_without_passing_by_a_decimal(top, bottom, expected):
    assert rounded_ratio(Fraction(top, bottom), 4) == Decimal(expected)

"""Degree-days, by hand and by their properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.solutions.energy.engine.degree_days import heating_trade, weather_service

TEMPERATURES = st.floats(-25, 45)


@pytest.mark.parametrize(
    ("lowest", "highest", "expected"), [(0, 10, 13.0), (18, 18, 0.0), (15, 25, 0.0), (-5, 3, 19.0)]
)
def test_the_weather_service_takes_the_mean_of_the_extremes(lowest, highest, expected):
    assert weather_service(lowest, highest) == pytest.approx(expected)


def test_the_trade_counts_the_cold_morning_of_a_mild_day():
    # S = 18, Tn = 10, Tx = 26: 8 × (0.08 + 0.42 × 8 / 16) = 8 × 0.29
    assert heating_trade(10, 26) == pytest.approx(2.32)
    assert weather_service(10, 26) == 0


@given(TEMPERATURES, TEMPERATURES)
def test_both_methods_agree_on_days_that_stay_on_one_side_of_the_base(one, other):
    lowest, highest = min(one, other), max(one, other)
    assert heating_trade(lowest, highest) >= 0
    if highest <= 18 or lowest >= 18:
        assert heating_trade(lowest, highest) == pytest.approx(weather_service(lowest, highest))


@given(TEMPERATURES, TEMPERATURES, st.floats(0.1, 5))
def test_a_warmer_day_never_has_more_degree_days(one, other, warmer):
    lowest, highest = min(one, other), max(one, other)
    assert weather_service(lowest + warmer, highest + warmer) <= weather_service(lowest, highest)
    assert heating_trade(lowest + warmer, highest + warmer) <= heating_trade(lowest, highest) + 1e-9

"""The daily model finds again what a building was made of."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.solutions.energy.engine.years import heated, year

from maillage.solutions.energy.engine.change_point import fit


@settings(max_examples=30)
@given(st.integers(1, 200), st.integers(1, 80), st.integers(20, 40))
def test_a_heated_building_without_noise_is_found_exactly(base, slope, half_degrees):
    model = fit(year(heated(base, slope, half_degrees / 2)))
    assert model.form == "heating"
    assert model.terms.heating_below_c == half_degrees / 2
    assert model.terms.heating_kwh == pytest.approx(slope)
    assert model.terms.base_kwh == pytest.approx(base, rel=1e-6)
    assert model.cv_rmse == pytest.approx(0, abs=1e-6)


def test_heating_and_cooling_are_told_apart():
    model = fit(year(lambda t: 40 + 12 * max(14 - t, 0) + 7 * max(t - 19, 0), noise=2))
    assert model.form == "both"
    assert model.terms.heating_below_c == pytest.approx(14, abs=1)
    assert model.terms.cooling_above_c == pytest.approx(19, abs=1)
    assert model.terms.heating_kwh == pytest.approx(12, rel=0.1)
    assert model.terms.cooling_kwh == pytest.approx(7, rel=0.15)


def test_a_cooled_store_is_cooling_only():
    assert fit(year(lambda t: 30 + 9 * max(t - 15, 0), noise=1)).form == "cooling"


def test_a_building_that_does_not_feel_the_weather_is_its_mean():
    model = fit(year(lambda _: 80.0))
    assert (model.form, model.terms.base_kwh, model.adjusted_r2) == ("base", 80.0, 0.0)


def test_use_that_falls_with_the_cold_is_no_heating():
    model = fit(year(lambda t: max(0.0, 10 + t)))
    assert model.terms.heating_kwh == 0


def test_the_choice_is_that_of_trying_every_pair_by_least_squares():
    days = year(heated(), noise=25, seed=7)
    model = fit(days)
    outdoor = np.array([one.mean_c for one in days])
    energy = np.array([one.used_kwh for one in days])
    best = np.inf
    for below in np.arange(0, 30.5, 0.5):
        matrix = np.column_stack([np.ones(len(days)), np.maximum(below - outdoor, 0)])
        found, *_ = np.linalg.lstsq(matrix, energy, rcond=None)
        if found[0] >= 0 and found[1] > 0:
            best = min(best, ((energy - matrix @ found) ** 2).sum())
    assert (model.residuals**2).sum() <= best + 1e-6


def test_a_fitted_model_has_no_bias():
    model = fit(year(heated(), noise=30))
    assert model.nmbe == pytest.approx(0, abs=1e-12)
    assert 0 < model.cv_rmse < 0.5


def test_a_month_is_too_short():
    with pytest.raises(ValueError, match="too few"):
        fit(year(heated(), count=29))

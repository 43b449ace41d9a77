"""What is claimed as saved, and how sure it is."""

from dataclasses import replace
from datetime import date
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.solutions.energy.engine.years import heated, year

from maillage.solutions.energy.engine import goodness
from maillage.solutions.energy.engine.anomaly import anomalies
from maillage.solutions.energy.engine.change_point import fit
from maillage.solutions.energy.engine.savings import savings
from maillage.solutions.energy.engine.tertiary import adjusted_kwh, declaration_due, milestones, path_kwh

BEFORE = year(heated(), noise=20)


def test_goodness_by_hand():
    actual, residuals = np.array([10.0, 20.0, 30.0, 40.0]), np.array([1.0, -1.0, 2.0, 0.0])
    assert goodness.rmse(residuals, 2) == pytest.approx(sqrt(6 / 2))
    assert goodness.cv_rmse(actual, residuals, 2) == pytest.approx(sqrt(3) / 25)
    assert goodness.nmbe(actual, residuals, 2) == pytest.approx(2 / (2 * 25))


@pytest.mark.parametrize(
    ("confidence", "freedom", "table"),
    [(0.90, 5, 2.015), (0.90, 10, 1.812), (0.90, 30, 1.697), (0.95, 20, 2.086), (0.99, 60, 2.660)],
)
def test_students_quantile_is_that_of_the_tables(confidence, freedom, table):
    assert goodness.student(confidence, freedom) == pytest.approx(table, rel=0.003)


@given(st.lists(st.floats(-100, 100), min_size=10, max_size=60))
def test_days_are_never_worth_more_than_they_are(residuals):
    assert 0 < goodness.independent_count(np.array(residuals)) <= len(residuals)


def test_a_building_improved_by_a_fifth_saves_a_fifth():
    improved = heated(base=40, slope=16)
    found = savings(fit(BEFORE), year(improved, date(2025, 1, 1), seed=2, noise=20))
    assert found.share == pytest.approx(0.20, abs=0.02)
    assert found.verdict == "less"
    assert found.fractional_uncertainty < 0.2


def test_the_same_building_in_another_winter_saves_nothing():
    found = savings(fit(BEFORE), year(heated(), date(2025, 1, 1), seed=3, noise=20))
    assert found.verdict == "unsure"


def test_the_margin_is_the_guidelines_formula():
    model = fit(BEFORE)
    found = savings(model, year(heated(), count=61, seed=4))
    months = 61 / (365.25 / 12)
    worth = goodness.independent_count(model.residuals)
    factor = goodness.student(0.90, worth - 2) * (-0.00024 * months**2 + 0.03535 * months + 1.00286)
    expected = factor * model.cv_rmse * sqrt(365 / worth * (1 + 2 / worth) / 61) * found.expected_kwh
    assert found.margin_kwh == pytest.approx(expected)


def test_the_margin_holds_in_nine_periods_of_ten():
    """Forty times another two years of the same building: the truth, nothing saved, lies within the margin."""
    within = 0
    for seed in range(40):
        model = fit(year(heated(), seed=seed, noise=20))
        within += savings(model, year(heated(), seed=1000 + seed, noise=20)).verdict == "unsure"
    assert within >= 33


def test_an_empty_period_is_refused():
    with pytest.raises(ValueError, match="no day"):
        savings(fit(BEFORE), [])


def test_a_leak_is_an_anomaly_and_an_ordinary_day_is_none():
    model = fit(BEFORE)
    ordinary = year(heated(), date(2025, 1, 1), seed=5, count=40)
    leaking = replace(ordinary[20], used_kwh=ordinary[20].used_kwh + 300)
    found = anomalies(model, [*ordinary[:20], leaking, *ordinary[21:]])
    assert [one.day for one in found] == [leaking]
    assert found[0].excess_kwh == pytest.approx(300, abs=20)
    assert anomalies(model, []) == []


def test_the_decree_asks_for_forty_fifty_and_sixty_per_cent():
    found = milestones(2015, 100_000, 55_000)
    assert [(one.year, round(one.due_kwh), one.reached) for one in found] == [
        (2030, 60_000, True),
        (2040, 50_000, False),
        (2050, 40_000, False),
    ]


@pytest.mark.parametrize(("year_", "kwh"), [(2010, 100), (2020, 80), (2030, 60), (2035, 55), (2045, 45), (2060, 40)])
def test_the_path_between_milestones_is_straight(year_, kwh):
    assert path_kwh(2010, 100, year_) == pytest.approx(kwh)


@pytest.mark.parametrize(("reference", "kwh"), [(2009, 100.0), (2015, 0.0)])
def test_an_unfit_reference_is_refused(reference, kwh):
    with pytest.raises(ValueError, match="reference"):
        milestones(reference, kwh, 1)


def test_a_year_is_carried_to_the_weather_of_the_reference():
    mild = [replace(one, mean_c=one.mean_c + 2, used_kwh=heated()(one.mean_c + 2)) for one in BEFORE]
    exact = year(heated())
    assert adjusted_kwh(fit(mild), mild, exact) == pytest.approx(sum(one.used_kwh for one in exact), rel=1e-6)


def test_a_year_is_declared_by_the_end_of_the_next_september():
    assert declaration_due(2026) == date(2027, 9, 30)

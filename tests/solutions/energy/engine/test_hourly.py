"""The hourly model finds when a school is open and what its cold hours cost."""

import numpy as np
import pytest

from maillage.solutions.energy.engine.hourly import Hours, fit_hourly, hours_of_week

OPEN = [(weekday, hour) for weekday in (1, 2, 4, 5) for hour in range(8, 17)]


def school(weeks=20, noise=0.0, seed=3):
    """Open hours use 30 kWh and 2 a degree below 13 °C; closed ones 5 kWh and half a one."""
    rng = np.random.default_rng(seed)
    stamps = [(weekday, hour) for _ in range(weeks) for weekday in range(1, 8) for hour in range(24)]
    of_week = hours_of_week(stamps)
    outdoor = rng.uniform(-4, 23, len(stamps))
    is_open = np.isin(of_week, hours_of_week(OPEN))
    cold = np.maximum(13 - outdoor, 0)
    used = np.where(is_open, 30 + 2 * cold, 5 + 0.5 * cold) + rng.normal(0, noise, len(stamps))
    return Hours(of_week, used, outdoor), is_open


def test_the_hours_when_a_school_is_open_are_found():
    model = fit_hourly(school(noise=1)[0])
    assert set(np.flatnonzero(model.occupied)) == set(hours_of_week(OPEN))


def test_a_school_that_follows_the_model_is_told_exactly():
    hours, _ = school()
    model = fit_hourly(hours)
    assert model.predict(hours.of_week, hours.outdoor_c) == pytest.approx(hours.used_kwh, abs=1e-8)
    assert model.cv_rmse == pytest.approx(0, abs=1e-9)


def test_another_winter_of_the_same_school_is_foretold():
    model = fit_hourly(school(noise=1)[0])
    hours, is_open = school(noise=0, seed=9)
    foretold = model.predict(hours.of_week, hours.outdoor_c)
    assert foretold.sum() == pytest.approx(hours.used_kwh.sum(), rel=0.01)
    assert foretold[is_open].mean() == pytest.approx(hours.used_kwh[is_open].mean(), rel=0.02)


def test_the_model_has_no_bias():
    model = fit_hourly(school(noise=2)[0])
    assert model.nmbe == pytest.approx(0, abs=1e-9)
    assert 0 < model.cv_rmse < 0.5


def test_a_week_is_too_short():
    with pytest.raises(ValueError, match="too few"):
        fit_hourly(school(weeks=1)[0])


def test_the_week_begins_on_monday_at_midnight():
    assert list(hours_of_week([(1, 0), (1, 23), (7, 23)])) == [0, 23, 167]

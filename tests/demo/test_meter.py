"""The demonstration's meter is believable: it only rises, and the energy page finds the works it was given."""

from datetime import UTC, datetime, timedelta
from statistics import fmean

import pytest

from maillage.demo.meter import ENERGY, OUTDOOR, readings
from maillage.demo.territory import plan_territory
from maillage.solutions.energy.engine.days import Day
from maillage.solutions.energy.engine.study import study
from maillage.telemetry.engine.calendar import day_of

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
MEMBER = plan_territory(1, 1).members[0]
EVERY = list(readings(MEMBER, NOW))


def days():
    index, sky = {}, {}
    for one in EVERY:
        (index if one.quantity == ENERGY else sky).setdefault(day_of(one.at), []).append(one.value)
    for day, values in index.items():
        before = index.get(day - timedelta(days=1))
        if before and day < day_of(NOW):
            yield Day(day, values[-1] - before[-1], fmean(sky[day]), min(sky[day]), max(sky[day]))


def test_the_meter_only_rises_and_never_reads_the_future():
    values = [one.value for one in EVERY if one.quantity == ENERGY]
    assert values == sorted(values)
    assert max(one.at for one in EVERY) <= NOW
    assert all(-15 < one.value < 42 for one in EVERY if one.quantity == OUTDOOR)
    assert list(readings(MEMBER, NOW)) == EVERY


def test_its_works_are_found_as_a_saving_beyond_doubt():
    found = study(list(days()))
    assert found.model.form == "heating"
    assert found.savings.verdict == "less"
    assert found.savings.share == pytest.approx(0.16, abs=0.05)
    assert 20_000 < found.model.mean_kwh * 365 < 120_000

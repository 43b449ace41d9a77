"""Bad values are told apart from good ones, each with its cause."""

from datetime import UTC, datetime, timedelta

import pytest

from maillage.telemetry.engine import judging
from maillage.telemetry.engine.judging import Given, judge
from maillage.telemetry.labels import SENTENCES

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
UNITS = {1: "kW.h"}
GOOD = Given(1, NOW, 5.0, "kW.h")


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        (GOOD, ""),
        (Given(1, NOW, 5.0), ""),
        (Given(1, NOW, float("nan")), judging.NOT_A_NUMBER),
        (Given(1, NOW, float("-inf")), judging.NOT_A_NUMBER),
        (Given(1, datetime(1970, 1, 1, tzinfo=UTC), 5.0), judging.TOO_EARLY),
        (Given(1, NOW + timedelta(days=400), 5.0), judging.IN_THE_FUTURE),
        (Given(1, NOW, 5.0, "W"), judging.OTHER_UNIT),
        (Given(2, NOW, 5.0), judging.NO_DATASTREAM),
    ],
)
def test_a_value_is_stored_or_has_one_cause(given, cause):
    verdict = judge([given], UNITS, NOW)
    assert [bad.cause for bad in verdict.bad] == ([cause] if cause else [])
    assert len(verdict.good) == (not cause)
    assert not cause or cause in SENTENCES


def test_an_instant_given_twice_is_bad_only_with_another_value():
    verdict = judge([GOOD, GOOD, Given(1, NOW, 6.0)], UNITS, NOW)
    assert (len(verdict.good), [bad.number for bad in verdict.bad]) == (2, [2])

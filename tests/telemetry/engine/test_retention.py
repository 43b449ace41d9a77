"""The most particular rule says how long a value is kept."""

from datetime import UTC, datetime

import pytest

from maillage.telemetry.engine.retention import Rule, forgotten_before, rule_for

EVERYBODY = Rule(None, "", 1000, None)
PRESENCE = Rule(None, "presence", 90, 365)
OURS = Rule(7, "", 500, None)
OUR_PRESENCE = Rule(7, "presence", 30, 30)
ALL = (EVERYBODY, PRESENCE, OURS, OUR_PRESENCE)


@pytest.mark.parametrize(
    ("rules", "organisation_id", "quantity", "counts"),
    [
        (ALL, 7, "presence", OUR_PRESENCE),
        (ALL, 7, "air_temperature", OURS),
        (ALL, 8, "presence", PRESENCE),
        (ALL, 8, "air_temperature", EVERYBODY),
        ((PRESENCE, OURS), 7, "presence", OURS),
        ((OURS,), 8, "presence", None),
    ],
)
def test_the_most_particular_rule_counts(rules, organisation_id, quantity, counts):
    assert rule_for(rules, organisation_id, quantity) == counts


def test_values_go_by_whole_local_days():
    now = datetime(2026, 7, 20, 12, tzinfo=UTC)
    assert forgotten_before(30, now) == datetime(2026, 6, 19, 22, tzinfo=UTC)

"""Where a file and a partition hold a row for one instant, one of them counts."""

from datetime import UTC, datetime

import pytest

from maillage.telemetry.engine.united import CORRECTED, WITHDRAWN, Sourced, in_force

AT = datetime(2026, 1, 5, tzinfo=UTC)
MEASURED = 0


@pytest.mark.parametrize(
    ("archived", "hot", "counts"),
    [
        ((1.0, MEASURED), (2.0, MEASURED), [1.0]),
        ((1.0, MEASURED), (2.0, CORRECTED), [2.0]),
        ((1.0, CORRECTED), (2.0, MEASURED), [1.0]),
        ((1.0, CORRECTED), (2.0, CORRECTED), [2.0]),
        ((1.0, MEASURED), (1.0, WITHDRAWN), []),
        ((1.0, WITHDRAWN), (1.0, MEASURED), []),
        ((1.0, WITHDRAWN), (2.0, CORRECTED), [2.0]),
    ],
)
def test_a_decision_outranks_a_measure_and_the_first_measure_the_second(archived, hot, counts):
    found = in_force([Sourced(AT, *archived)], [Sourced(AT, *hot)])
    assert [value for _, value in found] == counts

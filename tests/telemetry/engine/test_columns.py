"""Points kept as columns are the points they stand for."""

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from maillage.telemetry.engine.columns import ColumnPoints
from maillage.telemetry.engine.curve import Point, with_gaps

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def columns(hours):
    at = np.array(hours, np.int64) * 3_600_000_000
    numbers = np.arange(len(hours), dtype=np.float64)
    return ColumnPoints(at, numbers, numbers - 1, numbers + 1)


@given(st.lists(st.integers(0, 200), unique=True, max_size=40).map(sorted))
def test_gaps_are_where_the_other_way_of_drawing_puts_them(hours):
    points = [Point(EPOCH + n * HOUR, float(i), i - 1.0, i + 1.0) for i, n in enumerate(hours)]
    assert list(columns(hours)) == points
    assert list(columns(hours).with_gaps(HOUR / 4, HOUR)) == with_gaps(points, HOUR / 4, HOUR)


def test_points_are_taken_one_by_one_and_in_parts():
    found = columns([0, 1, 9])
    assert (found[0].value, found[-1].value, len(found), bool(found)) == (0.0, 2.0, 3, True)
    assert [point.value for point in found[1:]] == [1.0, 2.0]
    assert not columns([])

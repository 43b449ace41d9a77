"""How a span of time is drawn."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.telemetry.engine.curve import MOST_POINTS, RAW, Point, bucket_width, with_gaps

START = datetime(2026, 1, 5, tzinfo=UTC)
TEN_MINUTES = timedelta(minutes=10)


def points(*minutes):
    return [Point(START + timedelta(minutes=m), 19.0, 19.0, 19.0) for m in minutes]


@pytest.mark.parametrize(("days", "width_min"), [(1, 0), (7, 15), (30, 60)])
def test_the_usual_spans_of_a_ten_minute_device(days, width_min):
    assert bucket_width(timedelta(days=days), TEN_MINUTES) == timedelta(minutes=width_min)


@given(st.integers(1, 400 * 86400), st.integers(1, 86400))
def test_a_curve_never_has_many_more_points_than_a_screen_shows(span_s, period_s):
    span, period = timedelta(seconds=span_s), timedelta(seconds=period_s)
    width = bucket_width(span, period)
    assert span / (width or period) <= MOST_POINTS


def test_buckets_asked_for_are_given_unless_they_are_too_fine():
    assert bucket_width(timedelta(days=1), TEN_MINUTES, timedelta(hours=1)) == timedelta(hours=1)
    assert bucket_width(timedelta(days=400), TEN_MINUTES, timedelta(minutes=1)) == timedelta(hours=13)


def test_raw_is_raw():
    assert bucket_width(timedelta(days=30), TEN_MINUTES, "raw") == RAW


def test_a_gap_is_a_null_point_where_the_next_value_was_due():
    drawn = with_gaps(points(0, 10, 60, 70), TEN_MINUTES, RAW)
    assert [point.value for point in drawn] == [19.0, 19.0, None, 19.0, 19.0]
    assert drawn[2].at == START + timedelta(minutes=20)


def test_one_lost_uplink_is_no_gap():
    assert len(with_gaps(points(0, 20, 40), TEN_MINUTES, RAW)) == 3


def test_the_gap_after_a_gap_is_measured_from_the_last_value():
    drawn = with_gaps(points(0, 60, 120), TEN_MINUTES, RAW)
    assert [point.value for point in drawn] == [19.0, None, 19.0, None, 19.0]


def test_wide_buckets_are_no_gap():
    assert len(with_gaps(points(0, 90, 180), TEN_MINUTES, timedelta(minutes=90))) == 3


def test_nothing_measured_draws_nothing():
    assert with_gaps([], TEN_MINUTES, RAW) == []

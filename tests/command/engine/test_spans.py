"""Spans of time."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from maillage.command.engine.spans import Span, gap_around, merged_spans, without

START = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = st.integers(0, 48)


def span(first, last):
    return Span(START + timedelta(hours=first), START + timedelta(hours=last))


SPANS = st.lists(st.builds(span, HOURS, HOURS), max_size=6)


def hours_of(spans):
    return {hour for hour in range(50) if any(START + timedelta(hours=hour) in one for one in spans)}


@given(SPANS)
def test_merging_keeps_every_hour_and_leaves_no_touch(spans):
    joined = merged_spans(spans)
    assert hours_of(joined) == hours_of(spans)
    assert all(one.end < two.start for one, two in pairwise(joined))


@given(SPANS, SPANS)
def test_cutting_takes_out_just_the_hours_of_the_holes(spans, holes):
    assert hours_of(without(spans, holes)) == hours_of(spans) - hours_of(holes)


@given(SPANS, HOURS)
def test_an_hour_is_in_a_span_or_in_the_gap_around_it(spans, hour):
    at, window = START + timedelta(hours=hour), span(-1, 60)
    gap = gap_around(merged_spans(spans), window, at)
    assert (gap is None) == (hour in hours_of(spans))
    if gap is not None:
        assert at in gap
        assert not hours_of([gap]) & hours_of(spans)

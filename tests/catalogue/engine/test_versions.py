"""Versions follow each other without a gap in what was sold, and never overlap."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.catalogue.engine.versions import Span, after_publishing, after_withdrawing, in_force
from maillage.kernel.errors import Conflict, Invalid

TODAY = date(2026, 11, 22)


@given(st.lists(st.integers(0, 400), min_size=1, max_size=8, unique=True), st.integers(-10, 500))
def test_on_every_day_at_most_one_version_is_in_force(offsets, day):
    spans = []
    for number, offset in enumerate(sorted(offsets), 1):
        spans = after_publishing(spans, Span(number, TODAY + timedelta(days=offset)), TODAY)
    on = TODAY + timedelta(days=day)
    holding = [span for span in spans if span.holds(on)]
    expected = [number for number, offset in enumerate(sorted(offsets), 1) if offset <= day][-1:]
    assert [span.number for span in holding] == expected


def test_a_new_version_ends_the_one_before():
    spans = after_publishing([Span(1, date(2026, 1, 1))], Span(2, date(2027, 1, 1)), TODAY)
    assert spans[0].valid_until == date(2027, 1, 1)
    assert in_force(spans, date(2026, 12, 31)).number == 1
    assert in_force(spans, date(2027, 1, 1)).number == 2


def test_the_past_is_not_rewritten():
    with pytest.raises(Invalid):
        after_publishing([], Span(1, date(2026, 11, 21)), TODAY)


def test_two_versions_do_not_begin_in_the_wrong_order():
    with pytest.raises(Conflict):
        after_publishing([Span(1, date(2027, 1, 1))], Span(2, date(2026, 12, 1)), TODAY)


def test_what_is_withdrawn_is_sold_until_the_day_before():
    spans = after_withdrawing([Span(1, date(2026, 1, 1)), Span(2, date(2027, 6, 1))], date(2026, 12, 1), TODAY)
    assert [span.number for span in spans] == [1]
    assert in_force(spans, date(2026, 11, 30)).number == 1
    assert in_force(spans, date(2026, 12, 1)) is None


def test_a_version_does_not_end_before_it_begins():
    with pytest.raises(Invalid):
        Span(1, date(2026, 2, 1), date(2026, 2, 1))

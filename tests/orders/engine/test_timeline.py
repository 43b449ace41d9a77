"""A subscription's life, cut where something changes."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from tests.billing.engine.plans import lives

from maillage.kernel.errors import Invalid
from maillage.orders.engine.intervals import Interval, months_of, overlap
from maillage.orders.engine.timeline import Change, ChangeKind, Life, require_possible, segments

HALF_YEAR = Interval(date(2026, 1, 1), date(2026, 7, 1))


@given(lives())
def test_segments_partition_the_subscription(life):
    parts = segments(life, HALF_YEAR)
    end = min(life.end or HALF_YEAR.end, HALF_YEAR.end)
    if end <= life.start:
        assert parts == ()
        return
    assert parts[0].interval.start == life.start
    assert parts[-1].interval.end == end
    assert all(a.interval.end == b.interval.start for a, b in pairwise(parts))


@given(lives())
def test_months_cut_the_same_segments(life):
    def by_day(parts):
        return {
            part.interval.start + timedelta(days=n): (part.quantity, part.site_id, part.coefficient, part.suspended)
            for part in parts
            for n in range(part.interval.days)
        }

    monthly = [part for month in months_of(HALF_YEAR) for part in segments(life, month)]
    assert by_day(monthly) == by_day(segments(life, HALF_YEAR))


@given(lives())
def test_lives_as_actions_make_them_are_possible(life):
    require_possible(life)


def test_an_end_before_the_start_is_refused():
    with pytest.raises(Invalid, match="subscription_ends_before_start"):
        require_possible(Life(date(2026, 3, 1), 1, None, (Change(date(2026, 2, 28), ChangeKind.END),)))


def test_a_change_after_the_end_is_refused():
    changes = (Change(date(2026, 3, 1), ChangeKind.END), Change(date(2026, 3, 2), ChangeKind.QUANTITY, quantity=2))
    with pytest.raises(Invalid, match="change_outside_subscription"):
        require_possible(Life(date(2026, 1, 1), 1, None, changes))


def test_a_second_suspension_is_refused():
    changes = tuple(Change(date(2026, 3, day), ChangeKind.SUSPENSION) for day in (1, 2))
    with pytest.raises(Invalid, match="already_suspended"):
        require_possible(Life(date(2026, 1, 1), 1, None, changes))


def test_a_revision_replaces_the_one_before():
    changes = tuple(
        Change(date(2026, month, 1), ChangeKind.REVISION, coefficient=Decimal(value))
        for month, value in ((2, "1.05"), (3, "1.00"))
    )
    parts = segments(Life(date(2026, 1, 1), 1, None, changes), HALF_YEAR)
    assert [part.coefficient for part in parts] == [1, Decimal("1.05"), 1]


def test_an_empty_interval_cannot_be_made():
    with pytest.raises(Invalid, match="interval_empty"):
        Interval(date(2026, 3, 1), date(2026, 3, 1))
    assert overlap(Interval(date(2026, 1, 1), date(2026, 2, 1)), Interval(date(2026, 2, 1), date(2026, 3, 1))) is None

"""Part of a month's price, by the actual days of the month that is billed."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.billing.engine.proration import prorated
from maillage.kernel.errors import Invalid
from maillage.kernel.money import Cents
from maillage.orders.engine.intervals import Interval, month_of

MONTHS = [month_of(date(2026, number, 1)) for number in range(1, 13)] + [month_of(date(2028, 2, 1))]
amounts = st.integers(0, 10_000_000).map(Cents)


@given(amounts, st.sampled_from(MONTHS), st.data())
def test_the_parts_of_any_split_add_up_to_the_whole(price, month, data):
    offsets = st.integers(0, month.days)
    cuts = sorted(set(data.draw(st.lists(offsets, min_size=2, max_size=8, unique=True))))
    ends = [month.start + timedelta(days=cut) for cut in cuts]
    parts = [prorated(price, Interval(a, b), month) for a, b in pairwise(ends)]
    assert sum(parts) == prorated(price, Interval(ends[0], ends[-1]), month)
    assert all(part >= 0 for part in parts)


@given(amounts, st.sampled_from(MONTHS))
def test_a_whole_month_costs_its_price_whether_it_has_28_or_31_days(price, month):
    assert prorated(price, month, month) == price


@given(amounts.filter(lambda cents: cents > 100), st.sampled_from(MONTHS))
def test_a_start_on_the_24th_is_never_billed_whole(price, month):
    served = Interval(month.start.replace(day=24), month.end)
    assert abs(prorated(price, served, month) * month.days - price * served.days) <= month.days
    assert prorated(price, served, month) < price


@pytest.mark.parametrize(("year", "month"), [(2026, 1), (2026, 2), (2028, 2), (2026, 4), (2026, 12)])
def test_a_start_on_the_last_day_is_billed_for_one_day(year, month):
    whole = month_of(date(year, month, 1))
    assert prorated(Cents(whole.days * 100), Interval(whole.last_day, whole.end), whole) == 100


def test_days_outside_the_month_are_refused_so_that_no_other_denominator_comes_in():
    with pytest.raises(Invalid, match="served_outside_month"):
        prorated(Cents(3100), Interval(date(2026, 1, 24), date(2026, 3, 7)), month_of(date(2026, 1, 1)))

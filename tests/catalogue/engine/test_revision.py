"""Revised prices: only published indices, and exactly P0 while nothing moved."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.catalogue.engine.price import Rhythm, amount, flat
from maillage.catalogue.engine.revision import (
    Formula,
    IndexValue,
    Part,
    Revision,
    coefficient,
    coefficient_on,
    revised_on,
)
from maillage.kernel.errors import Invalid

days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
positive = st.decimals("0.1", 500, places=2)


def value(index, month, number, published_on):
    return IndexValue(index, date.fromisoformat(month), Decimal(number), date.fromisoformat(published_on))


SYNTEC = Formula(Decimal("0.15"), (Part("SYNTEC", Decimal("0.85"), Decimal("300.0")),))


@st.composite
def formulas(draw):
    cuts = sorted(draw(st.lists(st.integers(0, 100), max_size=3)))
    weights = [Decimal(b - a) / 100 for a, b in zip([0, *cuts], [*cuts, 100], strict=True)]
    parts = [Part(f"I{i}", weight, draw(positive)) for i, weight in enumerate(weights[1:])]
    return Formula(weights[0], tuple(parts), draw(st.integers(2, 8)))


@given(formulas(), days, st.decimals(0, 100_000, places=4), st.integers(0, 500))
def test_indices_that_have_not_moved_give_exactly_the_first_price(formula, on, price, quantity):
    same = [IndexValue(part.index, on.replace(day=1), part.base_value, on) for part in formula.parts]
    found = coefficient(formula, same, on)
    assert found == 1
    term = flat("t", Rhythm.MONTHLY, "site", price)
    assert amount(term, quantity, found) == amount(term, quantity)


@given(formulas(), days, days, positive)
def test_an_index_counts_for_nothing_before_its_publication(formula, on, published_on, later):
    known = [IndexValue(p.index, date(2019, 1, 1), p.base_value, date(2019, 3, 1)) for p in formula.parts]
    surprise = [IndexValue(p.index, date(2019, 2, 1), later, published_on) for p in formula.parts]
    if published_on > on:
        assert coefficient(formula, known + surprise, on) == coefficient(formula, known, on)
    else:
        assert coefficient(formula, known + surprise, on) == coefficient(formula, surprise, on)


def test_a_price_follows_its_index_by_the_formula():
    values = [value("SYNTEC", "2026-01-01", "330.0", "2026-02-27")]
    assert coefficient(SYNTEC, values, date(2026, 3, 1)) == Decimal("1.0850")


def test_without_a_published_value_there_is_no_coefficient():
    values = [value("SYNTEC", "2026-01-01", "330.0", "2026-02-27")]
    with pytest.raises(Invalid) as refused:
        coefficient(SYNTEC, values, date(2026, 2, 26))
    assert refused.value.code == "index_not_published"


def test_a_corrected_value_counts_from_its_own_publication():
    values = [
        value("SYNTEC", "2026-01-01", "330.0", "2026-02-27"),
        value("SYNTEC", "2026-01-01", "315.0", "2026-05-29"),
    ]
    assert coefficient(SYNTEC, values, date(2026, 5, 28)) == Decimal("1.0850")
    assert coefficient(SYNTEC, values, date(2026, 5, 29)) == Decimal("1.0425")


def test_between_two_dates_of_revision_the_price_stands_still():
    clause = Revision(SYNTEC, date(2026, 1, 1))
    values = [
        value("SYNTEC", "2025-10-01", "303.0", "2025-12-19"),
        value("SYNTEC", "2026-01-01", "330.0", "2026-02-27"),
    ]
    assert coefficient_on(clause, values, date(2025, 12, 31)) == 1
    assert coefficient_on(clause, values, date(2026, 12, 31)) == Decimal("1.0085")
    assert coefficient_on(clause, values, date(2027, 1, 1)) == Decimal("1.0850")
    assert coefficient_on(None, values, date(2027, 1, 1)) == 1


@given(days, days, st.integers(1, 36))
def test_the_date_of_revision_is_the_last_one_reached(first_on, on, every_months):
    reached = revised_on(Revision(SYNTEC, first_on, every_months), on)
    if on < first_on:
        assert reached is None
        return
    assert first_on <= reached <= on
    following = revised_on(Revision(SYNTEC, first_on, every_months), on + timedelta(days=31 * (every_months + 1)))
    assert following > reached


@pytest.mark.parametrize(
    ("fixed", "parts"),
    [("0.15", [("0.80", "1")]), ("-0.5", [("1.5", "1")]), ("0.5", [("0.5", "0")])],
)
def test_a_formula_that_does_not_add_up_to_one_is_refused(fixed, parts):
    with pytest.raises(Invalid):
        Formula(Decimal(fixed), tuple(Part("I", Decimal(w), Decimal(base)) for w, base in parts))

"""What a quantity costs."""

import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.catalogue.engine.price import Mode, PriceTerm, Rhythm, Tier, amount, flat, sum_of
from maillage.kernel.errors import Invalid
from maillage.kernel.money import times

prices = st.decimals(0, 10_000, places=4)
quantities = st.decimals(0, 5_000, places=2)


def tiered(mode, *tiers):
    return PriceTerm("t", Rhythm.MONTHLY, "device", tuple(Tier(Decimal(q), Decimal(p)) for q, p in tiers), mode)


@st.composite
def tariffs(draw, mode):
    starts = sorted(draw(st.sets(st.integers(1, 4_000), max_size=5)))
    return tiered(mode, *((start, draw(prices)) for start in [0, *starts]))


def test_each_slice_is_charged_at_its_own_price():
    tariff = tiered(Mode.GRADUATED, (0, "2.00"), (10, "1.50"), (100, "1.00"))
    assert amount(tariff, 10) == 20_00
    assert amount(tariff, 100) == 20_00 + 135_00
    assert amount(tariff, 101) == 20_00 + 135_00 + 1_00


def test_a_volume_price_holds_for_the_whole_quantity():
    tariff = tiered(Mode.VOLUME, (0, "2.00"), (10, "1.50"))
    assert amount(tariff, 9) == 18_00
    assert amount(tariff, 10) == 15_00


@given(prices, quantities)
def test_a_flat_price_is_the_product_rounded_once(price, quantity):
    assert amount(flat("t", Rhythm.ONE_OFF, "site", price), quantity) == times(price, quantity)


@given(tariffs(Mode.GRADUATED), quantities, quantities)
def test_more_never_costs_less_by_slices(tariff, one, other):
    less, more = sorted((one, other))
    assert amount(tariff, less) <= amount(tariff, more)


@given(tariffs(Mode.GRADUATED), quantities, quantities)
def test_the_slices_between_two_quantities_add_up(tariff, one, other):
    less, more = sorted((one, other))
    units = sum((_price_at(tariff, q) for q in _cuts(tariff, less, more)), Decimal(0))
    assert abs(amount(tariff, more) - amount(tariff, less) - units * 100) <= 1


def _cuts(tariff, less, more):
    """Each slice between the quantities as (start, length)."""
    bounds = sorted({less, more, *(t.quantity_from for t in tariff.tiers if less < t.quantity_from < more)})
    return list(itertools.pairwise(bounds))


def _price_at(tariff, cut):
    start, end = cut
    reached = [t for t in tariff.tiers if t.quantity_from <= start]
    return (end - start) * reached[-1].unit_price_eur


@given(tariffs(Mode.VOLUME), quantities)
def test_one_tier_or_many_of_one_price_cost_the_same(tariff, quantity):
    price = tariff.tiers[0].unit_price_eur
    same = [(tier.quantity_from, price) for tier in tariff.tiers]
    assert amount(tiered(Mode.VOLUME, *same), quantity) == amount(tiered(Mode.GRADUATED, *same), quantity)


def test_a_sum_takes_each_term_by_its_unit_and_its_rhythm():
    terms = [
        (flat("kit", Rhythm.ONE_OFF, "site", "100"), Decimal(1)),
        (flat("valve", Rhythm.ONE_OFF, "valve", "49.90"), Decimal("1.1")),
        (flat("care", Rhythm.MONTHLY, "site", "9"), Decimal(1)),
    ]
    wanted = {"site": Decimal(1), "valve": Decimal(3)}
    assert sum_of(terms, wanted, Rhythm.ONE_OFF) == 100_00 + 164_67
    assert sum_of(terms, wanted, Rhythm.MONTHLY) == 9_00
    assert sum_of(terms, wanted, Rhythm.USAGE) == 0


@pytest.mark.parametrize("tiers", [[], [(1, "2")], [(0, "2"), (0, "1")], [(0, "2"), (9, "1"), (5, "1")], [(0, "-1")]])
def test_a_tariff_with_a_hole_or_a_negative_price_is_refused(tiers):
    with pytest.raises(Invalid):
        tiered(Mode.GRADUATED, *tiers)


def test_a_negative_quantity_is_refused():
    with pytest.raises(Invalid):
        amount(flat("t", Rhythm.ONE_OFF, "site", "1"), -1)

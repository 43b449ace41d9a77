"""Quantities and budgets: ranges that stay ranges, sums that add up."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.catalogue.engine.budget import budget
from maillage.catalogue.engine.estimators import ESTIMATORS
from maillage.catalogue.engine.estimators.sizing import Bill
from maillage.catalogue.engine.price import Mode, PriceTerm, Rhythm, Tier, flat
from maillage.kernel.errors import Invalid

HEATING = ESTIMATORS["heating"]
SCHOOL = {"surface": 600, "floors": 2, "rooms": 12, "zones": 3, "boilers": 1, "bill_year": 20_000}
TERMS = [
    (flat("kit", Rhythm.ONE_OFF, "site", "500"), Decimal(1)),
    (flat("valve", Rhythm.ONE_OFF, "valve", "80"), Decimal(1)),
    (flat("care", Rhythm.MONTHLY, "site", "25"), Decimal(1)),
]


@st.composite
def answered(draw):
    estimator = draw(st.sampled_from(sorted(ESTIMATORS.values(), key=lambda one: one.code)))
    return estimator, {q.code: draw(st.integers(q.lowest, q.highest)) for q in estimator.questions}


@given(answered())
def test_every_answer_within_bounds_gets_quantities(case):
    estimator, answers = case
    sizing = estimator.sizing(answers)
    assert sizing.needs
    assert all(0 <= need.low <= need.likely <= need.high for need in sizing.needs.values())


@given(answered(), st.decimals(0, 80, places=2))
def test_what_is_funded_and_what_is_left_make_the_investment(case, rate):
    estimator, answers = case
    sizing = estimator.sizing(answers)
    terms = [
        (
            PriceTerm(unit, rhythm, unit, (Tier(Decimal(0), Decimal("9.99")), Tier(Decimal(5), Decimal("7.77"))), mode),
            Decimal("1.0417"),
        )
        for unit in sizing.needs
        for rhythm in (Rhythm.ONE_OFF, Rhythm.MONTHLY)
        for mode in Mode
    ]
    found = budget(estimator, sizing, terms, rate, answers.get("bill_year", 0))
    for part in ("low", "likely", "high"):
        assert getattr(found.funded, part) + getattr(found.left, part) == getattr(found.once, part)
    for amounts in (found.once, found.left, found.monthly, *(h.cost for h in found.horizons)):
        assert 0 <= amounts.low <= amounts.likely <= amounts.high
    if estimator.bill is Bill.NONE:
        assert found.bill_today is None


def test_a_school_of_six_hundred_square_metres():
    sizing = HEATING.sizing(SCHOOL)
    assert sizing.level == "medium"
    valves = sizing.needs["valve"]
    assert (valves.low, valves.likely, valves.high) == (30, 40, 60)
    found = budget(HEATING, sizing, TERMS, Decimal(50), SCHOOL["bill_year"])
    assert found.once.likely == 3_700_00
    assert found.left.likely == 1_850_00
    assert found.monthly.likely == 25_00
    assert found.bill_after.likely == 17_200_00
    assert found.horizons[0].cost.likely == 1_850_00 + 300_00 + 17_200_00
    assert found.horizons[0].today == 20_000_00


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({"surface": 250, "zones": 2}, "basic"),
        ({"surface": 250, "zones": 3}, "medium"),
        ({"surface": 1501}, "complex"),
        ({"boilers": 2}, "complex"),
        ({"floors": 4}, "complex"),
    ],
)
def test_the_pack_follows_the_building(changes, level):
    assert HEATING.sizing(SCHOOL | changes).level == level


@given(st.integers(20, 5_000), st.integers(0, 5_000))
def test_a_larger_building_never_needs_fewer_valves(surface, more):
    small = HEATING.sizing(SCHOOL | {"surface": surface}).needs["valve"]
    large = HEATING.sizing(SCHOOL | {"surface": surface + more}).needs["valve"]
    assert small.low <= large.low
    assert small.likely <= large.likely
    assert small.high <= large.high


def test_an_answer_out_of_bounds_names_its_question():
    with pytest.raises(Invalid) as refused:
        HEATING.sizing(SCHOOL | {"rooms": 0})
    assert refused.value.facts["question"] == "rooms"


def test_funding_leaves_a_fifth_to_the_body():
    sizing = HEATING.sizing(SCHOOL)
    assert budget(HEATING, sizing, TERMS, Decimal(80), 0).left.likely == 740_00
    with pytest.raises(Invalid):
        budget(HEATING, sizing, TERMS, Decimal("80.01"), 0)

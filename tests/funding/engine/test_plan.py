"""Shares and own part are the cost, in any order; the two laws hold at commitment and at settlement."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.funding.engine.plan import Request, plan, settle, without
from maillage.kernel.errors import Invalid
from maillage.kernel.money import Cents

COSTS = st.integers(1, 10**12).map(Cents)
RATES = st.decimals(Decimal("0.01"), Decimal(100), places=2)


@st.composite
def requests(draw):
    names = draw(st.lists(st.sampled_from("abcdefg"), unique=True, max_size=5))
    return [_request(draw, name) for name in names]


def _request(draw, name):
    cap = draw(st.none() | st.integers(0, 10**11).map(Cents))
    public = draw(st.booleans())
    return Request(name, draw(RATES), cap, is_state=public and draw(st.booleans()), is_public=public)


def planned(cost, asked):
    try:
        return plan(cost, asked)
    except Invalid as error:
        return error.code


def holds(made):
    return (
        made.own >= 0
        and made.own + made.funded == made.cost
        and made.of_the_state * 100 <= made.cost * 80
        and made.own * 100 >= (made.own + made.public) * 20
    )


@given(cost=COSTS, asked=requests(), order=st.randoms(use_true_random=False))
def test_the_order_of_funders_changes_nothing(cost, asked, order):
    shuffled = list(asked)
    order.shuffle(shuffled)
    assert planned(cost, asked) == planned(cost, shuffled)


@given(cost=COSTS, asked=requests())
def test_a_plan_adds_up_and_keeps_the_laws_or_is_refused(cost, asked):
    made = planned(cost, asked)
    assert isinstance(made, str) or holds(made)
    if not isinstance(made, str):
        assert all(one.amount >= 0 for one in made.shares)
        assert all(one.request.cap is None or one.amount <= one.request.cap for one in made.shares)


@given(cost=COSTS, actual=st.integers(0, 10**12).map(Cents), asked=requests())
def test_settlement_keeps_the_laws_and_never_gives_more_than_was_committed(cost, actual, asked):
    made = planned(cost, asked)
    if isinstance(made, str):
        return
    paid = settle(made, actual)
    assert holds(paid)
    for before, after in zip(made.shares, paid.shares, strict=True):
        assert 0 <= after.amount <= before.amount


@given(cost=COSTS, asked=requests())
def test_settled_at_the_forecast_a_plan_is_itself(cost, asked):
    made = planned(cost, asked)
    if not isinstance(made, str):
        assert settle(made, cost) == made


@given(cost=COSTS, asked=requests(), chosen=st.data())
def test_a_funder_that_withdraws_leaves_its_share_to_the_owner(cost, asked, chosen):
    made = planned(cost, asked)
    if isinstance(made, str) or not made.shares:
        return
    gone = chosen.draw(st.sampled_from(made.shares))
    left = without(made, gone.request.programme)
    assert left.own == made.own + gone.amount
    assert holds(left)


def test_an_ordinary_plan():
    asked = [
        Request("DSIL", Decimal(40), is_state=True),
        Request("Région", Decimal(30), cap=Cents(2_000_000)),
    ]
    made = plan(Cents(10_000_000), asked)
    assert [one.amount for one in made.shares] == [4_000_000, 2_000_000]
    assert made.own == 4_000_000


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ([Request("DSIL", Decimal(85), is_state=True)], "funding_state_too_much"),
        ([Request("a", Decimal(50)), Request("b", Decimal("30.01"))], "funding_own_too_small"),
        ([Request("a", Decimal(70)), Request("b", Decimal(60))], "funding_above_cost"),
        ([Request("a", Decimal(10)), Request("a", Decimal(20))], "funding_programme_twice"),
    ],
)
def test_a_plan_against_the_law_is_refused(asked, code):
    with pytest.raises(Invalid, match=code):
        plan(Cents(1_000_000), asked)


@pytest.mark.parametrize("rate", ["0", "-1", "100.01"])
def test_a_rate_out_of_bounds_is_refused(rate):
    with pytest.raises(Invalid, match="funding_rate_unfit"):
        Request("a", Decimal(rate))


def test_thirty_percent_where_it_applies():
    asked = [Request("a", Decimal(75))]
    assert plan(Cents(100), asked).own == 25
    with pytest.raises(Invalid, match="funding_own_too_small"):
        plan(Cents(100), asked, own_least_percent=Decimal(30))

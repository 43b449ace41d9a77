"""Subscriptions of any kind, for the properties."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from maillage.billing.engine.facts import Contract, Use
from maillage.orders.engine.terms import Component, Kind, Terms, VatRule
from maillage.orders.engine.timeline import Change, ChangeKind, Life

TWENTY = VatRule("S", Decimal(20))
TEN = VatRule("S", Decimal(10))
EXEMPT = VatRule("E", Decimal(0), "VATEX-EU-132-1I", "Exonération : article 261, 4, 4° du CGI")
DAY_ONE = date(2026, 1, 1)

days = st.dates(date(2026, 1, 1), date(2026, 6, 30))
prices = st.decimals(Decimal(0), Decimal(500), places=4)
rules = st.sampled_from([TWENTY, TEN, EXEMPT])


def recurring(price="31.00", vat=TWENTY, code="service"):
    return Component(code, "Service", Kind.RECURRING, Decimal(price), vat)


def calls(price="0.05", included="0", vat=TWENTY):
    return Component("calls", "Communications", Kind.USAGE, Decimal(price), vat, "min", Decimal(included))


def contract(life, *components, number=1, uses=(), **more):
    return Contract(number, f"Abonnement {number}", Terms(components or (recurring(),), **more), life, tuple(uses))


@st.composite
def terms(draw):
    components = [Component("service", "Service", Kind.RECURRING, draw(prices), draw(rules))]
    if draw(st.booleans()):
        components.append(Component("upkeep", "Entretien", Kind.RECURRING, draw(prices), draw(rules)))
    if draw(st.booleans()):
        components.append(Component("setup", "Mise en service", Kind.ONE_OFF, draw(prices), draw(rules)))
    if draw(st.booleans()):
        components.append(calls(draw(st.decimals(0, 1, places=4)), draw(st.integers(0, 50)), draw(rules)))
    return Terms(
        tuple(components),
        draw(st.sampled_from([0, 0, 2000])),
        Decimal(draw(st.sampled_from([0, 0, 5, 33, 100]))),
        draw(st.none() | days),
    )


@st.composite
def lives(draw):
    start = draw(days)
    changes = []
    suspended = False
    for day in sorted(draw(st.lists(days.filter(lambda d: d >= start), max_size=4))):
        kind = draw(st.sampled_from(["quantity", "move", "revision", "stop"]))
        if kind == "quantity":
            changes.append(Change(day, ChangeKind.QUANTITY, quantity=draw(st.integers(1, 9))))
        elif kind == "move":
            changes.append(Change(day, ChangeKind.MOVE, site_id=draw(st.integers(1, 3))))
        elif kind == "revision":
            changes.append(Change(day, ChangeKind.REVISION, coefficient=draw(st.decimals("0.9", "1.2", places=3))))
        else:
            changes.append(Change(day, ChangeKind.RESUMPTION if suspended else ChangeKind.SUSPENSION))
            suspended = not suspended
    last = max([start, *(one.effective_on for one in changes)])
    if draw(st.booleans()):
        end = draw(st.dates(last, date(2026, 7, 15)))
        changes.append(Change(end, ChangeKind.END))
    return Life(start, draw(st.integers(1, 9)), draw(st.sampled_from([None, 1, 2])), tuple(changes))


@st.composite
def contracts(draw, number=1):
    life, agreed = draw(lives()), draw(terms())
    until = life.end or date(2026, 7, 1)
    uses = []
    if any(one.kind is Kind.USAGE for one in agreed.components) and until > life.start:
        served = st.dates(life.start, until - timedelta(days=1))
        for index, day in enumerate(draw(st.lists(served, max_size=6))):
            uses.append(Use(f"cdr-{index}", "calls", day, Decimal(draw(st.integers(1, 60)))))
    return Contract(number, f"Abonnement {number}", agreed, life, tuple(uses))

"""Why a line is not what it was last month."""

from datetime import date
from decimal import Decimal

import pytest
from tests.billing.engine.plans import calls, contract, recurring

from maillage.billing.engine.due import due
from maillage.billing.engine.facts import Use
from maillage.billing.engine.reasons import reasons
from maillage.orders.engine.intervals import month_of
from maillage.orders.engine.terms import Component, Kind
from maillage.orders.engine.timeline import Change, ChangeKind, Life

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
SETUP = Component("setup", "Mise en service", Kind.ONE_OFF, Decimal(10), recurring().vat)


def told(start, changes=(), components=(), uses=(), month=FEBRUARY, **more):
    owned = contract(Life(start, 1, 7, tuple(changes)), *components, uses=uses, **more)
    before = due(owned, month_of(JANUARY)) if month == FEBRUARY else ()
    return [one.code for one in reasons(month, due(owned, month_of(month)), before)]


def change(kind, day=FEBRUARY, **more):
    return Change(day, kind, **more)


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ([], []),
        ([change(ChangeKind.QUANTITY, quantity=3)], ["quantity"]),
        ([change(ChangeKind.REVISION, coefficient=Decimal("1.02"))], ["price"]),
        ([change(ChangeKind.SUSPENSION, date(2026, 2, 10))], ["part"]),
        ([change(ChangeKind.END, date(2026, 2, 10))], ["part"]),
        ([change(ChangeKind.END, FEBRUARY)], ["gone"]),
    ],
)
def test_a_change_is_named(changes, codes):
    assert told(JANUARY, changes) == codes


def test_a_first_month_in_part_is_new_and_in_part_and_then_whole_again():
    assert told(date(2026, 1, 24), month=JANUARY) == ["new", "part"]
    assert told(date(2026, 1, 24)) == ["whole_again"]


def test_what_is_asked_once_is_said_once_and_not_missed_later():
    assert told(JANUARY, components=(recurring(), SETUP), month=JANUARY) == ["new", "once"]
    assert told(JANUARY, components=(recurring(), SETUP)) == []


def test_use_that_changes_or_stops_is_named():
    both = [Use("a", "calls", JANUARY, Decimal(100)), Use("b", "calls", FEBRUARY, Decimal(50))]
    assert told(JANUARY, components=(recurring(), calls()), uses=both) == ["usage"]
    assert told(JANUARY, components=(recurring(), calls()), uses=both[:1]) == ["unused"]


def test_a_discount_that_ends_is_named():
    assert told(JANUARY, discount_percent=Decimal(10), discount_until=FEBRUARY) == ["discount_ends"]

"""From what is due and what was billed to what is asked now: one rule for first bills, catch-up and late news.

For each key, what is asked is *due − billed*. Nothing billed yet: the calculation itself. Something billed: one
adjustment of the difference, which leaves the lines of closed documents alone; zero asks nothing. Running it again
after its result was billed therefore asks nothing, whatever happened in between.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from maillage.billing.engine.due import due
from maillage.billing.engine.facts import Billed, Charge, ChargeKind, Contract, Key
from maillage.kernel.money import ZERO, Cents, euros, total
from maillage.orders.engine.intervals import Interval, month_of, months_of
from maillage.orders.engine.terms import VatRule

BilledMonths = Mapping[tuple[int, date], Billed]
"""What was billed, by subscription and first day of the month."""


def by_month(billed: Billed) -> BilledMonths:
    """``billed`` cut once, so that each contract looks only at its own months."""
    months: defaultdict[tuple[int, date], dict[Key, Cents]] = defaultdict(dict)
    for key, amount in billed.items():
        months[key.subscription_id, key.month][key] = amount
    return months


def asked(
    contract: Contract, since: date, until: date, billed: BilledMonths, rules: Mapping[Key, VatRule]
) -> tuple[Charge, ...]:
    """Every charge of the months from ``since`` to before ``until`` (both first days of months) not billed yet.

    ``rules`` has the VAT of the keys billed already, for those that are no longer due at all.
    """
    if since >= until:
        return ()
    charges: list[Charge] = []
    for month in months_of(Interval(since, until)):
        charges += _of_month(contract, month, billed.get((contract.subscription_id, month.start), {}), rules)
    return tuple(charges)


def _of_month(contract: Contract, month: Interval, billed: Billed, rules: Mapping[Key, VatRule]) -> Iterator[Charge]:
    by_key: defaultdict[Key, list[Charge]] = defaultdict(list)
    for charge in due(contract, month):
        by_key[charge.key].append(charge)
    for key, charges in by_key.items():
        if key not in billed:
            yield from (one for one in charges if one.amount or one.gross)
        else:
            yield from _adjustment(charges[0].label, key, _sum(charges) - billed[key], charges[0].vat)
    for key in billed.keys() - by_key.keys():
        yield from _adjustment(contract.label, key, -billed[key], rules[key])


def _sum(charges: Sequence[Charge]) -> int:
    return total(one.amount for one in charges)


def _adjustment(label: str, key: Key, difference: int, vat: VatRule) -> Iterator[Charge]:
    if difference:
        amount = Cents(difference)
        month = month_of(key.month)
        yield Charge(key, ChargeKind.ADJUSTMENT, label, month, Decimal(1), euros(amount), amount, ZERO, amount, vat)


def owed(charges: Iterable[Charge]) -> tuple[Charge, ...]:
    """Those that ask for money."""
    return tuple(one for one in charges if one.amount >= 0)


def given_back(charges: Iterable[Charge]) -> tuple[Charge, ...]:
    """Those that give money back, as positive amounts: a credit note carries no minus sign (EN 16931, type 381)."""
    return tuple(
        replace(one, gross=Cents(-one.gross), amount=Cents(-one.amount), unit_price=-one.unit_price)
        for one in charges
        if one.amount < 0
    )

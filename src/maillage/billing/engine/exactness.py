"""The exact arithmetic of a document, checked against itself. The official rules allow a VAT group to be one euro off
(BR-CO-17 as published), so they are no proof; here every sum must hold to the cent.

Checks EN 16931's BR-CO-10, 13, 14, 15, 16 and 17, BT-131 of each line, signs, and the number.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from maillage.billing.engine.numbers import is_fit
from maillage.kernel.errors import Invalid
from maillage.kernel.money import Cents, cents, percent_of, times, total

_Vat = tuple[str, Decimal]


@dataclass(frozen=True, slots=True)
class StatedLine:
    """A line as the document states it: BT-129, BT-146, BT-149, BT-131 and its VAT (BT-151, BT-152)."""

    quantity: Decimal
    price: Decimal
    base_quantity: Decimal
    amount: Decimal
    vat: _Vat


@dataclass(frozen=True, slots=True)
class StatedGroup:
    """A VAT group as stated: BT-116, BT-117."""

    vat: _Vat
    base: Decimal
    amount: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class Stated:
    """Every number of a document, as stated: BT-106, BT-109, BT-110, BT-112, BT-113, BT-115."""

    number: str
    lines: Sequence[StatedLine]
    groups: Sequence[StatedGroup]
    lines_total: Decimal
    net: Decimal
    vat: Decimal
    gross: Decimal
    paid: Decimal
    payable: Decimal


def faults(stated: Stated) -> Iterator[str]:
    """What does not hold, as codes of EN 16931's rules; nothing when all does."""
    if not is_fit(stated.number):
        yield "BR-FR-01"
    if not stated.lines:
        yield "BR-16"
    if any(cents(one.amount) != times(one.price, one.quantity / one.base_quantity) for one in stated.lines):
        yield "BT-131"
    if any(_finer_than_cents(one) for one in _amounts(stated)):
        yield "BR-DEC"
    if stated.payable < 0 or stated.gross < 0:
        yield "negative"
    yield from _sums(stated)
    yield from _vat(stated)


def require_exact(stated: Stated) -> None:
    """Raises ``Invalid`` ``document_inexact`` with every rule that does not hold."""
    found = list(faults(stated))
    if found:
        raise Invalid("document_inexact", number=stated.number, rules=", ".join(found))


def _sums(stated: Stated) -> Iterator[str]:
    if stated.lines_total != sum((one.amount for one in stated.lines), Decimal(0)):
        yield "BR-CO-10"
    if stated.net != stated.lines_total:
        yield "BR-CO-13"
    if stated.vat != sum((one.amount for one in stated.groups), Decimal(0)):
        yield "BR-CO-14"
    if stated.gross != stated.net + stated.vat:
        yield "BR-CO-15"
    if stated.payable != stated.gross - stated.paid:
        yield "BR-CO-16"


def _vat(stated: Stated) -> Iterator[str]:
    bases: defaultdict[_Vat, list[Cents]] = defaultdict(list)
    for line in stated.lines:
        bases[line.vat].append(cents(line.amount))
    if bases.keys() != {one.vat for one in stated.groups} or len(bases) != len(stated.groups):
        yield "BR-CO-18"
        return
    for group in stated.groups:
        base = total(bases[group.vat])
        if cents(group.base) != base:
            yield f"BR-{group.vat[0]}-08"
        if cents(group.amount) != percent_of(base, group.vat[1]):
            yield "BR-CO-17"
        if (group.vat[0] == "E") is not bool(group.reason):
            yield "BR-E-10"


def _amounts(stated: Stated) -> Iterator[Decimal]:
    yield from (one.amount for one in stated.lines)
    yield from (value for one in stated.groups for value in (one.base, one.amount))
    yield from (stated.lines_total, stated.net, stated.vat, stated.gross, stated.paid, stated.payable)


def _finer_than_cents(amount: Decimal) -> bool:
    return amount * 100 != int(amount * 100)

"""Credit notes: each refers to one issued invoice and never gives back more than is left of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from maillage.billing.engine.facts import Charge, Key
from maillage.billing.engine.invoice import Draft, drafted
from maillage.kernel.errors import Invalid
from maillage.kernel.money import ZERO, Cents, euros
from maillage.orders.engine.terms import VatRate, VatRule


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is left of an invoice after its credits: without VAT by rate and by key, and with VAT in all."""

    invoice_id: int
    by_rate: Mapping[VatRate, Cents]
    by_key: Mapping[tuple[Key, VatRule], Cents]
    gross: Cents


def require_within(credit: Draft, left: Remaining) -> None:
    """Raises ``Invalid`` when the credit gives back more than is left, under any VAT rule or in all."""
    too_much = any(group.base > left.by_rate.get(group.rule.rate, ZERO) for group in credit.groups)
    if too_much or credit.gross > left.gross:
        raise Invalid("credit_exceeds", asked=str(euros(credit.gross)), left=str(euros(left.gross)))
    if credit.gross <= 0:
        raise Invalid("credit_empty")


def credit_notes(month: date, charges: Sequence[Charge], invoices: Sequence[Remaining]) -> tuple[Draft, ...]:
    """One credit note an invoice, for charges given back (positive amounts), the newest invoice first.

    ``invoices`` come newest first. A cent that its VAT's rounding would push beyond what is left waits for later.
    """
    waiting = list(charges)
    drafts: list[Draft] = []
    for left in invoices:
        taken, waiting = _taken(waiting, left)
        fitting = _fitting(month, taken, left)
        if fitting is not None:
            drafts.append(fitting)
    return tuple(drafts)


def _taken(charges: Iterable[Charge], left: Remaining) -> tuple[list[Charge], list[Charge]]:
    """What of the charges this invoice billed, and what other invoices must give back."""
    taken, waiting = [], []
    for charge in charges:
        part = Cents(min(charge.amount, left.by_key.get((charge.key, charge.vat), ZERO)))
        if part > 0:
            taken.append(_of_amount(charge, part))
        if part < charge.amount:
            waiting.append(_of_amount(charge, Cents(charge.amount - part)))
    return taken, waiting


def _fitting(month: date, charges: Sequence[Charge], left: Remaining) -> Draft | None:
    """The credit of ``charges``, less the last cents when VAT's rounding makes it exceed what is left."""
    parts = list(charges)
    while parts:
        draft = drafted(month, parts, left.invoice_id)
        over = draft.gross - left.gross
        if over <= 0:
            return draft if draft.gross > 0 else None
        parts = _less(parts, Cents(over))
    return None


def _less(charges: list[Charge], cents: Cents) -> list[Charge]:
    last = charges[-1]
    rest = Cents(last.amount - cents)
    return [*charges[:-1], _of_amount(last, rest)] if rest > 0 else charges[:-1]


def _of_amount(charge: Charge, amount: Cents) -> Charge:
    if amount == charge.amount:
        return charge
    return replace(charge, amount=amount, gross=amount, discount=ZERO, quantity=Decimal(1), unit_price=euros(amount))

"""The monthly bill of an organisation: the one path that a preview and an invoice both take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from maillage.billing.engine.credit import Remaining, credit_notes
from maillage.billing.engine.facts import Billed, Charge, Contract, Key
from maillage.billing.engine.invoice import Draft, drafted
from maillage.billing.engine.settle import asked, by_month, given_back, owed
from maillage.kernel.money import ZERO, Cents, total
from maillage.orders.engine.intervals import month_of
from maillage.orders.engine.terms import VatRule

SMALLEST_TITRE = Cents(1500)
"""A claim of a local authority below 15 € is not put to recovery (CGCT D1611-1): it waits for the next month's."""


@dataclass(frozen=True, slots=True)
class Ledgered:
    """What is known of an organisation's earlier documents. ``invoices`` may be credited, the newest first."""

    billed: Billed
    rules: Mapping[Key, VatRule]
    invoices: Sequence[Remaining]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the month brings: an invoice, or an amount that waits, or nothing; and credits."""

    invoice: Draft | None
    carried: Cents
    credits: tuple[Draft, ...]
    is_settled: bool
    """Nothing of these months waits: later runs need not look at them unless something of them changes."""


def monthly_bill(
    contracts: Sequence[tuple[Contract, date]], month: date, known: Ledgered, *, smallest: Cents
) -> Outcome:
    """Bills every month up to and including ``month``, each contract from the day since which it is not settled."""
    until = month_of(month).end
    billed = by_month(known.billed)
    charges: list[Charge] = []
    for contract, since in contracts:
        charges += asked(contract, month_of(since).start, until, billed, known.rules)
    back = given_back(charges)
    notes = credit_notes(month, back, known.invoices)
    all_given = total(one.net for one in notes) == total(one.amount for one in back)
    draft = drafted(month, owed(charges))
    if draft.gross == 0:
        return Outcome(None, ZERO, notes, all_given)
    if draft.gross < smallest:
        return Outcome(None, draft.gross, notes, is_settled=False)
    return Outcome(draft, ZERO, notes, all_given)

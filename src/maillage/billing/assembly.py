"""The bill of an organisation for a month, from the database: what a preview shows and what a run issues."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from maillage.billing import queries
from maillage.billing.engine.exactness import Stated, StatedGroup, StatedLine, require_exact
from maillage.billing.engine.facts import Charge
from maillage.billing.engine.invoice import Draft, Line
from maillage.billing.engine.monthly import SMALLEST_TITRE, Outcome, monthly_bill
from maillage.billing.engine.reasons import Reason, reasons
from maillage.billing.models import Account, Channel
from maillage.identity.actor import Actor
from maillage.kernel.money import ZERO, Cents, euros
from maillage.orders.engine.intervals import month_of

_UNNUMBERED = "-"


@dataclass(frozen=True, slots=True)
class Bill:
    """What the month brings and why; ``looked_at`` are the subscriptions it was made of."""

    outcome: Outcome
    why: dict[Line, tuple[Reason, ...]]
    looked_at: tuple[int, ...]


def bill_of(actor: Actor, account: Account, month: date) -> Bill:
    """The same path for the preview and for the invoice: nothing else decides an amount."""
    contracts = queries.contracts(actor, account.organisation_id, month)
    since = min((month_of(day).start for _, day in contracts), default=month)
    known = queries.ledgered(actor, account.organisation_id, since)
    outcome = monthly_bill(contracts, month, known, smallest=smallest_of(account))
    for draft in (outcome.invoice, *outcome.credits):
        if draft is not None:
            require_exact(stated(draft))
    return Bill(outcome, _why(actor, account, month, outcome), tuple(one.subscription_id for one, _ in contracts))


def smallest_of(account: Account) -> Cents:
    """Titres have a smallest amount; invoices have none."""
    return SMALLEST_TITRE if account.channel == Channel.TITRE else ZERO


def stated(draft: Draft, number: str = _UNNUMBERED) -> Stated:
    """The draft's numbers as its document will state them."""
    lines = [
        StatedLine(Decimal(1), euros(one.amount), Decimal(1), euros(one.amount), one.vat.rate) for one in draft.lines
    ]
    groups = [StatedGroup(one.rule.rate, euros(one.base), euros(one.vat), one.rule.reason) for one in draft.groups]
    net, vat, gross = euros(draft.net), euros(draft.vat), euros(draft.gross)
    return Stated(number, lines, groups, net, net, vat, gross, euros(ZERO), gross)


def _why(actor: Actor, account: Account, month: date, outcome: Outcome) -> dict[Line, tuple[Reason, ...]]:
    if outcome.invoice is None:
        return {}
    last_month = month_of(month - timedelta(days=1)).start
    before: defaultdict[int | None, list[Charge]] = defaultdict(list)
    for charge in queries.charges_of_month(actor, account.organisation_id, last_month):
        before[charge.key.site_id].append(charge)
    told: dict[Line, tuple[Reason, ...]] = {}
    for line in outcome.invoice.lines:
        told[line] = reasons(month, line.charges, [one for one in before[line.site_id] if one.vat == line.vat])
    return told

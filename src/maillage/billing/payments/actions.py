"""Payments and reminders."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from maillage.billing import queries
from maillage.billing.engine import ledger
from maillage.billing.engine.ledger import Third
from maillage.billing.ledger.actions import book, locked_head
from maillage.billing.models import Channel, Invoice, Payment, Reminder
from maillage.billing.parties import party
from maillage.billing.payments.parsing import PaymentLine
from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.identity.policies import require_operate
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, NotFound
from maillage.kernel.money import Cents, euros

LAST_LEVEL = 3


@transaction.atomic
def record_payment(actor: Actor, number: str, amount: Cents, received_on: date, reference: str) -> Payment:
    """Money came in for an invoice. Raises ``Invalid`` above what is left, ``Conflict`` for a known reference."""
    queries.invoice(actor, number)
    locked_head(actor)
    invoice = Invoice.objects.visible_to(actor).select_for_update().get(number=number)
    require_operate(actor, invoice.organisation_id)
    left = queries.left_of(actor, invoice)
    if invoice.kind != Invoice.Kind.INVOICE or not 0 < amount <= left:
        raise Invalid("payment_exceeds", number=number, amount=str(euros(amount)), left=str(euros(left)))
    if Payment.objects.unscoped("a bank's reference is one payment").filter(reference=reference).exists():
        raise Conflict("payment_known", reference=reference)
    row = Payment.objects.create(
        organisation_id=invoice.organisation_id,
        invoice=invoice,
        amount_cents=amount,
        received_on=received_on,
        reference=reference,
        recorded_at=clock.now(),
    )
    buyer = party(invoice.buyer)
    book(actor, ledger.payment(Third(buyer.siren, buyer.legal_name), received_on, reference, amount))
    facts: dict[str, object] = {"amount_cents": amount, "reference": reference}
    write_journal(actor, invoice.organisation_id, "billing.payment_recorded", "invoice", invoice.pk, number, facts)
    return row


@transaction.atomic
def import_payments(actor: Actor, lines: Sequence[PaymentLine]) -> int:
    """All lines or none. Lines known already are passed over, so that a file may be given twice.

    Raises ``Invalid`` that names the line whose invoice is unknown or that pays more than is left.
    """
    require_operate(actor, queries.issuer(actor).organisation_id)
    known = queries.known_payments(actor, [one.reference for one in lines])
    new = [one for one in lines if one.reference not in known]
    for one in new:
        try:
            record_payment(actor, one.invoice, one.amount, one.received_on, one.reference)
        except NotFound as error:
            raise Invalid("payment_line_unknown", line=one.line, number=one.invoice) from error
        except (Invalid, Conflict) as error:
            facts = {name: value for name, value in error.facts.items() if name != "line"}
            raise type(error)(f"{error.code}_at_line", line=one.line, **facts) from error
    return len(new)


@transaction.atomic
def remind(actor: Actor, number: str, today: date) -> Reminder:
    """The next reminder of an invoice that is due. Titres are recovered by the public accountant, not by us
    (CGCT L1617-5): raises ``Invalid`` for them, for what is not due, paid, or was reminded three times.
    """
    invoice = queries.invoice(actor, number)
    require_operate(actor, invoice.organisation_id)
    left, done = queries.left_of(actor, invoice), queries.reminders_of(actor, invoice)
    if invoice.channel == Channel.TITRE:
        raise Invalid("reminder_of_titre", number=number)
    if invoice.kind != Invoice.Kind.INVOICE or left <= 0 or invoice.due_on >= today:
        raise Invalid("reminder_not_due", number=number, due_on=invoice.due_on.isoformat())
    if done >= LAST_LEVEL:
        raise Invalid("reminder_last", number=number, last=LAST_LEVEL)
    row, created = Reminder.objects.visible_to(actor).get_or_create(
        organisation_id=invoice.organisation_id,
        invoice=invoice,
        level=done + 1,
        defaults={"sent_on": today, "left_cents": left},
    )
    if not created:
        raise Conflict("reminder_done", number=number)
    facts: dict[str, object] = {"level": row.level, "amount_cents": left}
    write_journal(actor, invoice.organisation_id, "billing.reminded", "invoice", invoice.pk, number, facts)
    return row

"""Writes of the ledger: one entry after the other, each hashed over the one before."""

from datetime import date

from django.db import transaction

from maillage.billing.engine import ledger
from maillage.billing.engine.ledger import Entry, Third
from maillage.billing.ledger import queries
from maillage.billing.models import LedgerEntry, LedgerPosting, NumberSeries
from maillage.identity import journal
from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.identity.policies import require_operate
from maillage.kernel import clock
from maillage.kernel.money import Cents

HEAD = "LEDGER"


def locked_head(actor: Actor) -> NumberSeries:
    """The ledger's head, held until the caller's transaction ends. Everything that numbers takes it first: with one
    lock before all others of its kind, no two writers can wait for each other.
    """
    del actor  # whoever may do what is numbered or booked
    NumberSeries.objects.bulk_create([NumberSeries(code=HEAD)], ignore_conflicts=True)
    return NumberSeries.objects.select_for_update().get(code=HEAD)


@transaction.atomic
def book(actor: Actor, entry: Entry) -> LedgerEntry:
    """Append an entry, in the transaction of what it tells. Writers queue on the ledger's head until commit."""
    head = locked_head(actor)
    last = LedgerEntry.objects.filter(sequence=head.last).first()
    row = LedgerEntry(
        sequence=head.last + 1,
        book=entry.book.value,
        booked_on=entry.booked_on,
        reference=entry.reference,
        label=entry.label,
        recorded_at=clock.now(),
        previous_hash=bytes(last.hash) if last else journal.GENESIS,
    )
    row.hash = journal.entry_hash(bytes(row.previous_hash), queries.hashed_fields(row, entry.postings))
    row.save(force_insert=True)
    LedgerPosting.objects.bulk_create(
        LedgerPosting(
            entry=row,
            position=position,
            account=one.account,
            auxiliary=one.auxiliary,
            auxiliary_label=one.auxiliary_label,
            debit_cents=one.debit,
            credit_cents=one.credit,
        )
        for position, one in enumerate(entry.postings, 1)
    )
    head.last = row.sequence
    head.save(update_fields=["last"])
    return row


@transaction.atomic
def commit_grant(actor: Actor, funder: Third, booked_on: date, reference: str, amount: Cents) -> LedgerEntry:
    """A funder decided a grant for the operating body."""
    return _grant(actor, ledger.grant_committed(funder, booked_on, reference, amount), "billing.grant_committed")


@transaction.atomic
def receive_grant(actor: Actor, funder: Third, booked_on: date, reference: str, amount: Cents) -> LedgerEntry:
    """An instalment of a grant was received."""
    return _grant(actor, ledger.grant_paid(funder, booked_on, reference, amount), "billing.grant_received")


def _grant(actor: Actor, entry: Entry, action: str) -> LedgerEntry:
    operator = queries.operator_id(actor)
    require_operate(actor, operator)
    row = book(actor, entry)
    facts: dict[str, object] = {"amount_cents": sum(one.debit for one in entry.postings), "funder": entry.label}
    write_journal(actor, operator, action, "ledger_entry", row.pk, entry.reference, facts)
    return row

"""Reads of the ledger: its chain, its balances, its exports' rows."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date

from django.db.models import QuerySet, Sum

from maillage.billing.engine.ledger import Posting
from maillage.billing.models import LedgerEntry, LedgerPosting
from maillage.identity import journal
from maillage.identity.actor import Actor
from maillage.identity.models import Organisation
from maillage.identity.policies import require_operate
from maillage.kernel.errors import NotFound
from maillage.kernel.money import Cents


def operator_id(actor: Actor) -> int:
    """The operating body, whose ledger it is. Raises ``Refused`` for who does not act for it."""
    found = Organisation.objects.filter(kind=Organisation.Kind.OPERATOR).values_list("pk", flat=True).first()
    if found is None:
        raise NotFound("issuer_unknown")
    require_operate(actor, found)
    return int(found)


def hashed_fields(row: LedgerEntry, postings: Iterable[Posting]) -> dict[str, object]:
    """Everything that an entry says, for its hash."""
    return {
        "sequence": row.sequence,
        "book": row.book,
        "booked_on": row.booked_on.isoformat(),
        "reference": row.reference,
        "label": row.label,
        "recorded_at": row.recorded_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "postings": [[one.account, one.auxiliary, one.auxiliary_label, one.debit, one.credit] for one in postings],
    }


def postings(actor: Actor, since: date, until: date) -> QuerySet[LedgerPosting]:
    """The postings booked from ``since`` to before ``until``, in the order of the ledger."""
    operator_id(actor)
    rows = LedgerPosting.objects.filter(entry__booked_on__gte=since, entry__booked_on__lt=until)
    return rows.select_related("entry").order_by("entry__sequence", "position")


def balances(actor: Actor) -> dict[str, tuple[Cents, Cents]]:
    """Debit and credit of each account."""
    operator_id(actor)
    rows = LedgerPosting.objects.order_by("account").values_list("account")
    sums = rows.annotate(debit=Sum("debit_cents"), credit=Sum("credit_cents"))
    return {account: (Cents(debit), Cents(credit)) for account, debit, credit in sums}


def verify(actor: Actor) -> journal.Verdict:
    """Follow the whole chain: any entry or posting changed, added, removed or moved breaks it."""
    operator_id(actor)
    return journal.verify(_links())


def _links() -> Iterator[journal.Entry]:
    of: Mapping[int, Sequence[Posting]] = _all_postings()
    for row in LedgerEntry.objects.order_by("sequence").iterator(2000):
        fields = hashed_fields(row, of[row.pk])
        yield journal.Entry(row.sequence, fields, bytes(row.previous_hash), bytes(row.hash))


def _all_postings() -> Mapping[int, Sequence[Posting]]:
    found: defaultdict[int, list[Posting]] = defaultdict(list)
    for one in LedgerPosting.objects.order_by("entry_id", "position").iterator(2000):
        debit, credit = Cents(one.debit_cents), Cents(one.credit_cents)
        found[one.entry_id].append(Posting(one.account, debit, credit, one.auxiliary, one.auxiliary_label))
    return found

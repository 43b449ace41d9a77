"""Bordereaux: the titres of issued documents, numbered in the year and sent together."""

import hashlib
from datetime import date

from django.db import transaction
from django.utils import translation

from maillage.billing import queries
from maillage.billing.documents.papers import paper_of
from maillage.billing.ledger.actions import locked_head
from maillage.billing.models import Account, Bordereau, Invoice, NumberSeries, Titre
from maillage.billing.parties import party, snapshot
from maillage.billing.pes.checking import require_exact, require_valid
from maillage.billing.pes.values import Accounting, BordereauValue, TitreValue
from maillage.billing.pes.xml import bordereau_xml, notice_xml
from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.identity.policies import require_operate
from maillage.kernel import clock
from maillage.kernel.errors import Invalid


@transaction.atomic
def issue_bordereau(actor: Actor, issued_on: date, *, reductions: bool = False) -> Bordereau:
    """Put every titre that waits on one bordereau: the invoices, or the credit notes of invoices sent before.

    Raises ``Invalid`` when nothing waits, when the issuer's accounting codes are missing, or when the flow does not
    pass the official schema; then no number is used.
    """
    seller = queries.issuer(actor)
    require_operate(actor, seller.organisation_id)
    accounting = _accounting(seller)
    locked_head(actor)
    waiting = list(queries.without_titre(actor, reductions=reductions))
    if not waiting:
        raise Invalid("bordereau_empty")
    year = issued_on.year
    with translation.override("fr"):
        titres = tuple(_titre(actor, one, _next(actor, f"T{year}")) for one in waiting)
    value = BordereauValue(year, _next(actor, f"B{year}"), issued_on, titres)
    issuer = party(snapshot(seller))
    content = bordereau_xml(value, accounting, issuer)
    for xml in (content, *(notice_xml(value, one, accounting, issuer) for one in titres if not one.corrects)):
        require_valid(xml)
    require_exact(content, value)
    return _kept(actor, seller, value, content, waiting)


def _kept(actor: Actor, seller: Account, value: BordereauValue, content: bytes, invoices: list[Invoice]) -> Bordereau:
    row = Bordereau.objects.create(
        number=value.number,
        year=value.year,
        issued_on=value.issued_on,
        content=content,
        sha256=hashlib.sha256(content).digest(),
        made_at=clock.now(),
    )
    Titre.objects.bulk_create(
        Titre(
            organisation_id=invoice.organisation_id, bordereau=row, invoice=invoice, number=one.number, year=value.year
        )
        for invoice, one in zip(invoices, value.titres, strict=True)
    )
    facts: dict[str, object] = {"titres": len(value.titres)}
    label = f"{value.year}-{value.number}"
    write_journal(actor, seller.organisation_id, "billing.bordereau_issued", "bordereau", row.pk, label, facts)
    return row


def _titre(actor: Actor, invoice: Invoice, number: int) -> TitreValue:
    first = queries.titre_of(actor, invoice.corrects) if invoice.corrects else None
    return TitreValue(number, paper_of(actor, invoice), (first.year, first.number) if first else None)


def _next(actor: Actor, code: str) -> int:
    """The next number of a series of the year, under the ledger's lock."""
    del actor  # whoever may issue
    NumberSeries.objects.bulk_create([NumberSeries(code=code)], ignore_conflicts=True)
    series = NumberSeries.objects.select_for_update().get(code=code)
    series.last += 1
    series.save(update_fields=["last"])
    return series.last


def _accounting(seller: Account) -> Accounting:
    given = {name: str(seller.pes.get(name, "")) for name in Accounting.__dataclass_fields__}
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise Invalid("accounting_incomplete", fields=", ".join(missing))
    return Accounting(**given)

"""The files of issued invoices: made once, checked, kept as they are."""

import hashlib

from django.db import transaction
from django.utils import translation

from maillage.billing import queries
from maillage.billing.documents.checking import require_valid
from maillage.billing.documents.cii import cross_industry_invoice
from maillage.billing.documents.papers import paper_of
from maillage.billing.documents.pdf import facturx_pdf
from maillage.billing.models import Document, Invoice
from maillage.identity.actor import Actor
from maillage.kernel import clock

_LANGUAGE = "fr"


@transaction.atomic
def document_of(actor: Actor, number: str) -> Document:
    """The Factur-X file of an invoice, made now if it is not there yet. Raises ``NotFound``, ``Invalid`` when a check
    finds a fault, ``Unavailable`` when one cannot be made: then no file is kept.
    """
    return _made(actor, queries.invoice(actor, number))


@transaction.atomic
def make_next_document(actor: Actor) -> Document | None:
    """Make one more missing file; None when nothing is left to take. Several workers share the work."""
    waiting = queries.without_document(actor).select_for_update(skip_locked=True, of=("self",)).first()
    return _made(actor, waiting) if waiting else None


def _made(actor: Actor, invoice: Invoice) -> Document:
    kept = queries.document(actor, invoice)
    if kept is not None:
        return kept
    with translation.override(_LANGUAGE):
        paper = paper_of(actor, invoice)
        xml = cross_industry_invoice(paper)
        require_valid(xml)
        content = facturx_pdf(paper, xml)
    return Document.objects.visible_to(actor).get_or_create(
        organisation_id=invoice.organisation_id,
        invoice=invoice,
        kind=Document.Kind.FACTURX,
        defaults={"content": content, "sha256": hashlib.sha256(content).digest(), "made_at": clock.now()},
    )[0]

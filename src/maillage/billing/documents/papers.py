"""An issued invoice, from the database to the values of its paper."""

from datetime import timedelta
from itertools import groupby

from maillage.billing import queries, words
from maillage.billing.documents.values import Paper, PaperLine, PaperVat
from maillage.billing.engine.facts import Charge
from maillage.billing.models import Invoice, InvoiceLine
from maillage.billing.parties import party
from maillage.identity.actor import Actor
from maillage.kernel.money import Cents


def paper_of(actor: Actor, invoice: Invoice) -> Paper:
    """Everything that its document says, words in the language in force."""
    charges = {
        line_id: tuple(charge for _, charge in pairs)
        for line_id, pairs in groupby(queries.charges_by_line(actor, invoice), key=lambda pair: pair[0])
    }
    of = invoice.corrects
    return Paper(
        number=str(invoice.number),
        month=invoice.month,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        seller=party(invoice.seller),
        buyer=party(invoice.buyer),
        lines=tuple(_line(row, charges.get(row.pk, ())) for row in queries.lines_of(actor, invoice)),
        vat_lines=tuple(
            PaperVat(
                row.category, row.percent, Cents(row.base_cents), Cents(row.vat_cents), row.reason_code, row.reason
            )
            for row in queries.vat_of(actor, invoice)
        ),
        net=Cents(invoice.net_cents),
        vat=Cents(invoice.vat_cents),
        gross=Cents(invoice.gross_cents),
        corrects=(str(of.number), of.issued_on) if of else None,
        note=invoice.note,
    )


def _line(row: InvoiceLine, charges: tuple[Charge, ...]) -> PaperLine:
    return PaperLine(
        row.position,
        row.label,
        row.starts_on,
        row.ends_on - timedelta(days=1),
        Cents(row.net_cents),
        row.vat_category,
        row.vat_percent,
        charges,
        words.reasons((code, facts) for code, facts in row.reasons),
    )

"""Issuing: a draft becomes a numbered document, which nobody changes any more."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction

from maillage.billing import queries
from maillage.billing.engine import ledger
from maillage.billing.engine.credit import require_within
from maillage.billing.engine.facts import Charge, ChargeKind, Key
from maillage.billing.engine.invoice import Draft, Line, drafted
from maillage.billing.engine.ledger import Third
from maillage.billing.engine.numbers import number_of, series_code
from maillage.billing.engine.reasons import Reason
from maillage.billing.ledger.actions import book, locked_head
from maillage.billing.models import Account, ChargeRow, Invoice, InvoiceLine, NumberSeries, Run, VatRow
from maillage.billing.parties import snapshot
from maillage.identity.actions import TransactionMissing, write_journal
from maillage.identity.actor import Actor
from maillage.identity.policies import require_operate
from maillage.kernel.errors import Conflict, Invalid, NotFound
from maillage.kernel.money import ZERO, Cents, euros
from maillage.orders.engine.terms import VatRule

_PREFIX = {Invoice.Kind.INVOICE: "F", Invoice.Kind.CREDIT: "A"}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What every document of one account and day shares."""

    seller: Account
    buyer: Account
    issued_on: date
    run: Run | None = None
    note: str = ""


@transaction.atomic
def credit_lines(actor: Actor, number: str, shares: Mapping[int, Cents], note: str, issued_on: date) -> Invoice:
    """A credit note for part of an invoice: cents without VAT, by the position of the line.

    Raises ``Invalid`` when more would be given back than is left, ``NotFound`` for an unknown invoice.
    """
    invoice = queries.invoice(actor, number)
    require_operate(actor, invoice.organisation_id)
    buyer = _locked(actor, invoice.organisation_id)
    if invoice.kind != Invoice.Kind.INVOICE:
        raise Invalid("credit_of_credit", number=number)
    left = queries.remaining(actor, invoice)
    draft = _credit_draft(actor, invoice, shares)
    require_within(draft, left)
    facts = Circumstances(queries.issuer(actor), buyer, issued_on, note=note)
    return issue(actor, facts, draft, {})


@transaction.atomic
def issue(actor: Actor, facts: Circumstances, draft: Draft, why: Mapping[Line, Sequence[Reason]]) -> Invoice:
    """Write the draft, then number it, book it and journal it, in this order: what others wait for is held shortly."""
    kind = Invoice.Kind.CREDIT if draft.corrects else Invoice.Kind.INVOICE
    invoice = Invoice.objects.create(
        organisation_id=facts.buyer.organisation_id,
        kind=kind,
        run=facts.run,
        month=draft.month,
        issued_on=facts.issued_on,
        due_on=facts.issued_on + timedelta(days=facts.buyer.terms_days),
        channel=facts.buyer.channel,
        seller=snapshot(facts.seller),
        buyer=snapshot(facts.buyer),
        net_cents=draft.net,
        vat_cents=draft.vat,
        gross_cents=draft.gross,
        corrects_id=draft.corrects,
        note=facts.note,
    )
    _write_lines(actor, invoice, draft, why)
    _write_vat(invoice, draft)
    invoice.number = next_number(actor, _PREFIX[kind], facts.issued_on)
    invoice.save(update_fields=["number"])
    third = Third(facts.buyer.siret[:9], facts.buyer.legal_name)
    make = ledger.credit_note if draft.corrects else ledger.sale
    book(actor, make(third, facts.issued_on, invoice.number, draft.net, draft.vat))
    told: dict[str, object] = {"gross_cents": draft.gross, "month": draft.month.isoformat(), "note": facts.note}
    action = "billing.credit_issued" if draft.corrects else "billing.invoice_issued"
    write_journal(actor, invoice.organisation_id, action, "invoice", invoice.pk, invoice.number, told)
    return invoice


def next_number(actor: Actor, prefix: str, issued_on: date) -> str:
    """The next number of the year's series. Its row stays locked until the caller's transaction ends: committed, the
    number is taken; rolled back or killed, it is free again. So there is neither gap nor double.

    Raises ``Conflict`` for a date before the last document's: numbers follow dates (CGI, annexe II, 242 nonies A).
    """
    if not transaction.get_connection().in_atomic_block:
        raise TransactionMissing("billing.next_number")
    locked_head(actor)
    code = series_code(prefix, issued_on.year)
    NumberSeries.objects.bulk_create([NumberSeries(code=code)], ignore_conflicts=True)
    series = NumberSeries.objects.select_for_update().get(code=code)
    if series.last_date is not None and issued_on < series.last_date:
        raise Conflict("issued_before_last", issued_on=issued_on.isoformat(), last=series.last_date.isoformat())
    series.last, series.last_date = series.last + 1, issued_on
    series.save(update_fields=["last", "last_date"])
    return number_of(code, series.last)


def _write_lines(actor: Actor, invoice: Invoice, draft: Draft, why: Mapping[Line, Sequence[Reason]]) -> None:
    names = queries.site_names(actor, [line.site_id for line in draft.lines if line.site_id])
    rows = InvoiceLine.objects.bulk_create(
        InvoiceLine(
            organisation_id=invoice.organisation_id,
            invoice=invoice,
            position=position,
            site_id=line.site_id,
            label=names[line.site_id] if line.site_id else "",
            starts_on=line.interval.start,
            ends_on=line.interval.end,
            net_cents=line.amount,
            vat_category=line.vat.category,
            vat_percent=line.vat.percent,
            vat_reason_code=line.vat.reason_code,
            vat_reason=line.vat.reason,
            reasons=[[one.code, dict(one.facts)] for one in why.get(line, ())],
        )
        for position, line in enumerate(draft.lines, 1)
    )
    pairs = zip(rows, draft.lines, strict=True)
    ChargeRow.objects.bulk_create(
        [_charge_row(invoice, row, charge) for row, line in pairs for charge in line.charges], batch_size=2000
    )


def _charge_row(invoice: Invoice, line: InvoiceLine, charge: Charge) -> ChargeRow:
    return ChargeRow(
        organisation_id=invoice.organisation_id,
        invoice=invoice,
        line=line,
        subscription_id=charge.key.subscription_id,
        component=charge.key.component,
        month=charge.key.month,
        site_id=charge.key.site_id,
        kind=charge.kind.value,
        label=charge.label,
        starts_on=charge.interval.start,
        ends_on=charge.interval.end,
        quantity=charge.quantity,
        unit_price=charge.unit_price,
        gross_cents=charge.gross,
        discount_cents=charge.discount,
        amount_cents=charge.amount,
    )


def _write_vat(invoice: Invoice, draft: Draft) -> None:
    VatRow.objects.bulk_create(
        VatRow(
            organisation_id=invoice.organisation_id,
            invoice=invoice,
            category=one.rule.category,
            percent=one.rule.percent,
            base_cents=one.base,
            vat_cents=one.vat,
            reason_code=one.rule.reason_code,
            reason=one.rule.reason,
        )
        for one in draft.groups
    )


def _locked(actor: Actor, organisation_id: int) -> Account:
    """The account, held: what bills and what credits one organisation waits for the other."""
    queries.account(actor, organisation_id)
    return Account.objects.visible_to(actor).select_for_update().get(organisation_id=organisation_id)


def _credit_draft(actor: Actor, invoice: Invoice, shares: Mapping[int, Cents]) -> Draft:
    """The share of each line, taken off its charges that are not credited yet, the last ones first."""
    left = queries.remaining(actor, invoice).by_key
    back: list[Charge] = []
    for position, share in shares.items():
        charges = _charges_at(actor, invoice, position)
        keys = dict.fromkeys((one.key, one.vat) for one in reversed(charges))
        open_cents = sum(left.get(key, 0) for key in keys)
        if share <= 0 or share > open_cents:
            raise Invalid("credit_exceeds_line", position=position, left=str(euros(Cents(open_cents))))
        back += _shared(share, keys, left, charges)
    return drafted(invoice.month, back, invoice.pk)


def _charges_at(actor: Actor, invoice: Invoice, position: int) -> list[Charge]:
    rows = ChargeRow.objects.visible_to(actor).filter(invoice=invoice, line__position=position)
    charges = [queries.charge_of(row) for row in rows.select_related("line").order_by("pk")]
    if not charges:
        raise NotFound("line_unknown", position=position, number=invoice.number)
    return charges


def _shared(
    share: Cents,
    keys: Iterable[tuple[Key, VatRule]],
    left: Mapping[tuple[Key, VatRule], Cents],
    charges: Sequence[Charge],
) -> Iterator[Charge]:
    for key, rule in keys:
        part = Cents(min(share, left.get((key, rule), ZERO)))
        share = Cents(share - part)
        if part:
            like = next(one for one in charges if one.key == key)
            yield replace(
                like,
                kind=ChargeKind.GESTURE,
                amount=part,
                gross=part,
                discount=ZERO,
                quantity=Decimal(1),
                unit_price=euros(part),
            )

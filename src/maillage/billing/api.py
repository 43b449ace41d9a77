"""REST: invoices, runs, previews, payments and the use that is billed. Amounts are integer cents."""

from datetime import date
from decimal import Decimal

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema, Status

from maillage.billing import actions, queries
from maillage.billing.actions import NewUse
from maillage.billing.assembly import bill_of
from maillage.billing.documents.actions import document_of
from maillage.billing.engine.invoice import Draft
from maillage.billing.ledger.queries import operator_id
from maillage.billing.models import Invoice, Run
from maillage.billing.payments.actions import record_payment
from maillage.billing.runs.actions import bill_next, start_run
from maillage.identity.middleware import actor_of
from maillage.kernel.money import Cents
from maillage.web.api import CursorPage, PageQuery
from maillage.web.cursor import after_cursor, one_more

router = Router(tags=["billing"])
_AT_ONCE = 50


class InvoiceOut(Schema):
    """An issued invoice or credit note; a credit note's amounts are positive and `corrects` names its invoice."""

    number: str
    kind: str
    organisation_id: int
    month: date
    issued_on: date
    due_on: date
    net_cents: int
    vat_cents: int
    gross_cents: int
    left_cents: int
    corrects: str | None


class LineOut(Schema):
    """What a site costs under one VAT rule. `reasons` are codes with facts: why it changed."""

    position: int
    site_id: int | None
    label: str
    starts_on: date
    ends_on: date = Field(description="First day not included.")
    net_cents: int
    vat_category: str
    vat_percent: Decimal
    reasons: list[tuple[str, dict[str, str]]]


class InvoiceDetailOut(InvoiceOut):
    """With its lines."""

    lines: list[LineOut]


class InvoicesQuery(PageQuery):
    """An omitted filter does not filter."""

    organisation_id: int | None = None
    month: date | None = Field(None, description="First day of the month billed.")


class DraftOut(Schema):
    """What a run would issue."""

    net_cents: int
    vat_cents: int
    gross_cents: int
    lines: int


class PreviewOut(Schema):
    """What the month's run would make of an organisation, by the code that it runs."""

    invoice: DraftOut | None
    credits: list[DraftOut]
    carried_cents: int = Field(description="Below the smallest claim: waits for the next month.")


class PreviewQuery(Schema):
    """Whose bill of which month."""

    organisation_id: int
    month: date = Field(description="First day of the month.")


class RunIn(Schema):
    """A month to bill."""

    month: date = Field(description="First day of the month.")
    issued_on: date


class RunOut(Schema):
    """How far a run is."""

    id: int
    month: date
    issued_on: date
    total: int
    done: int
    failed: int
    carried_cents: int


class PaymentIn(Schema):
    """Money received for an invoice."""

    invoice: str = Field(max_length=20)
    amount_cents: int = Field(gt=0)
    received_on: date
    reference: str = Field(min_length=1, max_length=80)


class UseIn(Schema):
    """Something used; the same `reference` twice counts once."""

    reference: str = Field(min_length=1, max_length=80)
    component: str = Field(max_length=40)
    used_on: date
    quantity: Decimal = Field(gt=0, max_digits=18, decimal_places=6)


class UsageOut(Schema):
    """How many events were new."""

    new: int


@router.get("/invoices", response=CursorPage[InvoiceOut], summary="Invoices")
def invoices(request: HttpRequest, query: Query[InvoicesQuery]) -> CursorPage[InvoiceOut]:
    """The invoices and credit notes that you see, the newest first."""
    found = queries.with_balance(queries.invoices(actor_of(request)).order_by("-pk"))
    if query.organisation_id is not None:
        found = found.filter(organisation_id=query.organisation_id)
    if query.month is not None:
        found = found.filter(month=query.month)
    if query.cursor:
        found = found.filter(pk__lt=after_cursor(query.cursor, int)[0])
    page, next_cursor = one_more(list(found[: query.limit + 1]), query.limit, lambda one: [one.pk])
    return CursorPage[InvoiceOut](items=[_invoice_out(one) for one in page], next_cursor=next_cursor)


@router.get("/invoices/{number}", response=InvoiceDetailOut, summary="An invoice")
def invoice(request: HttpRequest, number: str) -> InvoiceDetailOut:
    """One, with its lines."""
    actor = actor_of(request)
    one = queries.with_balance(queries.invoices(actor)).filter(pk=queries.invoice(actor, number).pk).get()
    lines = [LineOut.from_orm(line) for line in queries.lines_of(actor, one)]
    return InvoiceDetailOut(**_invoice_out(one).dict(), lines=lines)


@router.get("/invoices/{number}/pdf", summary="An invoice's file", response={200: bytes})
def pdf(request: HttpRequest, number: str) -> HttpResponse:
    """The Factur-X file: PDF/A-3 with its EN 16931 XML."""
    made = document_of(actor_of(request), number)
    return HttpResponse(bytes(made.content), content_type="application/pdf")


@router.get("/preview", response=PreviewOut, summary="Preview a bill")
def preview(request: HttpRequest, query: Query[PreviewQuery]) -> PreviewOut:
    """For the operator."""
    actor = actor_of(request)
    operator_id(actor)
    outcome = bill_of(actor, queries.account(actor, query.organisation_id), query.month.replace(day=1)).outcome
    return PreviewOut(
        invoice=_draft_out(outcome.invoice) if outcome.invoice else None,
        credits=[_draft_out(one) for one in outcome.credits],
        carried_cents=outcome.carried,
    )


@router.post("/runs", response={201: RunOut}, summary="Start a run")
def create_run(request: HttpRequest, new: RunIn) -> Status[RunOut]:
    """Opens the month's run; `advance` carries it on."""
    run = start_run(actor_of(request), new.month, new.issued_on)
    return Status(201, _run_out(request, run))


@router.get("/runs/{int:run_id}", response=RunOut, summary="A run")
def run(request: HttpRequest, run_id: int) -> RunOut:
    """How far it is, as far as you see its organisations."""
    return _run_out(request, queries.run(actor_of(request), run_id))


@router.post("/runs/{int:run_id}/advance", response=RunOut, summary="Carry a run on")
def advance(request: HttpRequest, run_id: int) -> RunOut:
    """Bills up to 50 more organisations; call again until `done` equals `total`."""
    actor = actor_of(request)
    operator_id(actor)
    for _ in range(_AT_ONCE):
        if bill_next(actor, run_id) is None:
            break
    return _run_out(request, queries.run(actor, run_id))


@router.post("/payments", response={201: InvoiceOut}, summary="Record a payment")
def payment(request: HttpRequest, new: PaymentIn) -> Status[InvoiceOut]:
    """For the operator. Answers the invoice with what is left of it."""
    actor = actor_of(request)
    record_payment(actor, new.invoice, Cents(new.amount_cents), new.received_on, new.reference)
    one = queries.with_balance(queries.invoices(actor).filter(number=new.invoice)).get()
    return Status(201, _invoice_out(one))


@router.post("/subscriptions/{int:subscription_id}/usage", response=UsageOut, summary="Report use")
def usage(request: HttpRequest, subscription_id: int, uses: list[UseIn]) -> UsageOut:
    """All events or none. Late ones are asked with the next run."""
    events = [NewUse(one.reference, one.component, one.used_on, one.quantity) for one in uses]
    return UsageOut(new=actions.record_usage(actor_of(request), subscription_id, events))


def _invoice_out(one: Invoice) -> InvoiceOut:
    return InvoiceOut(
        number=str(one.number),
        kind=one.kind,
        organisation_id=one.organisation_id,
        month=one.month,
        issued_on=one.issued_on,
        due_on=one.due_on,
        net_cents=one.net_cents,
        vat_cents=one.vat_cents,
        gross_cents=one.gross_cents,
        left_cents=getattr(one, "left_cents"),  # noqa: B009 - an annotation of ``with_balance``
        corrects=one.corrects.number if one.corrects else None,
    )


def _draft_out(draft: Draft) -> DraftOut:
    return DraftOut(net_cents=draft.net, vat_cents=draft.vat, gross_cents=draft.gross, lines=len(draft.lines))


def _run_out(request: HttpRequest, of: Run) -> RunOut:
    state = queries.progress(actor_of(request), of)
    return RunOut(
        id=of.pk,
        month=of.month,
        issued_on=of.issued_on,
        total=state.total,
        done=state.done,
        failed=state.failed,
        carried_cents=state.carried_cents,
    )

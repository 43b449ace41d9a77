"""Reads of accounts, runs, documents and payments, and the facts that a month's bill is made of."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import BigIntegerField, Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from maillage.billing.engine.credit import Remaining
from maillage.billing.engine.facts import Charge, ChargeKind, Contract, Key, Use
from maillage.billing.engine.monthly import Ledgered
from maillage.billing.models import (
    Account,
    Bordereau,
    Channel,
    ChargeRow,
    Document,
    Invoice,
    InvoiceLine,
    Payment,
    Reminder,
    Run,
    RunItem,
    Titre,
    UsageEvent,
    VatRow,
)
from maillage.identity.actor import Actor
from maillage.identity.models import Organisation
from maillage.kernel.errors import NotFound
from maillage.kernel.money import Cents
from maillage.orders import queries as orders
from maillage.orders.engine.intervals import Interval, month_of
from maillage.orders.engine.terms import VatRate, VatRule, from_json
from maillage.orders.models import Subscription
from maillage.territory.models import Site


def issuer(actor: Actor) -> Account:
    """The operating body's account: who bills. Raises ``NotFound`` while it has none."""
    del actor  # public: it stands on every invoice
    found = (
        Account.objects.unscoped("the seller stands on every invoice")
        .filter(organisation__kind=Organisation.Kind.OPERATOR)
        .first()
    )
    if found is None:
        raise NotFound("issuer_unknown")
    return found


def account(actor: Actor, organisation_id: int) -> Account:
    """How an organisation is billed. Raises ``NotFound``."""
    found = Account.objects.visible_to(actor).filter(organisation_id=organisation_id).first()
    if found is None:
        raise NotFound("account_unknown", organisation_id=organisation_id)
    return found


def accounts(actor: Actor) -> QuerySet[Account]:
    """Everybody who can be billed, by name."""
    found: QuerySet[Account] = (
        Account.objects.visible_to(actor)
        .exclude(organisation__kind=Organisation.Kind.OPERATOR)
        .select_related("organisation")
        .order_by("organisation__name", "pk")
    )
    return found


# --- the facts of a bill


def contracts(actor: Actor, organisation_id: int, month: date) -> list[tuple[Contract, date]]:
    """The subscriptions that a run of ``month`` looks at, each with the day since which it is not settled."""
    until = month_of(month).end
    rows = list(
        orders.subscriptions(actor).filter(
            organisation_id=organisation_id, starts_on__lt=until, unsettled_from__lt=until
        )
    )
    lives = orders.lives(actor, rows)
    uses = _uses(actor, rows, until)
    return [
        (Contract(one.pk, one.label, from_json(one.terms), lives[one.pk], tuple(uses[one.pk])), one.unsettled_from)
        for one in rows
    ]


def _uses(actor: Actor, rows: Sequence[Subscription], until: date) -> Mapping[int, list[Use]]:
    since = min((month_of(one.unsettled_from).start for one in rows), default=until)
    events = UsageEvent.objects.visible_to(actor).filter(
        subscription__in=[one.pk for one in rows], used_on__gte=since, used_on__lt=until
    )
    by_subscription: defaultdict[int, list[Use]] = defaultdict(list)
    for row in events.order_by("used_on", "pk"):
        use = Use(row.reference, row.component, row.used_on, row.quantity)
        by_subscription[row.subscription_id].append(use)
    return by_subscription


def ledgered(actor: Actor, organisation_id: int, since: date) -> Ledgered:
    """What issued documents asked for the months from ``since`` on, and what is left of those invoices."""
    rows = list(
        ChargeRow.objects.visible_to(actor)
        .filter(organisation_id=organisation_id, month__gte=since)
        .exclude(invoice__number=None)
        .select_related("invoice", "line")
        .order_by("pk")
    )
    billed: defaultdict[Key, int] = defaultdict(int)
    rules: dict[Key, VatRule] = {}
    for row in rows:
        key = key_of(row)
        if row.kind != ChargeKind.GESTURE.value:
            billed[key] += _signed(row)
        rules[key] = rule_of_line(row)
    return Ledgered({key: Cents(value) for key, value in billed.items()}, rules, _remaining(actor, rows))


def _remaining(actor: Actor, rows: Sequence[ChargeRow]) -> list[Remaining]:
    invoices = {row.invoice.pk: row.invoice for row in rows if row.invoice.kind == Invoice.Kind.INVOICE}
    by_key: defaultdict[int, defaultdict[tuple[Key, VatRule], int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        by_key[row.invoice.corrects_id or row.invoice.pk][key_of(row), rule_of_line(row)] += _signed(row)
    bases = _bases_left(actor, invoices)
    credited = credited_cents(actor, invoices)
    return [
        Remaining(
            pk,
            bases[pk],
            {key: Cents(value) for key, value in by_key[pk].items()},
            Cents(invoices[pk].gross_cents - credited.get(pk, 0)),
        )
        for pk in sorted(invoices, reverse=True)
    ]


def remaining(actor: Actor, invoice: Invoice) -> Remaining:
    """What is left of one invoice after its credits."""
    rows = ChargeRow.objects.visible_to(actor).filter(Q(invoice=invoice) | Q(invoice__corrects=invoice))
    (left,) = _remaining(actor, list(rows.select_related("invoice", "line").order_by("pk")))
    return left


def _bases_left(actor: Actor, invoices: Iterable[int]) -> Mapping[int, Mapping[VatRate, Cents]]:
    ids = list(invoices)
    rows = VatRow.objects.visible_to(actor).filter(Q(invoice__in=ids) | Q(invoice__corrects__in=ids))
    left: defaultdict[int, dict[VatRate, Cents]] = defaultdict(dict)
    for row in rows.exclude(invoice__number=None).select_related("invoice").order_by("pk"):
        of = left[row.invoice.corrects_id or row.invoice.pk]
        rate = (row.category, row.percent.normalize())
        sign = -1 if row.invoice.corrects_id else 1
        of[rate] = Cents(of.get(rate, 0) + sign * row.base_cents)
    return left


def credited_cents(actor: Actor, invoices: Iterable[int]) -> dict[int, int]:
    """What issued credit notes gave back, VAT included, by invoice."""
    notes = Invoice.objects.visible_to(actor).filter(corrects__in=list(invoices)).exclude(number=None)
    return dict(notes.order_by().values_list("corrects").annotate(Sum("gross_cents")))


def charges_of_month(actor: Actor, organisation_id: int, month: date) -> list[Charge]:
    """What was billed for a month, for the comparison with the next."""
    rows = ChargeRow.objects.visible_to(actor).filter(
        organisation_id=organisation_id, month=month, invoice__kind=Invoice.Kind.INVOICE
    )
    return [charge_of(row) for row in rows.exclude(invoice__number=None).select_related("line").order_by("pk")]


def lines_of(actor: Actor, invoice: Invoice) -> QuerySet[InvoiceLine]:
    """Its lines, in order."""
    found: QuerySet[InvoiceLine] = InvoiceLine.objects.visible_to(actor).filter(invoice=invoice).order_by("position")
    return found


def vat_of(actor: Actor, invoice: Invoice) -> QuerySet[VatRow]:
    """Its VAT breakdown, highest rate first."""
    found: QuerySet[VatRow] = VatRow.objects.visible_to(actor).filter(invoice=invoice).order_by("-percent", "pk")
    return found


def charges_of(actor: Actor, invoice: Invoice) -> list[Charge]:
    """The calculation behind a document."""
    rows = ChargeRow.objects.visible_to(actor).filter(invoice=invoice).select_related("line")
    return [charge_of(row) for row in rows.order_by("pk")]


def key_of(row: ChargeRow) -> Key:
    """What the row settles."""
    return Key(row.month, row.subscription_id, row.component, row.site_id)


def rule_of_line(row: ChargeRow) -> VatRule:
    """The VAT of the row's line."""
    line = row.line
    return VatRule(line.vat_category, line.vat_percent.normalize(), line.vat_reason_code, line.vat_reason)


def charge_of(row: ChargeRow) -> Charge:
    """The row as the value it was made of."""
    return Charge(
        key_of(row),
        ChargeKind(row.kind),
        row.label,
        Interval(row.starts_on, row.ends_on),
        row.quantity,
        row.unit_price,
        Cents(row.gross_cents),
        Cents(row.discount_cents),
        Cents(row.amount_cents),
        rule_of_line(row),
    )


def _signed(row: ChargeRow) -> int:
    return -row.amount_cents if row.invoice.kind == Invoice.Kind.CREDIT else row.amount_cents


# --- runs


def runs(actor: Actor) -> QuerySet[Run]:
    """All runs, the newest month first. Their items say of whom."""
    del actor
    return Run.objects.order_by("-month")


def run(actor: Actor, run_id: int) -> Run:
    """One run. Raises ``NotFound``."""
    found = runs(actor).filter(pk=run_id).first()
    if found is None:
        raise NotFound("run_unknown", run_id=run_id)
    return found


def run_of_month(actor: Actor, month: date) -> Run | None:
    """The run of a month, if it was started."""
    return runs(actor).filter(month=month).first()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is."""

    total: int
    done: int
    failed: int
    carried_cents: int

    @property
    def is_complete(self) -> bool:
        """Nothing is pending."""
        return self.done == self.total


def progress(actor: Actor, of: Run) -> Progress:
    """Counts of the run's items."""
    counted = (
        RunItem.objects.visible_to(actor)
        .filter(run=of)
        .aggregate(
            total=Count("pk"),
            done=Count("pk", filter=~Q(state=RunItem.State.PENDING)),
            failed=Count("pk", filter=Q(state=RunItem.State.FAILED)),
            carried=Sum("carried_cents", default=0),
        )
    )
    return Progress(counted["total"], counted["done"], counted["failed"], counted["carried"])


def run_items(actor: Actor, of: Run, state: str = "") -> QuerySet[RunItem]:
    """The run's organisations, by name."""
    items = RunItem.objects.visible_to(actor).filter(run=of).select_related("organisation")
    found: QuerySet[RunItem] = (items.filter(state=state) if state else items).order_by("organisation__name", "pk")
    return found


# --- documents


def invoices(actor: Actor) -> QuerySet[Invoice]:
    """Issued invoices and credit notes that ``actor`` sees, the newest first."""
    found: QuerySet[Invoice] = (
        Invoice.objects.visible_to(actor)
        .exclude(number=None)
        .select_related("organisation", "corrects")
        .order_by("-issued_on", "-pk")
    )
    return found


def invoice(actor: Actor, number: str) -> Invoice:
    """One by its number. Raises ``NotFound``."""
    found = invoices(actor).filter(number=number).first()
    if found is None:
        raise NotFound("invoice_unknown", number=number)
    return found


def with_balance(found: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """Adds ``paid_cents`` and ``credited_cents`` to each."""
    return found.annotate(
        paid_cents=_sub_sum(Payment, "invoice", "amount_cents"),
        credited_cents=_sub_sum(Invoice, "corrects", "gross_cents"),
    ).annotate(left_cents=F("gross_cents") - F("paid_cents") - F("credited_cents"))


def left_of(actor: Actor, one: Invoice) -> Cents:
    """What is still to be paid of an invoice: its total less its payments and credits."""
    paid = Payment.objects.visible_to(actor).filter(invoice=one).aggregate(sum=Sum("amount_cents", default=0))["sum"]
    return Cents(one.gross_cents - paid - credited_cents(actor, [one.pk]).get(one.pk, 0))


def document(actor: Actor, one: Invoice) -> Document | None:
    """Its file, once made."""
    return Document.objects.visible_to(actor).filter(invoice=one).first()


def bordereaux(actor: Actor) -> QuerySet[Bordereau]:
    """All, the newest first."""
    del actor
    counted = Bordereau.objects.defer("content").annotate(count=Count("titres"))
    return counted.order_by("-year", "-number")


def _sub_sum(model: type[Payment] | type[Invoice], to: str, amount: str) -> Coalesce:
    """The sum of what refers to each invoice, without multiplying rows as two joins would."""
    rows = model.objects.unscoped("part of a scoped query").filter(**{to: OuterRef("pk")})
    summed = rows.order_by().values(to).annotate(sum=Sum(amount)).values("sum")
    return Coalesce(Subquery(summed, output_field=BigIntegerField()), 0)


def known_usage(actor: Actor, subscription_id: int, references: Sequence[str]) -> set[str]:
    """Those of the references that were recorded already."""
    found = UsageEvent.objects.visible_to(actor).filter(subscription_id=subscription_id, reference__in=references)
    return set(found.values_list("reference", flat=True))


def charges_by_line(actor: Actor, invoice: Invoice) -> list[tuple[int, Charge]]:
    """The calculation behind a document, each charge with its line's id, line after line."""
    rows = ChargeRow.objects.visible_to(actor).filter(invoice=invoice).select_related("line")
    return [(row.line_id, charge_of(row)) for row in rows.order_by("line__position", "pk")]


def without_document(actor: Actor, run: Run | None = None) -> QuerySet[Invoice]:
    """Issued invoices whose file was not made yet, the oldest first."""
    waiting = Invoice.objects.visible_to(actor).exclude(number=None).filter(documents=None)
    found: QuerySet[Invoice] = (waiting.filter(run=run) if run else waiting).order_by("pk")
    return found


# --- payments


def known_payments(actor: Actor, references: Sequence[str]) -> set[str]:
    """Those of the bank's references that were recorded already."""
    found = Payment.objects.visible_to(actor).filter(reference__in=references)
    return set(found.values_list("reference", flat=True))


def reminders_of(actor: Actor, one: Invoice) -> int:
    """How often an invoice was reminded."""
    return Reminder.objects.visible_to(actor).filter(invoice=one).count()


def payments(actor: Actor) -> QuerySet[Payment]:
    """Received money, the newest first."""
    found: QuerySet[Payment] = (
        Payment.objects.visible_to(actor).select_related("invoice", "organisation").order_by("-received_on", "-pk")
    )
    return found


def overdue(actor: Actor, today: date) -> QuerySet[Invoice]:
    """Invoices past their date with something left, the oldest first; titres are not ours to recover."""
    due = with_balance(invoices(actor).filter(kind=Invoice.Kind.INVOICE, due_on__lt=today))
    owing = due.filter(left_cents__gt=0)  # type: ignore[misc] # an annotation of ``with_balance``
    found: QuerySet[Invoice] = (
        owing.exclude(channel=Channel.TITRE).annotate(reminded=Count("reminders")).order_by("due_on", "pk")
    )
    return found


@dataclass(frozen=True, slots=True)
class Movement:
    """A line of a statement: what an organisation owes more (positive) or less, and the balance after it."""

    on: date
    kind: str
    reference: str
    amount: Cents
    balance: Cents


def statement(actor: Actor, organisation_id: int) -> tuple[Movement, ...]:
    """Everything asked, given back and paid, in order."""
    documents = invoices(actor).filter(organisation_id=organisation_id)
    moved = [
        (one.issued_on, one.kind, str(one.number), -one.gross_cents if one.corrects_id else one.gross_cents)
        for one in documents
    ]
    received = payments(actor).filter(organisation_id=organisation_id)
    moved += [(one.received_on, "payment", one.reference, -one.amount_cents) for one in received]
    movements: list[Movement] = []
    balance = 0
    for on, kind, reference, amount in sorted(moved):
        balance += amount
        movements.append(Movement(on, kind, reference, Cents(amount), Cents(balance)))
    return tuple(movements)


def site_names(actor: Actor, site_ids: Iterable[int]) -> dict[int, str]:
    """The names of sites, by id."""
    found = Site.objects.visible_to(actor).filter(pk__in=list(site_ids))
    return dict(found.order_by("pk").values_list("pk", "name"))


def all_accounts(actor: Actor) -> QuerySet[Account]:
    """Everybody's account, the operating body's included."""
    found: QuerySet[Account] = Account.objects.visible_to(actor).order_by("pk")
    return found


def without_titre(actor: Actor, *, reductions: bool) -> QuerySet[Invoice]:
    """Documents of the titre channel on no bordereau yet: invoices, or credit notes of invoices that were sent."""
    waiting = invoices(actor).filter(channel=Channel.TITRE, titre=None)
    if reductions:
        waiting = waiting.filter(kind=Invoice.Kind.CREDIT, corrects__titre__isnull=False)
    else:
        waiting = waiting.filter(kind=Invoice.Kind.INVOICE)
    return waiting.order_by("pk")


def titre_of(actor: Actor, one: Invoice) -> Titre | None:
    """The titre of a document, once on a bordereau."""
    return Titre.objects.visible_to(actor).filter(invoice=one).first()


def bordereau(actor: Actor, bordereau_id: int) -> Bordereau:
    """One with its file. Raises ``NotFound``."""
    del actor  # whoever runs the desk
    found = Bordereau.objects.filter(pk=bordereau_id).first()
    if found is None:
        raise NotFound("bordereau_unknown", bordereau_id=bordereau_id)
    return found

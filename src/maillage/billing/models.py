"""Accounts, runs, documents, payments and the ledger. Amounts are integer cents; signs are told field by field."""

from typing import ClassVar

from django.db import models

from maillage.billing.engine.facts import ChargeKind
from maillage.identity.tenancy import TenantOwned
from maillage.orders.models import Subscription
from maillage.territory.models import Site


class Channel(models.TextChoices):
    """How an organisation is asked for money."""

    TITRE = "titre"
    FACTURX = "facturx"


class Account(TenantOwned):
    """How an organisation is billed; the operating body's own account says who bills."""

    channel = models.CharField(max_length=8, choices=Channel)
    legal_name = models.CharField(max_length=200)
    siret = models.CharField(max_length=14)
    vat_number = models.CharField(max_length=20, blank=True)
    service_code = models.CharField(max_length=100, blank=True, help_text="Chorus Pro's code service, if it asks one.")
    engagement = models.CharField(max_length=50, blank=True, help_text="Numéro d’engagement, if it asks one.")
    street = models.CharField(max_length=150)
    postcode = models.CharField(max_length=10)
    city = models.CharField(max_length=100)
    country = models.CharField(max_length=2, default="FR")
    email = models.EmailField(blank=True)
    iban = models.CharField(max_length=34, blank=True)
    bic = models.CharField(max_length=11, blank=True)
    terms_days = models.PositiveSmallIntegerField(default=30)
    pes = models.JSONField(default=dict, help_text="The issuer's accounting identifiers (billing.pes).")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organisation"], name="billing_one_account")]


class Run(models.Model):
    """The bills of one month, for every organisation."""

    month = models.DateField(unique=True, help_text="First day of the month.")
    issued_on = models.DateField(help_text="The date on its documents, local.")
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=150)


class RunItem(TenantOwned):
    """What a run made of one organisation. ``pending`` until its transaction has committed."""

    class State(models.TextChoices):
        PENDING = "pending"
        INVOICED = "invoiced"
        CARRIED = "carried"
        NOTHING = "nothing"
        FAILED = "failed"

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="items")
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    carried_cents = models.BigIntegerField(default=0, help_text="Below the smallest claim: waits for the next month.")
    cause = models.JSONField(default=dict, help_text="Why it failed: the error's code and facts.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "organisation"], name="billing_one_item_an_organisation"),
        ]
        indexes: ClassVar = [models.Index(fields=["run", "state"])]


class NumberSeries(models.Model):
    """The last number given. Its row is locked until the document commits, so that no number is lost or given twice."""

    code = models.CharField(max_length=12, primary_key=True)
    last = models.PositiveBigIntegerField(default=0)
    last_date = models.DateField(null=True)


class Invoice(TenantOwned):
    """An invoice or a credit note. Once it has a number, a trigger refuses any change of it and of its parts."""

    class Kind(models.TextChoices):
        INVOICE = "invoice"
        CREDIT = "credit"

    kind = models.CharField(max_length=8, choices=Kind)
    number = models.CharField(max_length=20, null=True, unique=True)  # noqa: DJ001 - null until issued, then unique
    run = models.ForeignKey(Run, on_delete=models.PROTECT, null=True, related_name="invoices")
    month = models.DateField(help_text="First day of the month billed.")
    issued_on = models.DateField()
    due_on = models.DateField()
    channel = models.CharField(max_length=8, choices=Channel)
    seller = models.JSONField(help_text="Who bills, as on that day.")
    buyer = models.JSONField(help_text="Who is billed, as on that day.")
    net_cents = models.BigIntegerField(help_text="Without VAT; positive on credit notes, too.")
    vat_cents = models.BigIntegerField()
    gross_cents = models.BigIntegerField()
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="credits")
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(gross_cents=models.F("net_cents") + models.F("vat_cents")),
                name="billing_invoice_adds_up",
            ),
            models.CheckConstraint(condition=models.Q(gross_cents__gt=0), name="billing_invoice_never_negative"),
            # A credit note says what it corrects; nothing else does.
            models.CheckConstraint(
                condition=models.Q(kind="credit", corrects__isnull=False)
                | models.Q(kind="invoice", corrects__isnull=True),
                name="billing_credit_refers",
            ),
            models.CheckConstraint(
                condition=models.Q(number=None) | models.Q(number__regex=r"^[A-Za-z0-9+/_-]{1,20}$"),
                name="billing_number_fit",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "month"])]

    def __str__(self) -> str:
        return self.number or ""


class InvoiceLine(TenantOwned):
    """What a site costs under one VAT rule."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="+")
    label = models.CharField(max_length=200)
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="First day not included.")
    net_cents = models.BigIntegerField()
    vat_category = models.CharField(max_length=2)
    vat_percent = models.DecimalField(max_digits=5, decimal_places=2)
    vat_reason_code = models.CharField(max_length=40, blank=True)
    vat_reason = models.CharField(max_length=300, blank=True)
    reasons = models.JSONField(default=list, help_text="Why it changed: [code, facts] (billing.engine.reasons).")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["invoice", "position"], name="billing_line_position"),
        ]


class ChargeRow(TenantOwned):
    """The calculation behind a line. On a credit note amounts are positive, too."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="charges")
    line = models.ForeignKey(InvoiceLine, on_delete=models.PROTECT, related_name="charges")
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="+")
    component = models.CharField(max_length=40)
    month = models.DateField()
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=12, choices=[(one.value, one.value) for one in ChargeKind])
    label = models.CharField(max_length=200)
    starts_on = models.DateField()
    ends_on = models.DateField()
    quantity = models.DecimalField(max_digits=20, decimal_places=6)
    unit_price = models.DecimalField(max_digits=30, decimal_places=18)
    gross_cents = models.BigIntegerField()
    discount_cents = models.BigIntegerField()
    amount_cents = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(amount_cents=models.F("gross_cents") - models.F("discount_cents")),
                name="billing_charge_adds_up",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "month"])]


class VatRow(TenantOwned):
    """A line of the VAT breakdown."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="vat_rows")
    category = models.CharField(max_length=2)
    percent = models.DecimalField(max_digits=5, decimal_places=2)
    base_cents = models.BigIntegerField()
    vat_cents = models.BigIntegerField()
    reason_code = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=600, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["invoice", "category", "percent"], name="billing_vat_once_a_rate"),
        ]


class UsageEvent(TenantOwned):
    """Something used: minutes, messages. The same reference twice is one event."""

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="+")
    component = models.CharField(max_length=40)
    reference = models.CharField(max_length=80)
    used_on = models.DateField(help_text="The local day, which decides the month and the price.")
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    received_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subscription", "reference"], name="billing_usage_once"),
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="billing_usage_of_something"),
        ]
        indexes: ClassVar = [models.Index(fields=["subscription", "used_on"])]


class Payment(TenantOwned):
    """Money received for an invoice."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="payments")
    amount_cents = models.BigIntegerField()
    received_on = models.DateField()
    reference = models.CharField(max_length=80, unique=True, help_text="The bank’s: the same twice is one payment.")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(amount_cents__gt=0), name="billing_payment_of_something"),
        ]


class Reminder(TenantOwned):
    """A reminder of an invoice that is due."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="reminders")
    level = models.PositiveSmallIntegerField()
    sent_on = models.DateField()
    left_cents = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["invoice", "level"], name="billing_reminder_once_a_level"),
        ]


class Document(TenantOwned):
    """The file of an issued invoice, kept as it was first made."""

    class Kind(models.TextChoices):
        FACTURX = "facturx"

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=8, choices=Kind)
    content = models.BinaryField()
    sha256 = models.BinaryField(max_length=32)
    made_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["invoice", "kind"], name="billing_document_once"),
        ]


class Bordereau(models.Model):
    """Titres sent together to the public accountant (PES V2 Recette), with their ASAP notices."""

    number = models.PositiveIntegerField()
    year = models.PositiveSmallIntegerField()
    issued_on = models.DateField()
    content = models.BinaryField(help_text="The PES V2 file, as validated.")
    sha256 = models.BinaryField(max_length=32)
    made_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["year", "number"], name="billing_bordereau_number"),
        ]


class Titre(TenantOwned):
    """An invoice on a bordereau, with its own number in the year."""

    bordereau = models.ForeignKey(Bordereau, on_delete=models.PROTECT, related_name="titres")
    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, related_name="titre")
    number = models.PositiveIntegerField()
    year = models.PositiveSmallIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["year", "number"], name="billing_titre_number")]


class LedgerEntry(models.Model):
    """An entry of the operating body's journal of receivables and funding. Append-only and hash-chained."""

    sequence = models.PositiveBigIntegerField(unique=True)
    book = models.CharField(max_length=4, help_text="VE sales, BQ bank, OD others, SU funding.")
    booked_on = models.DateField()
    reference = models.CharField(max_length=80, help_text="The document it rests on.")
    label = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()
    previous_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)


class LedgerPosting(models.Model):
    """One side of an entry: ``debit_cents`` or ``credit_cents``, the other zero."""

    entry = models.ForeignKey(LedgerEntry, on_delete=models.PROTECT, related_name="postings")
    position = models.PositiveSmallIntegerField()
    account = models.CharField(max_length=12)
    auxiliary = models.CharField(max_length=20, blank=True, help_text="SIREN or funder's code of who owes.")
    auxiliary_label = models.CharField(max_length=200, blank=True)
    debit_cents = models.BigIntegerField(default=0)
    credit_cents = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entry", "position"], name="billing_posting_position"),
            models.CheckConstraint(
                condition=models.Q(debit_cents__gt=0, credit_cents=0) | models.Q(debit_cents=0, credit_cents__gt=0),
                name="billing_posting_one_side",
            ),
        ]

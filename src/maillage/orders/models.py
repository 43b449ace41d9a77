"""Quotes, orders and works; subscriptions: what was ordered, at which frozen terms, and every dated change since."""

from typing import ClassVar

from django.db import models

from maillage.identity.tenancy import TenantOwned
from maillage.lorawan.models import Device
from maillage.orders.engine.approval import State
from maillage.orders.engine.timeline import ChangeKind
from maillage.telemetry.models import Thing
from maillage.territory.models import Site, Space


class Subscription(TenantOwned):
    """An offering that an organisation has on a site. Its terms never change; what happens to it is a ``Change``."""

    offering = models.CharField(max_length=80, help_text="The offering's reference in the catalogue.")
    offering_version = models.CharField(max_length=20, help_text="The version that was ordered.")
    label = models.CharField(max_length=150, help_text="What the invoice calls it.")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="+")
    quantity = models.PositiveIntegerField()
    terms = models.JSONField(help_text="Prices and conditions, frozen at the order (orders.engine.terms).")
    starts_on = models.DateField(help_text="First day served, local.")
    ends_on = models.DateField(null=True, help_text="First day no longer served; a copy of the last end.")
    unsettled_from = models.DateField(help_text="First day of which something may not be billed yet.")
    created_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organisation", "unsettled_from"])]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="orders_subscription_of_something"),
            # An end on the day of the start is an order that was cancelled before it was served.
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("starts_on")),
                name="orders_subscription_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.label


class SubscriptionChange(TenantOwned):
    """Something that happens to a subscription from a local day on. Never altered: a correction is another change."""

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="changes")
    effective_on = models.DateField()
    kind = models.CharField(max_length=16, choices=[(one.value, one.value) for one in ChangeKind])
    quantity = models.PositiveIntegerField(null=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="+")
    coefficient = models.DecimalField(max_digits=20, decimal_places=12, null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            # A kind without its value would be a change of nothing.
            models.CheckConstraint(
                condition=~models.Q(kind="quantity") | models.Q(quantity__gte=1), name="orders_change_of_quantity"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="revision") | models.Q(coefficient__gt=0), name="orders_change_of_price"
            ),
        ]


class NumberSeries(models.Model):
    """The last number given. Its row stays locked until the document commits, so that no number is lost or twice."""

    code = models.CharField(max_length=12, primary_key=True)
    last = models.PositiveBigIntegerField(default=0)


class Quote(TenantOwned):
    """What was offered on a day: only ``state`` moves, and who decided."""

    number = models.CharField(max_length=20, unique=True)
    state = models.CharField(max_length=8, choices=[(one.value, one.value) for one in State], default=State.ISSUED)
    siret = models.CharField(max_length=14)
    service_code = models.CharField(max_length=100, blank=True, help_text="Chorus Pro's code service, if it asks one.")
    issued_on = models.DateField()
    valid_until = models.DateField(help_text="The last day on which it may be ordered.")
    issued_by = models.CharField(max_length=150)
    once_cents = models.BigIntegerField(help_text="Installation, before VAT.")
    monthly_cents = models.BigIntegerField(help_text="Each month, before VAT, without what is paid by use.")
    commitment_cents = models.BigIntegerField(help_text="What signing binds; the threshold is measured by it.")

    def __str__(self) -> str:
        return self.number


class QuoteLine(TenantOwned):
    """A version of an offering for a site, its charges frozen; once active, its subscription."""

    quote = models.ForeignKey(Quote, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    offering = models.CharField(max_length=80)
    offering_version = models.PositiveIntegerField()
    name = models.CharField(max_length=150)
    solution = models.CharField(max_length=32, blank=True, help_text="The use its equipment serves.")
    term_months = models.PositiveSmallIntegerField(default=0)
    charges = models.JSONField(help_text="orders.engine.quote")
    subscription = models.OneToOneField(Subscription, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["quote", "position"], name="orders_line_of_a_quote"),
        ]


class Decision(TenantOwned):
    """Somebody approved or refused a quote."""

    quote = models.ForeignKey(Quote, on_delete=models.PROTECT, related_name="decisions")
    approved = models.BooleanField()
    by = models.CharField(max_length=150)
    role = models.CharField(max_length=16)
    at = models.DateTimeField()


class Order(TenantOwned):
    """A quote that was ordered, with the references that its invoices need."""

    quote = models.OneToOneField(Quote, on_delete=models.PROTECT, related_name="order")
    number = models.CharField(max_length=20, unique=True)
    engagement = models.CharField(max_length=50, blank=True, help_text="Numéro d’engagement, if the payer asks one.")
    placed_on = models.DateField()
    placed_by = models.CharField(max_length=150)

    def __str__(self) -> str:
        return self.number


class WorkOrder(TenantOwned):
    """What an order has installed on one site."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="works")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "site"], name="orders_one_work_a_site"),
        ]


class WorkItem(TenantOwned):
    """One device to install. It is a thing of the site once the works are accepted."""

    work = models.ForeignKey(WorkOrder, on_delete=models.PROTECT, related_name="items")
    line = models.ForeignKey(QuoteLine, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    label = models.CharField(max_length=150)
    # One to one: a device stands in one place. Two scans at once cannot both win.
    device = models.OneToOneField(Device, on_delete=models.PROTECT, null=True, related_name="+")
    space = models.ForeignKey(Space, on_delete=models.PROTECT, null=True, related_name="+")
    photo = models.BinaryField(null=True, help_text="WebP, of the device in its place.")
    installed_at = models.DateTimeField(null=True)
    installed_by = models.CharField(max_length=150, blank=True)
    thing = models.OneToOneField(Thing, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["work", "position"], name="orders_item_of_a_work"),
            models.CheckConstraint(
                condition=models.Q(device=None) | models.Q(installed_at__isnull=False), name="orders_scan_has_a_date"
            ),
        ]

"""Subscriptions: what was ordered, at which frozen terms, and every dated change since."""

from typing import ClassVar

from django.db import models

from maillage.identity.tenancy import TenantOwned
from maillage.orders.engine.timeline import ChangeKind
from maillage.territory.models import Site


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

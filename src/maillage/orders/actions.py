"""What happens to subscriptions: each change leaves a life that is possible, and is journalled."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least

from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.identity.policies import require_operate
from maillage.kernel import clock
from maillage.kernel.errors import Invalid, NotFound
from maillage.orders import queries
from maillage.orders.engine.terms import Terms, to_json
from maillage.orders.engine.timeline import Change, ChangeKind, require_possible
from maillage.orders.models import Subscription, SubscriptionChange
from maillage.territory.models import Site


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """What an order gives: the offering and its version, the frozen terms, where, how much and from when."""

    organisation_id: int
    offering: str
    offering_version: str
    label: str
    site_id: int | None
    quantity: int
    terms: Terms
    starts_on: date


@transaction.atomic
def start_subscription(actor: Actor, new: NewSubscription) -> Subscription:
    """Begin a subscription. Raises ``Invalid`` for a site of another organisation or a quantity below one."""
    require_operate(actor, new.organisation_id)
    if new.quantity < 1:
        raise Invalid("quantity_unfit", quantity=new.quantity)
    if new.site_id is not None:
        _require_own_site(actor, new.organisation_id, new.site_id)
    one = Subscription.objects.create(
        organisation_id=new.organisation_id,
        offering=new.offering,
        offering_version=new.offering_version,
        label=new.label,
        site_id=new.site_id,
        quantity=new.quantity,
        terms=to_json(new.terms),
        starts_on=new.starts_on,
        unsettled_from=new.starts_on,
        created_at=clock.now(),
    )
    facts: dict[str, object] = {
        "offering": new.offering,
        "version": new.offering_version,
        "quantity": new.quantity,
        "starts_on": new.starts_on.isoformat(),
    }
    _journal(actor, one, "orders.subscription_started", facts)
    return one


@transaction.atomic
def change_quantity(actor: Actor, subscription_id: int, quantity: int, effective_on: date) -> SubscriptionChange:
    """More or fewer from that day on."""
    return _record(actor, subscription_id, Change(effective_on, ChangeKind.QUANTITY, quantity=quantity))


@transaction.atomic
def move(actor: Actor, subscription_id: int, site_id: int, effective_on: date) -> SubscriptionChange:
    """To another site of the same organisation."""
    one = queries.subscription(actor, subscription_id)
    _require_own_site(actor, one.organisation_id, site_id)
    return _record(actor, subscription_id, Change(effective_on, ChangeKind.MOVE, site_id=site_id))


@transaction.atomic
def suspend(actor: Actor, subscription_id: int, effective_on: date) -> SubscriptionChange:
    """Nothing is served or billed until it is resumed."""
    return _record(actor, subscription_id, Change(effective_on, ChangeKind.SUSPENSION))


@transaction.atomic
def resume(actor: Actor, subscription_id: int, effective_on: date) -> SubscriptionChange:
    """Served again."""
    return _record(actor, subscription_id, Change(effective_on, ChangeKind.RESUMPTION))


@transaction.atomic
def end(actor: Actor, subscription_id: int, effective_on: date) -> SubscriptionChange:
    """``effective_on`` is the first day without it. Ending again moves the end."""
    recorded = _record(actor, subscription_id, Change(effective_on, ChangeKind.END))
    Subscription.objects.visible_to(actor).filter(pk=subscription_id).update(ends_on=effective_on)
    return recorded


@transaction.atomic
def revise_prices(actor: Actor, subscription_id: int, coefficient: Decimal, effective_on: date) -> SubscriptionChange:
    """Multiply the order's prices by ``coefficient`` from that day on.

    Raises ``Invalid`` for a day whose month is billed: a revision never touches closed lines.
    """
    one = queries.subscription(actor, subscription_id)
    if not coefficient.is_finite() or coefficient <= 0:
        raise Invalid("coefficient_unfit", coefficient=str(coefficient))
    if effective_on < one.unsettled_from and one.unsettled_from > one.starts_on:
        raise Invalid(
            "revision_in_closed_period",
            effective_on=effective_on.isoformat(),
            open_from=one.unsettled_from.isoformat(),
        )
    return _record(actor, subscription_id, Change(effective_on, ChangeKind.REVISION, coefficient=coefficient))


@transaction.atomic
def reopen(actor: Actor, subscription_id: int, day: date) -> None:
    """Something became known of ``day``: its month is looked at again by the next run."""
    found = Subscription.objects.visible_to(actor).filter(pk=subscription_id)
    if not found.update(unsettled_from=Least(F("unsettled_from"), day)):
        raise NotFound("subscription_unknown", subscription_id=subscription_id)


def settle(actor: Actor, subscription_ids: list[int], until: date) -> None:
    """Everything before ``until`` is billed. In the transaction of the run that billed it."""
    Subscription.objects.visible_to(actor).filter(pk__in=subscription_ids).update(unsettled_from=until)


def _record(actor: Actor, subscription_id: int, change: Change) -> SubscriptionChange:
    one = Subscription.objects.visible_to(actor).select_for_update().filter(pk=subscription_id).first()
    if one is None:
        raise NotFound("subscription_unknown", subscription_id=subscription_id)
    require_operate(actor, one.organisation_id)
    if change.quantity is not None and change.quantity < 1:
        raise Invalid("quantity_unfit", quantity=change.quantity)
    life = queries.life_of(actor, one)
    require_possible(replace(life, changes=(*life.changes, change)))
    recorded = SubscriptionChange.objects.create(
        organisation_id=one.organisation_id,
        subscription=one,
        effective_on=change.effective_on,
        kind=change.kind.value,
        quantity=change.quantity,
        site_id=change.site_id,
        coefficient=change.coefficient,
        recorded_at=clock.now(),
    )
    # The old end's month is known differently, too, when an end moves.
    touched = min(change.effective_on, life.end) if change.kind is ChangeKind.END and life.end else change.effective_on
    reopen(actor, one.pk, touched)
    facts: dict[str, object] = {
        "kind": change.kind.value,
        "effective_on": change.effective_on.isoformat(),
        "quantity": change.quantity,
        "site": change.site_id,
        "coefficient": str(change.coefficient) if change.coefficient is not None else None,
    }
    _journal(actor, one, "orders.subscription_changed", facts)
    return recorded


def _require_own_site(actor: Actor, organisation_id: int, site_id: int) -> None:
    if not Site.objects.visible_to(actor).filter(pk=site_id, organisation_id=organisation_id).exists():
        raise NotFound("site_unknown", site_id=site_id)


def _journal(actor: Actor, one: Subscription, action: str, facts: dict[str, object]) -> None:
    write_journal(actor, one.organisation_id, action, "subscription", one.pk, one.label, facts)

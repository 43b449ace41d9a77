"""Reads of subscriptions."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import QuerySet

from maillage.identity.actor import Actor
from maillage.kernel.errors import NotFound
from maillage.orders.engine.timeline import Change, ChangeKind, Life
from maillage.orders.models import Subscription, SubscriptionChange


def subscriptions(actor: Actor) -> QuerySet[Subscription]:
    """Those that ``actor`` sees, the oldest first."""
    found: QuerySet[Subscription] = Subscription.objects.visible_to(actor).order_by("starts_on", "pk")
    return found


def subscription(actor: Actor, subscription_id: int) -> Subscription:
    """One of them. Raises ``NotFound``."""
    found = subscriptions(actor).filter(pk=subscription_id).first()
    if found is None:
        raise NotFound("subscription_unknown", subscription_id=subscription_id)
    return found


def life_of(actor: Actor, one: Subscription) -> Life:
    """What it was and became."""
    return lives(actor, [one])[one.pk]


def lives(actor: Actor, wanted: Sequence[Subscription]) -> dict[int, Life]:
    """The lives of several, by id, with one read."""
    changes = SubscriptionChange.objects.visible_to(actor).filter(subscription__in=[one.pk for one in wanted])
    by_subscription: defaultdict[int, list[Change]] = defaultdict(list)
    for row in changes.order_by("pk"):
        by_subscription[row.subscription_id].append(change_of(row))
    return {one.pk: _life(one, by_subscription[one.pk]) for one in wanted}


def change_of(row: SubscriptionChange) -> Change:
    """The row as a value."""
    return Change(row.effective_on, ChangeKind(row.kind), row.quantity, row.site_id, row.coefficient)


def _life(one: Subscription, changes: Iterable[Change]) -> Life:
    return Life(one.starts_on, one.quantity, one.site_id, tuple(changes))

"""Reads of preferences, programs to tell and messages. Everything is scoped by the actor."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from maillage.command.engine.window import EVERY_DAY, Window
from maillage.command.notifications.engine.timing import Wish
from maillage.command.notifications.models import Hook, Notification, Preference, PushSubscription
from maillage.identity.actor import Actor
from maillage.identity.policies import may_represent
from maillage.identity.tenancy import TenantQuerySet
from maillage.kernel.errors import NotFound, Refused

_HOUR = timedelta(hours=1)


def preference(actor: Actor, user_id: int, organisation_id: int) -> Preference:
    """How a person wants to be told; an unsaved row with the defaults when nothing was said."""
    found = Preference.objects.visible_to(actor).filter(user_id=user_id, organisation_id=organisation_id).first()
    return found or Preference(user_id=user_id, organisation_id=organisation_id)


def own_preference(actor: Actor) -> Preference:
    """The actor's own, for the organisation they act for. Raises ``Refused`` for who is no person."""
    if actor.user_id is None or actor.organisation_id is None:
        raise Refused("preference_needs_person")
    return preference(actor, actor.user_id, actor.organisation_id)


def wish_of(found: Preference) -> Wish:
    """The row as the engine sees it."""
    zone = ZoneInfo(settings.TIME_ZONE)
    quiet = None
    if found.quiet_from is not None and found.quiet_until is not None:
        quiet = Window(EVERY_DAY, found.quiet_from, found.quiet_until, zone)
    return Wish(found.severity, zone, found.digest_at, quiet, found.critical_wakes)


def own_subscriptions(actor: Actor) -> Sequence[PushSubscription]:
    """The browsers in which the actor accepted to be told."""
    return list(PushSubscription.objects.filter(user_id=_person_id(actor)).order_by("created_at"))


def subscriptions_of(user_id: int) -> Sequence[PushSubscription]:
    """The browsers of a person whom the caller was asked to tell."""
    return list(PushSubscription.objects.filter(user_id=user_id).order_by("created_at"))


def hooks(actor: Actor) -> TenantQuerySet[Hook]:
    """The programs that ``actor`` sees, by name."""
    return Hook.objects.visible_to(actor).select_related("organisation").order_by("name", "pk")


def represented_hooks(actor: Actor) -> list[Hook]:
    """Those whose address ``actor`` may read: it may hold a secret of the program's."""
    return [one for one in hooks(actor) if may_represent(actor, one.organisation_id)]


def hook(actor: Actor, hook_id: int) -> Hook:
    """One; ``NotFound`` when it is not for ``actor``."""
    found = hooks(actor).filter(pk=hook_id).first()
    if found is None:
        raise NotFound("hook_unknown", hook_id=hook_id)
    return found


def messages(actor: Actor) -> TenantQuerySet[Notification]:
    """The messages of the organisations that ``actor`` sees, newest first."""
    found = Notification.objects.visible_to(actor).select_related("user", "hook", "push", "alarm")
    return found.order_by("-created_at", "-pk")


def own_messages(actor: Actor) -> TenantQuerySet[Notification]:
    """The actor's own messages, newest first."""
    return messages(actor).filter(user_id=_person_id(actor))


def sent_last_hour(actor: Actor, user_id: int, channel: str, now: datetime) -> int:
    """How many messages a person was sent on a channel, or is about to be."""
    states = [Notification.State.WAITING, Notification.State.SENT]
    found = Notification.objects.visible_to(actor).filter(user_id=user_id, channel=channel, state__in=states)
    return found.filter(created_at__gt=now - _HOUR).count()


def due(actor: Actor, now: datetime, limit: int) -> list[Notification]:
    """Messages to be sent now, oldest first."""
    found = messages(actor).filter(state=Notification.State.WAITING, due_at__lte=now)
    return list(found.order_by("due_at", "pk")[:limit])


def due_together(actor: Actor, now: datetime) -> Mapping[tuple[int, str, str], list[Notification]]:
    """Messages kept until now, by organisation, channel and address."""
    found = messages(actor).filter(state=Notification.State.HELD, due_at__lte=now).order_by("created_at", "pk")
    groups: dict[tuple[int, str, str], list[Notification]] = {}
    for one in found:
        groups.setdefault((one.organisation_id, one.channel, one.address), []).append(one)
    return groups


def _person_id(actor: Actor) -> int:
    """No person has the id of a process."""
    return 0 if actor.user_id is None else actor.user_id

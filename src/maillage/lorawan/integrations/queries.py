"""Reads of applications: pages, API, and what the web process streams. Everything is scoped by the actor."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Count, Max, Min, Q, QuerySet

from maillage.identity.actor import Actor, Role
from maillage.identity.models import Organisation
from maillage.identity.queries import actor_of as person_of
from maillage.identity.queries import membership_of, organisations_visible_to, token_digest
from maillage.identity.tenancy import TenantQuerySet
from maillage.kernel.errors import Conflict, NotFound
from maillage.lorawan.integrations.models import (
    Application,
    ApplicationDevice,
    ApplicationToken,
    ApplicationUsage,
    DeadLetter,
    Event,
    Webhook,
    WebhookAttempt,
)
from maillage.lorawan.key_ring import key_ring
from maillage.lorawan.keys import Purpose
from maillage.lorawan.models import Device

ATTEMPTS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Use:
    """What an application uses now: devices attached, and the day's messages (UTC)."""

    devices: int
    uplinks: int
    withheld: int
    downlinks: int


@dataclass(frozen=True, slots=True)
class Credential:
    """A live token and the application that it opens."""

    token: ApplicationToken
    application: Application


def applications(actor: Actor) -> TenantQuerySet[Application]:
    """Those that ``actor`` sees, by name, closed ones included."""
    return Application.objects.visible_to(actor).select_related("organisation").order_by("name", "pk")


def application(actor: Actor, application_id: uuid.UUID, *, locked: bool = False) -> Application:
    """One; ``NotFound`` when it is not for ``actor``."""
    found = applications(actor).filter(pk=application_id)
    if locked:
        found = found.select_for_update(of=("self",), no_key=True)
    one = found.first()
    if one is None:
        raise NotFound("lorawan.application_unknown")
    return one


def open_application(actor: Actor, application_id: uuid.UUID) -> Application:
    """The same, locked until the transaction ends; ``Conflict`` when it is closed."""
    found = application(actor, application_id, locked=True)
    if found.closed_at is not None:
        raise Conflict("lorawan.application_closed", name=found.name)
    return found


def still_sees(actor: Actor, application_id: uuid.UUID) -> bool:
    """Whether a person who asked before would see it if they asked now: by the same membership, as it is now."""
    membership = membership_of(actor)
    if membership is None or not membership.user.is_active:
        return False
    now = person_of(membership)
    return Application.objects.visible_to(now).filter(pk=application_id, closed_at=None).exists()


def customers(actor: Actor) -> Sequence[Organisation]:
    """Who may be sold an application, by name."""
    return list(organisations_visible_to(actor))


def use_of(application: Application, now: datetime) -> Use:
    """Today's."""
    today = ApplicationUsage.objects.filter(application=application, day=now.astimezone(UTC).date()).first()
    devices = ApplicationDevice.objects.filter(application=application).count()
    if today is None:
        return Use(devices, 0, 0, 0)
    return Use(devices, today.uplinks, today.withheld, today.downlinks)


def device_counts(found: Sequence[Application]) -> dict[uuid.UUID, int]:
    """How many devices each has."""
    rows = ApplicationDevice.objects.filter(application__in=found).order_by().values("application_id")
    return {row["application_id"]: row["number"] for row in rows.annotate(number=Count("pk"))}


def uses_today(found: Sequence[Application], now: datetime) -> dict[uuid.UUID, ApplicationUsage]:
    """Today's use of each that has any."""
    today = now.astimezone(UTC).date()
    return {use.application_id: use for use in ApplicationUsage.objects.filter(application__in=found, day=today)}


def devices_of(application: Application) -> TenantQuerySet[Device]:
    """Its devices, by name, without their keys."""
    mine = Device.objects.unscoped("of an application in hand").filter(organisation_id=application.organisation_id)
    attached = ApplicationDevice.objects.filter(application=application).values("device_id")
    return mine.filter(pk__in=attached).defer("app_key", "nwk_key", "owner_token").order_by("name", "pk")


def device_page(application: Application, after: tuple[str, str] | None, limit: int) -> Sequence[Device]:
    """Up to ``limit`` devices, from just after (name, DevEUI)."""
    found = devices_of(application)
    if after is not None:
        name, dev_eui = after
        found = found.filter(Q(name__gt=name) | Q(name=name, pk__gt=dev_eui))
    return list(found[:limit])


def device_of(application: Application, dev_eui: str) -> Device:
    """One of its devices; ``NotFound`` for any other."""
    found = devices_of(application).filter(pk=dev_eui.lower()).first()
    if found is None:
        raise NotFound("lorawan.device_unknown", dev_eui=dev_eui)
    return found


def attachable(actor: Actor, application: Application, limit: int) -> Sequence[Device]:
    """Devices of the same organisation that are in service and in no application."""
    taken = ApplicationDevice.objects.values("device_id")
    free = Device.objects.visible_to(actor).filter(organisation_id=application.organisation_id, decommissioned_at=None)
    return list(free.exclude(pk__in=taken).defer("app_key", "nwk_key", "owner_token").order_by("name", "pk")[:limit])


def tokens_of(application: Application) -> Sequence[ApplicationToken]:
    """Those not revoked, newest first."""
    return list(application.tokens.filter(revoked_at=None).order_by("-created_at", "-pk"))


def credential(clear_text: str, now: datetime) -> Credential | None:
    """What a token opens; None for one expired, revoked, unknown, or of a closed application."""
    alive = Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=now)) & Q(application__closed_at=None)
    tokens = ApplicationToken.objects.select_related("application__organisation")
    found = tokens.filter(alive, digest=token_digest(clear_text)).first()
    return Credential(found, found.application) if found else None


def live_token_ids(ids: Sequence[int], now: datetime) -> frozenset[int]:
    """Which of these tokens still open something."""
    alive = Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=now)) & Q(application__closed_at=None)
    return frozenset(ApplicationToken.objects.filter(alive, pk__in=ids).values_list("pk", flat=True))


def actor_of(credential: Credential) -> Actor:
    """Who acts by a token of an application: nobody in person, for that organisation alone."""
    return actor_of_application(credential.application, credential.token.name)


def actor_of_application(application: Application, means: str) -> Actor:
    """The same, where the token was judged before: ``means`` is how the application speaks."""
    organisation_id = application.organisation_id
    label = f"{application.name} · {means}"
    return Actor(None, label, organisation_id, Role.MACHINE, frozenset({organisation_id}))


def webhooks_of(application: Application) -> Sequence[Webhook]:
    """In the order of their creation."""
    return list(application.webhooks.order_by("created_at", "pk"))


def webhook(application: Application, webhook_id: uuid.UUID, *, locked: bool = False) -> Webhook:
    """One; ``NotFound`` when it is not the application's."""
    found = application.webhooks.filter(pk=webhook_id)
    one = (found.select_for_update() if locked else found).first()
    if one is None:
        raise NotFound("lorawan.webhook_unknown")
    return one


def secret_of(webhook: Webhook) -> bytes:
    """What its messages are signed with."""
    return key_ring().unwrap(bytes(webhook.webhook_secret), str(webhook.pk), Purpose.WEBHOOK_SECRET)


def waiting_events(webhook: Webhook) -> int:
    """How many events of its types wait for it."""
    waiting = Event.objects.filter(application_id=webhook.application_id, pk__gt=webhook.cursor_id)
    return waiting.filter(type__in=webhook.types).count() if webhook.types else waiting.count()


def attempts_of(webhook: Webhook) -> Sequence[WebhookAttempt]:
    """The last ones, newest first."""
    return list(webhook.attempts_made.order_by("-pk")[:ATTEMPTS_SHOWN])


def dead_letters(webhook: Webhook) -> QuerySet[DeadLetter]:
    """What was given up, oldest first."""
    return webhook.dead_letters.order_by("event_id")


def dead_letter_counts(found: Sequence[Webhook]) -> dict[uuid.UUID, int]:
    """How many each has."""
    rows = DeadLetter.objects.filter(webhook__in=found).order_by().values("webhook_id").annotate(number=Count("pk"))
    return {row["webhook_id"]: row["number"] for row in rows}


def last_event_id(application_id: uuid.UUID | None = None) -> int:
    """The newest event's id, of one application or of all; 0 without any."""
    found = Event.objects.all() if application_id is None else Event.objects.filter(application_id=application_id)
    return found.aggregate(last=Max("pk"))["last"] or 0


def id_before(application_id: uuid.UUID, since: datetime) -> int:
    """The place in the log from which everything since then follows."""
    mine = Event.objects.filter(application_id=application_id)
    first = mine.filter(at__gte=since).aggregate(first=Min("pk"))["first"]
    return first - 1 if first is not None else last_event_id()


def events_after(application_id: uuid.UUID, event_id: int, types: Sequence[str], limit: int) -> Sequence[Event]:
    """The next events of an application, in order; ``types`` empty: of every type."""
    found = Event.objects.filter(application_id=application_id, pk__gt=event_id)
    return list((found.filter(type__in=types) if types else found).order_by("pk")[:limit])


def recent_events(application_id: uuid.UUID, dev_eui: str, limit: int) -> Sequence[Event]:
    """The newest events, of one device or of all, newest first."""
    found = Event.objects.filter(application_id=application_id)
    return list((found.filter(dev_eui=dev_eui) if dev_eui else found).order_by("-pk")[:limit])

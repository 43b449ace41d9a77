"""Writes: applications sold, their devices, tokens, webhooks and messages. The journal of the owner tells each."""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q

from maillage.identity.actions import TOKEN_PREFIX, TOKEN_USE_NOTED_EVERY, write_journal
from maillage.identity.actor import Actor, machine
from maillage.identity.queries import token_digest
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, NotFound, Refused
from maillage.lorawan import queries as radio
from maillage.lorawan.actions import put_on_network
from maillage.lorawan.events import NOTIFY_DOWNLINK
from maillage.lorawan.integrations import queries
from maillage.lorawan.integrations.addresses import check_url
from maillage.lorawan.integrations.chirpstack import EventType
from maillage.lorawan.integrations.commands import DownlinkCommand
from maillage.lorawan.integrations.events import NOTIFY_INTEGRATIONS
from maillage.lorawan.integrations.models import (
    NAME_CHARACTERS,
    Application,
    ApplicationDevice,
    ApplicationToken,
    ApplicationUsage,
    DeadLetter,
    Webhook,
)
from maillage.lorawan.integrations.policies import require_run, require_sell
from maillage.lorawan.integrations.webhooks.signature import SECRET_BYTES
from maillage.lorawan.key_ring import key_ring
from maillage.lorawan.keys import Purpose
from maillage.lorawan.models import Device, Downlink
from maillage.lorawan.new_device import NewDevice
from maillage.lorawan.notify import notify

DOWNLINK_LIVES = timedelta(days=1)
REFERENCE = "application"
MQTT = machine("mqtt")
MOST_WEBHOOKS = 20
MOST_TOKENS = 50


@dataclass(frozen=True, slots=True)
class Quotas:
    """What was sold; None is without limit."""

    max_devices: int | None = None
    max_uplinks_a_day: int | None = None
    max_downlinks_a_day: int | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Where events go: ``types`` empty for every type."""

    url: str
    types: Sequence[str] = ()


@transaction.atomic
def create_application(actor: Actor, organisation_id: int, name: str, quotas: Quotas) -> Application:
    """Connectivity sold to an organisation. Only who runs the platform. Raises ``Conflict`` when the name is taken."""
    require_sell(actor, organisation_id)
    application = Application(
        organisation_id=organisation_id, name=_name(name), created_at=clock.now(), **asdict(quotas)
    )
    try:
        with transaction.atomic():
            application.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("lorawan.application_exists", name=application.name) from error
    _told(actor, application, "lorawan.application_created", asdict(quotas))
    return application


@transaction.atomic
def set_quotas(actor: Actor, application_id: uuid.UUID, quotas: Quotas) -> Application:
    """Another sale: counts from now on; devices beyond a smaller quota stay."""
    application = queries.open_application(actor, application_id)
    require_sell(actor, application.organisation_id)
    before = {name: getattr(application, name) for name in asdict(quotas)}
    for name, value in asdict(quotas).items():
        setattr(application, name, value)
    application.save(update_fields=list(before))
    _told(actor, application, "lorawan.application_quotas_set", {"before": before, "after": asdict(quotas)})
    return application


@transaction.atomic
def close_application(actor: Actor, application_id: uuid.UUID) -> Application:
    """From now on its tokens open nothing and its devices hand nothing over. Only who runs the platform."""
    application = queries.open_application(actor, application_id)
    require_sell(actor, application.organisation_id)
    application.closed_at = clock.now()
    application.save(update_fields=["closed_at"])
    _told(actor, application, "lorawan.application_closed", {})
    return application


@transaction.atomic
def attach_device(actor: Actor, application_id: uuid.UUID, dev_eui: str) -> ApplicationDevice:
    """The device's events go to the application from now on.

    Raises ``NotFound`` for a device that the actor does not see or that is another organisation's, ``Conflict`` for one
    out of service or in an application, ``Refused`` beyond the quota.
    """
    application = queries.open_application(actor, application_id)
    require_run(actor, application)
    device = radio.device(actor, dev_eui.lower())
    if device.organisation_id != application.organisation_id:
        raise NotFound("lorawan.device_unknown", dev_eui=device.pk)
    if device.decommissioned_at is not None:
        raise Conflict("lorawan.device_decommissioned", dev_eui=device.pk)
    attached = _attach(application, device)
    _told(actor, application, "lorawan.application_device_attached", {"dev_eui": device.pk})
    return attached


@transaction.atomic
def register_device(actor: Actor, application_id: uuid.UUID, new: NewDevice) -> Device:
    """A device of the customer's own, which may join from now on. As ``attach_device``; ``Conflict`` for a known one.

    The organisation is the application's, whatever ``new`` says.
    """
    application = queries.open_application(actor, application_id)
    require_run(actor, application)
    device = put_on_network(actor, replace(new, organisation_id=application.organisation_id))
    _attach(application, device)
    facts: dict[str, object] = {"model": new.model_key, "join_eui": new.join_eui, "application": application.name}
    write_journal(
        actor, application.organisation_id, "lorawan.device_registered", "device", device.pk, device.name, facts
    )
    return device


@transaction.atomic
def detach_device(actor: Actor, application_id: uuid.UUID, dev_eui: str) -> None:
    """Its events go nowhere from now on; the device stays on the network."""
    application = queries.application(actor, application_id, locked=True)
    require_run(actor, application)
    deleted, _each = ApplicationDevice.objects.filter(application=application, device_id=dev_eui.lower()).delete()
    if not deleted:
        raise NotFound("lorawan.device_unknown", dev_eui=dev_eui)
    _told(actor, application, "lorawan.application_device_detached", {"dev_eui": dev_eui.lower()})


@transaction.atomic
def create_token(
    actor: Actor, application_id: uuid.UUID, name: str, expires_at: datetime | None
) -> tuple[ApplicationToken, str]:
    """A bearer token of the application, and its clear text, which nobody can read again."""
    application = queries.open_application(actor, application_id)
    require_run(actor, application)
    now = clock.now()
    if expires_at is not None and expires_at <= now:
        raise Invalid("token_expires_in_the_past")
    if application.tokens.filter(revoked_at=None).count() >= MOST_TOKENS:
        raise Refused("lorawan.application_tokens", most=MOST_TOKENS)
    clear_text = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApplicationToken.objects.create(
        application=application,
        name=_name(name),
        digest=token_digest(clear_text),
        created_at=now,
        expires_at=expires_at,
    )
    facts: dict[str, object] = {"token": token.name, "expires_at": expires_at.isoformat() if expires_at else None}
    _told(actor, application, "lorawan.application_token_created", facts)
    return token, clear_text


@transaction.atomic
def revoke_token(actor: Actor, application_id: uuid.UUID, token_id: int) -> None:
    """The token opens nothing from now on, and what is connected by it is cut off."""
    application = queries.application(actor, application_id, locked=True)
    require_run(actor, application)
    token = application.tokens.filter(pk=token_id, revoked_at=None).first()
    if token is None:
        raise NotFound("token_unknown", token_id=token_id)
    token.revoked_at = clock.now()
    token.save(update_fields=["revoked_at"])
    _told(actor, application, "lorawan.application_token_revoked", {"token": token.name})


def note_token_use(actor: Actor, token: ApplicationToken, now: datetime) -> None:  # noqa: ARG001 - every action says who acts
    """Remember when the token was last used, to the minute."""
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - TOKEN_USE_NOTED_EVERY)
    ApplicationToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)


@transaction.atomic
def create_webhook(actor: Actor, application_id: uuid.UUID, target: Target) -> tuple[Webhook, bytes]:
    """Events from now on are sent there; returns the secret with which they are signed, shown this once."""
    application = queries.open_application(actor, application_id)
    require_run(actor, application)
    if application.webhooks.count() >= MOST_WEBHOOKS:
        raise Refused("lorawan.webhooks_too_many", most=MOST_WEBHOOKS)
    webhook_id, secret = uuid.uuid4(), secrets.token_bytes(SECRET_BYTES)
    webhook = Webhook.objects.create(
        id=webhook_id,
        application=application,
        url=check_url(target.url, private_allowed=settings.WEBHOOKS_MAY_BE_PRIVATE),
        types=_types(target.types),
        webhook_secret=key_ring().wrap(secret, str(webhook_id), Purpose.WEBHOOK_SECRET),
        created_at=clock.now(),
        cursor_id=queries.last_event_id(),
    )
    _told(actor, application, "lorawan.webhook_created", {"url": webhook.url, "types": webhook.types})
    return webhook, secret


@transaction.atomic
def delete_webhook(actor: Actor, application_id: uuid.UUID, webhook_id: uuid.UUID) -> None:
    """With what it had given up."""
    application, webhook = _webhook(actor, application_id, webhook_id)
    url = webhook.url
    webhook.delete()
    _told(actor, application, "lorawan.webhook_deleted", {"url": url})


@transaction.atomic
def pause_webhook(actor: Actor, application_id: uuid.UUID, webhook_id: uuid.UUID) -> Webhook:
    """Nothing is sent; events wait in the log."""
    return _change_webhook(actor, application_id, webhook_id, "lorawan.webhook_paused", state=Webhook.State.PAUSED)


@transaction.atomic
def resume_webhook(actor: Actor, application_id: uuid.UUID, webhook_id: uuid.UUID) -> Webhook:
    """What waits is sent now, without waiting for the next attempt."""
    return _change_webhook(
        actor,
        application_id,
        webhook_id,
        "lorawan.webhook_resumed",
        state=Webhook.State.ACTIVE,
        attempts=0,
        next_attempt_at=None,
    )


@transaction.atomic
def replay(actor: Actor, application_id: uuid.UUID, webhook_id: uuid.UUID, since: datetime) -> Webhook:
    """Everything since then is sent again, under the same ids, and then what follows. Raises ``Invalid`` for a date to
    come.
    """
    if since > clock.now():
        raise Invalid("lorawan.replay_in_the_future")
    return _change_webhook(
        actor,
        application_id,
        webhook_id,
        "lorawan.webhook_replayed",
        {"since": since.astimezone(UTC).isoformat(timespec="minutes")},
        cursor_id=queries.id_before(application_id, since),
        attempts=0,
        next_attempt_at=None,
    )


@transaction.atomic
def send_again(actor: Actor, application_id: uuid.UUID, webhook_id: uuid.UUID, letter_id: int | None) -> int:
    """One more attempt for one dead letter, or for all (None); returns how many. Raises ``NotFound`` without any."""
    application, webhook = _webhook(actor, application_id, webhook_id)
    letters = DeadLetter.objects.filter(webhook=webhook)
    asked = (letters if letter_id is None else letters.filter(pk=letter_id)).update(send_again_at=clock.now())
    if not asked:
        raise NotFound("lorawan.dead_letter_unknown")
    _told(actor, application, "lorawan.dead_letters_sent_again", {"url": webhook.url, "count": asked})
    return asked


@transaction.atomic
def drop_dead_letters(actor: Actor, application_id: uuid.UUID, webhook_id: uuid.UUID) -> int:
    """Forget what was given up; returns how many."""
    application, webhook = _webhook(actor, application_id, webhook_id)
    dropped, _each = DeadLetter.objects.filter(webhook=webhook).delete()
    _told(actor, application, "lorawan.dead_letters_dropped", {"url": webhook.url, "count": dropped})
    return dropped


@transaction.atomic
def enqueue_downlink(actor: Actor, application_id: uuid.UUID, command: DownlinkCommand) -> Downlink:
    """A message of the customer's for one of its devices; the same id sent again is the same message.

    Raises ``NotFound`` for a device of another application, ``Refused`` beyond the day's quota, ``Conflict`` for a
    device out of service and for an id that another message has.
    """
    application = queries.open_application(actor, application_id)
    require_run(actor, application)
    device = queries.device_of(application, command.dev_eui)
    if device.decommissioned_at is not None:
        raise Conflict("lorawan.device_decommissioned", dev_eui=device.pk)
    known = Downlink.objects.filter(pk=command.id).first()
    if known is not None:
        if known.device_id != device.pk or known.reference != REFERENCE:
            raise Conflict("lorawan.command_id_taken", id=str(command.id))
        return known
    _count_downlink(application)
    now = clock.now()
    downlink = Downlink.objects.create(
        id=command.id,
        device=device,
        reference=REFERENCE,
        data=command.data,
        f_port=command.f_port,
        payload=command.payload,
        confirmed=command.confirmed,
        created_at=now,
        expires_at=now + DOWNLINK_LIVES,
    )
    notify(NOTIFY_DOWNLINK, device.pk)
    facts: dict[str, object] = {"application": application.name, "downlink": str(downlink.pk)}
    write_journal(
        actor, application.organisation_id, "lorawan.downlink_queued", "device", device.pk, device.name, facts
    )
    return downlink


def _count_downlink(application: Application) -> None:
    today = clock.now().astimezone(UTC).date()
    use, _made = ApplicationUsage.objects.get_or_create(application=application, day=today)
    most = application.max_downlinks_a_day
    counted = ApplicationUsage.objects.filter(pk=use.pk)
    if most is not None:
        counted = counted.filter(downlinks__lt=most)
    if not counted.update(downlinks=F("downlinks") + 1):
        raise Refused("lorawan.application_downlink_quota", most=most)


def _attach(application: Application, device: Device) -> ApplicationDevice:
    most = application.max_devices
    if most is not None and ApplicationDevice.objects.filter(application=application).count() >= most:
        raise Refused("lorawan.application_device_quota", most=most, name=application.name)
    now = clock.now()
    attached, made = ApplicationDevice.objects.get_or_create(
        device=device,
        defaults={
            "application": application,
            "attached_at": now,
            "announced_join_at": now,
            "announced_status_at": now,
        },
    )
    if not made:
        raise Conflict("lorawan.device_in_an_application", dev_eui=device.pk)
    return attached


def _webhook(actor: Actor, application_id: uuid.UUID, webhook_id: uuid.UUID) -> tuple[Application, Webhook]:
    application = queries.application(actor, application_id)
    require_run(actor, application)
    return application, queries.webhook(application, webhook_id, locked=True)


def _change_webhook(
    actor: Actor,
    application_id: uuid.UUID,
    webhook_id: uuid.UUID,
    action: str,
    facts: dict[str, object] | None = None,
    **changes: object,
) -> Webhook:
    application, webhook = _webhook(actor, application_id, webhook_id)
    for name, value in changes.items():
        setattr(webhook, name, value)
    webhook.generation += 1
    webhook.save(update_fields=["generation", *changes])
    _told(actor, application, action, {"url": webhook.url, **(facts or {})})
    return webhook


def _told(actor: Actor, application: Application, action: str, facts: dict[str, object]) -> None:
    notify(NOTIFY_INTEGRATIONS, str(application.pk))
    write_journal(
        actor, application.organisation_id, action, "application", str(application.pk), application.name, facts
    )


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > NAME_CHARACTERS or not name.isprintable():
        raise Invalid("lorawan.application_name_unfit", longest=NAME_CHARACTERS)
    return name


def _types(given: Sequence[str]) -> list[str]:
    unknown = sorted(set(given) - set(EventType))
    if unknown:
        raise Invalid("lorawan.event_type_unknown", found=unknown[0][:32], known=", ".join(EventType))
    return sorted(set(given))

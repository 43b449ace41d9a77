"""Applications, webhooks and events as people read them, in the active language."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from maillage.lorawan.integrations import queries
from maillage.lorawan.integrations.labels import EVENT_TYPES, PROBLEMS, WEBHOOK_STATES
from maillage.lorawan.integrations.models import Application, DeadLetter, Event, Webhook, WebhookAttempt
from maillage.web.formats import number


@dataclass(frozen=True, slots=True)
class ApplicationLine:
    """An application in the list, with what it has used today."""

    application: Application
    devices: int
    uplinks: int
    downlinks: int


@dataclass(frozen=True, slots=True)
class QuotaLine:
    """How much of a quota is used; ``most`` None is without limit."""

    label: str
    used: int
    most: int | None
    words: str

    @property
    def is_used_up(self) -> bool:
        return self.most is not None and self.used >= self.most


@dataclass(frozen=True, slots=True)
class EventLine:
    """An event of the log."""

    at: datetime
    kind: str | Promise
    dev_eui: str
    device_name: str
    summary: str


@dataclass(frozen=True, slots=True)
class WebhookLine:
    """An address and how it does. ``state`` and ``words`` as badges have them."""

    webhook: Webhook
    state: str
    words: str | Promise
    types: str
    waiting: int
    dead: int


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """An attempt, or a dead letter's last one."""

    row: WebhookAttempt | DeadLetter
    kind: str | Promise
    state: str
    words: str


def application_lines(found: Sequence[Application], now: datetime) -> list[ApplicationLine]:
    """With two queries for all."""
    devices, uses = queries.device_counts(found), queries.uses_today(found, now)
    return [
        ApplicationLine(
            each,
            devices.get(each.pk, 0),
            uses[each.pk].uplinks if each.pk in uses else 0,
            uses[each.pk].downlinks if each.pk in uses else 0,
        )
        for each in found
    ]


def quota_lines(application: Application, use: queries.Use) -> list[QuotaLine]:
    """Devices, uplinks, downlinks."""
    return [
        _quota(_("Appareils"), use.devices, application.max_devices),
        _quota(_("Montées aujourd’hui"), use.uplinks, application.max_uplinks_a_day),
        _quota(_("Descentes aujourd’hui"), use.downlinks, application.max_downlinks_a_day),
    ]


def event_lines(events: Sequence[Event]) -> list[EventLine]:
    """What each says, in a few words."""
    return [_event(event) for event in events]


def webhook_lines(found: Sequence[Webhook]) -> list[WebhookLine]:
    """Every address of an application."""
    dead = queries.dead_letter_counts(found)
    return [webhook_line(each, dead.get(each.pk, 0)) for each in found]


def webhook_line(webhook: Webhook, dead: int) -> WebhookLine:
    """One."""
    failing = webhook.state == Webhook.State.ACTIVE and webhook.failing_since is not None
    state, words = WEBHOOK_STATES["failing" if failing else webhook.state]
    types = ", ".join(str(EVENT_TYPES[each]) for each in webhook.types) or _("Tous les événements")
    return WebhookLine(webhook, state, words, types, queries.waiting_events(webhook), dead)


def attempt_lines(rows: Sequence[WebhookAttempt] | Sequence[DeadLetter]) -> list[AttemptLine]:
    """What the receiver said each time."""
    return [_attempt(row) for row in rows]


def _quota(label: str, used: int, most: int | None) -> QuotaLine:
    words = number(used) if most is None else _("%(used)s sur %(most)s") % {"used": number(used), "most": number(most)}
    return QuotaLine(label, used, most, words)


def _event(event: Event) -> EventLine:
    body = json.loads(event.body)
    name = str(body.get("deviceInfo", {}).get("deviceName", ""))
    return EventLine(event.at, EVENT_TYPES.get(event.type, event.type), event.dev_eui, name, _summary(event.type, body))


def _summary(kind: str, body: dict[str, object]) -> str:
    match kind:
        case "up":
            return _("n° %(count)s, port %(port)s") % {"count": body.get("fCnt", "—"), "port": body.get("fPort", "—")}
        case "log":
            return str(body.get("description", ""))[:200]
        case "join":
            return _("adresse %(address)s") % {"address": str(body.get("devAddr", "")).upper()}
        case "ack":
            return _("reçu par l’appareil") if body.get("acknowledged") else _("sans réponse de l’appareil")
        case _:
            return ""


def _attempt(row: WebhookAttempt | DeadLetter) -> AttemptLine:
    kind = EVENT_TYPES.get(row.type, row.type)
    if row.status is None:
        return AttemptLine(row, kind, "danger", str(PROBLEMS.get(row.problem, row.problem)))
    is_taken = 200 <= row.status < 300  # noqa: PLR2004 - the class of HTTP's successes
    return AttemptLine(row, kind, "ok" if is_taken else "danger", f"HTTP {row.status}")

"""REST: how the actor is told, what they were told, and the programs outside."""

from datetime import datetime, time
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from maillage.command.notifications import actions, queries
from maillage.command.notifications.actions import Wishes
from maillage.command.notifications.labels import cause_words
from maillage.command.notifications.models import Hook, Notification, Preference
from maillage.identity.idempotency import answer_is_secret
from maillage.identity.middleware import actor_of
from maillage.web.api import CursorPage, PageQuery
from maillage.web.cursor import after_cursor, one_more

router = Router(tags=["notifications"])


class PreferenceIo(Schema):
    """How you want to be told. ``severity`` and above at once; the rest in the digest, if there is one."""

    by_email: bool = True
    by_push: bool = False
    sms_number: str = Field("", max_length=20)
    severity: Literal["info", "warning", "critical"] = "critical"
    digest_at: time | None = None
    quiet_from: time | None = None
    quiet_until: time | None = None
    critical_wakes: bool = True


class MessageOut(Schema):
    """A message and what became of it."""

    id: UUID
    channel: str
    address: str
    subject: str
    severity: str
    state: str
    created_at: datetime
    due_at: datetime
    ended_at: datetime | None
    attempts: int
    cause: str
    explanation: str


class HookIn(Schema):
    """A program to tell of an organisation's alarms."""

    organisation_id: int
    name: str = Field("", max_length=100)
    url: str = Field(max_length=500)
    severity: Literal["info", "warning", "critical"] = "info"


class HookOut(Schema):
    """A program that is told."""

    id: int
    organisation_id: int
    name: str
    url: str
    severity: str
    enabled: bool


class NewHookOut(HookOut):
    """``secret`` signs each call (``X-Maillage-Signature``); it is shown this once."""

    secret: str


@router.get("/me/notification-preference", response=PreferenceIo, summary="How you are told")
def preference(request: HttpRequest) -> PreferenceIo:
    """For the organisation you act for."""
    return _preference(queries.own_preference(actor_of(request)))


@router.put("/me/notification-preference", response=PreferenceIo, summary="Choose how you are told")
def prefer(request: HttpRequest, wanted: PreferenceIo) -> PreferenceIo:
    """For the organisation you act for."""
    return _preference(actions.prefer(actor_of(request), Wishes(**wanted.dict())))


@router.get("/me/notifications", response=CursorPage[MessageOut], summary="What you were told")
def messages(request: HttpRequest, query: Query[PageQuery]) -> CursorPage[MessageOut]:
    """Newest first."""
    found = queries.own_messages(actor_of(request))
    if query.cursor:
        found = found.filter(created_at__lt=datetime.fromisoformat(after_cursor(query.cursor, str)[0]))
    rows = list(found[: query.limit + 1])
    page, next_cursor = one_more(rows, query.limit, lambda one: [one.created_at.isoformat()])
    return CursorPage[MessageOut](items=[_message(one) for one in page], next_cursor=next_cursor)


@router.get("/hooks", response=list[HookOut], summary="Programs that are told")
def hooks(request: HttpRequest) -> list[HookOut]:
    """By name, without their secrets; only for who represents their organisation."""
    return [HookOut(**_hook(one)) for one in queries.represented_hooks(actor_of(request))]


@router.post("/hooks", response={201: NewHookOut}, summary="Tell a program")
def add_hook(request: HttpRequest, new: HookIn) -> Status[NewHookOut]:
    """The secret of its signature is given this once."""
    answer_is_secret(request)
    made = actions.save_hook(actor_of(request), new.organisation_id, new.name, new.url, new.severity)
    return Status(201, NewHookOut(**_hook(made), secret=made.secret))


@router.delete("/hooks/{int:hook_id}", response={204: None}, summary="Tell a program no more")
def remove_hook(request: HttpRequest, hook_id: int) -> Status[None]:
    """What it was told is forgotten with it."""
    actions.remove_hook(actor_of(request), hook_id)
    return Status(204, None)


def _preference(found: Preference) -> PreferenceIo:
    return PreferenceIo(**{name: getattr(found, name) for name in PreferenceIo.model_fields})


def _message(found: Notification) -> MessageOut:
    same = ("channel", "address", "subject", "severity", "state", "created_at", "due_at", "ended_at", "attempts")
    return MessageOut(
        id=found.pk,
        **{name: getattr(found, name) for name in same},
        cause=found.cause,
        explanation=cause_words(found.cause, found.detail, found.attempts),
    )


def _hook(found: Hook) -> dict[str, Any]:
    return {"id": found.pk, **{name: getattr(found, name) for name in list(HookOut.model_fields)[1:]}}

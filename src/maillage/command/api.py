"""REST: commands and schedules, as far as the actor sees them."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Literal
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from maillage.command import actions, queries
from maillage.command.engine.schedule import AtClock, AtSun, Sun
from maillage.command.labels import explain
from maillage.command.models import Command, CommandStep, ScheduleEntry
from maillage.command.schedules import actions as schedules
from maillage.command.schedules.actions import Draft
from maillage.identity.middleware import actor_of
from maillage.kernel import clock
from maillage.kernel.errors import Invalid
from maillage.web.api import CursorPage, PageQuery
from maillage.web.cursor import after_cursor, one_more

router = Router()


class CommandIn(Schema):
    """What to ask of a thing. ``value`` only for verbs that take one."""

    thing_id: int
    verb: str = Field(max_length=48)
    value: float | None = None


class StepOut(Schema):
    """A state the command entered. ``cause`` is a stable code, ``explanation`` its words in your language."""

    state: str
    at: datetime
    cause: str
    explanation: str
    facts: dict[str, object]


class CommandOut(Schema):
    """A command and its life so far."""

    id: UUID
    organisation_id: int
    thing_id: int
    verb: str
    value: float | None
    previous_value: float | None
    origin: str
    requested_by: str
    state: str
    requested_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    steps: list[StepOut]


class EntryIn(Schema):
    """A weekly line: at a local `clock_time`, or at sunrise or sunset with an offset (negative is before)."""

    verb: str = Field(max_length=48)
    value: float | None = None
    weekdays: set[int] = Field(description="ISO days, 1 = Monday … 7 = Sunday.")
    anchor: Literal["clock", "sunrise", "sunset"]
    clock_time: time | None = None
    offset_minutes: int = Field(0, ge=-720, le=720)


class EntryOut(Schema):
    """A weekly line."""

    id: int
    thing_id: int
    verb: str
    value: float | None
    weekdays: list[int]
    anchor: str
    clock_time: time | None
    offset_minutes: int
    enabled: bool


class OccurrenceOut(Schema):
    """What an entry will do, and when."""

    at: datetime
    entry_id: int
    verb: str
    value: float | None


class ScheduleOut(Schema):
    """The weekly schedule of a thing and what it will do in the next seven days."""

    entries: list[EntryOut]
    next_days: list[OccurrenceOut]


class EnabledIn(Schema):
    """On or off."""

    enabled: bool


@router.post("/commands", response={202: CommandOut}, summary="Ask a thing to act", tags=["command"])
def request_command(request: HttpRequest, asked: CommandIn) -> Status[CommandOut]:
    """The command is on its way, not yet carried out: read it again to see what becomes of it."""
    actor = actor_of(request)
    command = actions.request(actor, asked.thing_id, asked.verb, asked.value, Command.Origin.API)
    return Status(202, _command_out(queries.command(actor, command.pk)))


@router.get("/commands/{uuid:command_id}", response=CommandOut, summary="A command", tags=["command"])
def command(request: HttpRequest, command_id: UUID) -> CommandOut:
    """One command with every step of its life."""
    return _command_out(queries.command(actor_of(request), command_id))


@router.get(
    "/things/{int:thing_id}/commands", response=CursorPage[CommandOut], summary="Commands of a thing", tags=["command"]
)
def commands_of_thing(request: HttpRequest, thing_id: int, query: Query[PageQuery]) -> CursorPage[CommandOut]:
    """What was asked of a thing, newest first."""
    found = queries.commands_of_thing(actor_of(request), thing_id).filter(_older_than(query.cursor))
    rows = list(found.order_by("-requested_at", "-pk")[: query.limit + 1])
    page, next_cursor = one_more(rows, query.limit, lambda one: [one.requested_at.isoformat(), str(one.pk)])
    return CursorPage[CommandOut](items=[_command_out(one) for one in page], next_cursor=next_cursor)


@router.get("/things/{int:thing_id}/schedule", response=ScheduleOut, summary="Schedule of a thing", tags=["command"])
def schedule(request: HttpRequest, thing_id: int) -> ScheduleOut:
    """The weekly lines, and what they will do in the next seven days."""
    actor = actor_of(request)
    planned = queries.preview(actor, thing_id, clock.now())
    return ScheduleOut(
        entries=[_entry_out(entry) for entry in queries.schedule_of_thing(actor, thing_id)],
        next_days=[
            OccurrenceOut(at=one.at, entry_id=one.entry.pk, verb=one.entry.verb, value=one.entry.value)
            for one in planned
        ],
    )


@router.post("/things/{int:thing_id}/schedule", response={201: EntryOut}, summary="Add a line", tags=["command"])
def add_entry(request: HttpRequest, thing_id: int, new: EntryIn) -> Status[EntryOut]:
    """A new weekly line; its first occurrence is the next one from now on."""
    return Status(201, _entry_out(schedules.add_entry(actor_of(request), thing_id, _draft(new))))


@router.put("/schedule-entries/{int:entry_id}", response=EntryOut, summary="Change a line", tags=["command"])
def change_entry(request: HttpRequest, entry_id: int, new: EntryIn) -> EntryOut:
    """The line says something else from now on."""
    return _entry_out(schedules.change_entry(actor_of(request), entry_id, _draft(new)))


@router.put("/schedule-entries/{int:entry_id}/enabled", response=EntryOut, summary="Switch a line", tags=["command"])
def enable_entry(request: HttpRequest, entry_id: int, wanted: EnabledIn) -> EntryOut:
    """On or off; what it would have done while off is not made up for."""
    return _entry_out(schedules.enable_entry(actor_of(request), entry_id, enabled=wanted.enabled))


@router.delete("/schedule-entries/{int:entry_id}", response={204: None}, summary="Remove a line", tags=["command"])
def remove_entry(request: HttpRequest, entry_id: int) -> Status[None]:
    """The line is gone."""
    schedules.remove_entry(actor_of(request), entry_id)
    return Status(204, None)


def _older_than(cursor: str) -> Q:
    if not cursor:
        return Q()
    at, key = after_cursor(cursor, str, str)
    try:
        moment, command_id = datetime.fromisoformat(at), UUID(key)
    except ValueError as problem:
        raise Invalid("cursor_unreadable") from problem
    return Q(requested_at__lt=moment) | Q(requested_at=moment, pk__lt=command_id)


def _draft(new: EntryIn) -> Draft:
    return Draft(new.verb, new.value, frozenset(new.weekdays), _moment(new))


def _moment(new: EntryIn) -> AtClock | AtSun:
    if (new.anchor == "clock") != (new.clock_time is not None):
        raise Invalid("moment_unfit")
    if new.clock_time is not None:
        return AtClock(new.clock_time)
    return AtSun(Sun(new.anchor), timedelta(minutes=new.offset_minutes))


def _command_out(found: Command) -> CommandOut:
    return CommandOut(
        id=found.pk,
        organisation_id=found.organisation_id,
        thing_id=found.thing_id,
        verb=found.verb,
        value=found.value,
        previous_value=found.previous_value,
        origin=found.origin,
        requested_by=found.actor_label,
        state=found.state,
        requested_at=found.requested_at,
        expires_at=found.expires_at,
        ended_at=found.ended_at,
        steps=[_step_out(step) for step in found.steps.all()],
    )


def _step_out(step: CommandStep) -> StepOut:
    facts: Mapping[str, object] = step.facts
    explanation = explain(step.state, step.cause, facts)
    return StepOut(state=step.state, at=step.at, cause=step.cause, explanation=explanation, facts=dict(facts))


def _entry_out(entry: ScheduleEntry) -> EntryOut:
    return EntryOut(
        id=entry.pk,
        thing_id=entry.thing_id,
        verb=entry.verb,
        value=entry.value,
        weekdays=list(entry.weekdays),
        anchor=entry.anchor,
        clock_time=entry.clock_time,
        offset_minutes=entry.offset_minutes,
        enabled=entry.enabled,
    )

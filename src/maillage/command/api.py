"""REST: commands and schedules, as far as the actor sees them."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Literal
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from maillage.command import actions, queries
from maillage.command.actions import Circumstances
from maillage.command.api_times import aware
from maillage.command.engine.calendar import DayRule, Wanted
from maillage.command.engine.schedule import AtClock, AtSun, Sun
from maillage.command.labels import explain
from maillage.command.models import Command, CommandStep, ScheduleEntry
from maillage.command.schedules import actions as schedules
from maillage.command.schedules.actions import Draft
from maillage.command.specials.actions import Plan, override
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
    reason: str = Field("", max_length=300, description="Why; needed when `beyond_law`.")
    beyond_law: bool = Field(False, description="Above the legal heating ceiling, for the reason given.")
    until: datetime | None = Field(None, description="Then it goes back by itself to its schedule, or to what it was.")


class StepOut(Schema):
    """A state the command entered. ``cause`` is a stable code, ``explanation`` its words in your language."""

    state: str
    attempt: int
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
    reported_value: float | None = Field(description="What the thing itself reported when it confirmed.")
    reason: str
    beyond_law: bool
    undoes: UUID | None
    batch: UUID | None
    attempt: int
    origin: str
    requested_by: str
    state: str
    wakes_at: datetime | None = Field(None, description="When the device should next listen; only of an open command.")
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
    school_holidays: Wanted = "any"
    public_holidays: Wanted = "any"
    first_day: date | None = None
    last_day: date | None = None
    ready: bool = Field(False, description="Begun early enough for the room to be warm at that time.")
    exception_reason: str = Field("", max_length=300, description="Why above the legal heating ceiling.")


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
    school_holidays: str
    public_holidays: str
    first_day: date | None
    last_day: date | None
    ready: bool
    exception_reason: str
    waits_for_approval: bool
    enabled: bool


class OccurrenceOut(Schema):
    """What an entry will do, and when."""

    at: datetime
    entry_id: int
    verb: str
    value: float | None


class ScheduleOut(Schema):
    """The weekly schedule of a thing and what it will do in the next thirty days."""

    entries: list[EntryOut]
    next_days: list[OccurrenceOut]


class EnabledIn(Schema):
    """On or off."""

    enabled: bool


@router.post("/commands", response={202: CommandOut}, summary="Ask a thing to act", tags=["command"])
def request_command(request: HttpRequest, asked: CommandIn) -> Status[CommandOut]:
    """The command is on its way, not yet carried out: read it again to see what becomes of it."""
    actor = actor_of(request)
    if asked.until is not None:
        reason = asked.reason if asked.beyond_law else ""
        label = asked.reason.strip() or asked.verb
        plan = Plan(label, asked.verb, asked.value, clock.now(), aware(asked.until), reason=reason)
        command = override(actor, asked.thing_id, plan)
    else:
        around = Circumstances(asked.reason, beyond_law=asked.beyond_law)
        command = actions.request(actor, asked.thing_id, asked.verb, asked.value, Command.Origin.API, around=around)
    return Status(202, command_out(queries.command(actor, command.pk)))


@router.get("/commands/{uuid:command_id}", response=CommandOut, summary="A command", tags=["command"])
def command(request: HttpRequest, command_id: UUID) -> CommandOut:
    """One command with every step of its life, and when its device should next listen."""
    actor = actor_of(request)
    found = queries.command(actor, command_id)
    told = command_out(found)
    told.wakes_at = queries.wakes(actor, found, clock.now())
    return told


@router.get(
    "/things/{int:thing_id}/commands", response=CursorPage[CommandOut], summary="Commands of a thing", tags=["command"]
)
def commands_of_thing(request: HttpRequest, thing_id: int, query: Query[PageQuery]) -> CursorPage[CommandOut]:
    """What was asked of a thing, newest first."""
    found = queries.commands_of_thing(actor_of(request), thing_id).filter(_older_than(query.cursor))
    rows = list(found.order_by("-requested_at", "-pk")[: query.limit + 1])
    page, next_cursor = one_more(rows, query.limit, lambda one: [one.requested_at.isoformat(), str(one.pk)])
    return CursorPage[CommandOut](items=[command_out(one) for one in page], next_cursor=next_cursor)


@router.get("/things/{int:thing_id}/schedule", response=ScheduleOut, summary="Schedule of a thing", tags=["command"])
def schedule(request: HttpRequest, thing_id: int) -> ScheduleOut:
    """The weekly lines, and what they will do in the next thirty days."""
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
    days = DayRule(new.school_holidays, new.public_holidays, new.first_day, new.last_day)
    weekdays = frozenset(new.weekdays)
    return Draft(new.verb, new.value, weekdays, _moment(new), days, new.ready, new.exception_reason)


def _moment(new: EntryIn) -> AtClock | AtSun:
    if (new.anchor == "clock") != (new.clock_time is not None):
        raise Invalid("moment_unfit")
    if new.clock_time is not None:
        return AtClock(new.clock_time)
    return AtSun(Sun(new.anchor), timedelta(minutes=new.offset_minutes))


def command_out(found: Command) -> CommandOut:
    """A command as programs read it; its steps are at hand."""
    return CommandOut(
        id=found.pk,
        organisation_id=found.organisation_id,
        thing_id=found.thing_id,
        verb=found.verb,
        value=found.value,
        previous_value=found.previous_value,
        reported_value=next((step.facts["reported"] for step in found.steps.all() if "reported" in step.facts), None),
        reason=found.reason,
        beyond_law=found.beyond_law,
        undoes=found.undoes_id,
        batch=found.batch_id,
        attempt=found.attempt,
        origin=found.origin,
        requested_by=found.actor_label,
        state=found.state,
        wakes_at=None,
        requested_at=found.requested_at,
        expires_at=found.expires_at,
        ended_at=found.ended_at,
        steps=[_step_out(step) for step in found.steps.all()],
    )


def _step_out(step: CommandStep) -> StepOut:
    facts: Mapping[str, object] = step.facts
    explanation = explain(step.state, step.cause, facts)
    return StepOut(
        state=step.state,
        attempt=step.attempt,
        at=step.at,
        cause=step.cause,
        explanation=explanation,
        facts=dict(facts),
    )


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
        school_holidays=entry.school_holidays,
        public_holidays=entry.public_holidays,
        first_day=entry.first_day,
        last_day=entry.last_day,
        ready=entry.ready,
        exception_reason=entry.exception_reason,
        waits_for_approval=entry.proposed_by_id is not None,
        enabled=entry.enabled,
    )

"""REST: alarms, rosters and works, as far as the actor sees them."""

from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from django.db.models import Q
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status
from pydantic import AwareDatetime

from maillage.command.alarms import actions, labels, queries
from maillage.command.alarms.engine.oncall import Patience
from maillage.command.alarms.models import Alarm, AlarmEvent, Maintenance, Roster
from maillage.command.alarms.queries import AlarmFilter
from maillage.command.alarms.rosters import actions as rosters
from maillage.command.alarms.rosters.actions import Turn, Works
from maillage.identity.middleware import actor_of
from maillage.kernel import clock
from maillage.kernel.errors import Invalid
from maillage.web.api import CursorPage, PageQuery
from maillage.web.cursor import after_cursor, one_more

router = Router(tags=["alarms"])


class AlarmOut(Schema):
    """An alarm. ``title`` and ``explanation`` are in your language; ``key`` names its cause."""

    id: int
    organisation_id: int
    key: str
    code: str
    label: str
    title: str
    explanation: str
    severity: str
    state: str
    site_id: int | None
    thing_id: int | None
    gateway_eui: str
    assigned_to: str | None
    raised_at: datetime
    rung_at: datetime
    times_rung: int
    ended_at: datetime | None


class EventOut(Schema):
    """A line of an alarm's life."""

    at: datetime
    kind: str
    by: str
    comment: str
    words: str


class AlarmLifeOut(AlarmOut):
    """An alarm with its life."""

    events: list[EventOut]


class AlarmQuery(PageQuery):
    """Which alarms."""

    state: Literal["open", "all", "raised", "acknowledged", "cleared", "closed"] = "open"
    severity: Literal["", "info", "warning", "critical"] = ""
    site_id: int | None = None


class CommentIn(Schema):
    """A few words for whoever reads it later."""

    comment: str = Field("", max_length=actions.LONGEST_COMMENT)


class AssignIn(Schema):
    """Whom the alarm is entrusted to."""

    user_id: int


class RosterIn(Schema):
    """A roster and how long it waits."""

    organisation_id: int
    name: str = Field(max_length=100)
    escalate_after_min: int = 15
    remind_every_min: int = 30


class ShiftIn(Schema):
    """When somebody is on call: local times; ``until`` at or before ``start`` is on the next day."""

    user_id: int
    level: int = 1
    weekdays: set[int]
    start: time
    until: time
    first_day: date | None = None
    last_day: date | None = None


class ShiftOut(Schema):
    """When somebody is on call."""

    id: int
    person: str
    level: int
    weekdays: list[int]
    start: time
    until: time
    first_day: date | None
    last_day: date | None


class RosterOut(Schema):
    """Who is told of alarms, in turn."""

    id: int
    organisation_id: int
    name: str
    escalate_after_min: int
    remind_every_min: int
    shifts: list[ShiftOut]


class WorksIn(Schema):
    """Nobody is told meanwhile of what rings on the site, by the gateway or, without either, in the organisation."""

    organisation_id: int
    site_id: int | None = None
    gateway_eui: str = Field("", max_length=16)
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    reason: str = Field(max_length=200)


class WorksOut(Schema):
    """Works under way or to come."""

    id: int
    organisation_id: int
    site_id: int | None
    gateway_eui: str
    starts_at: datetime
    ends_at: datetime
    reason: str
    announced_by: str


@router.get("/alarms", response=CursorPage[AlarmOut], summary="Alarms")
def alarms(request: HttpRequest, query: Query[AlarmQuery]) -> CursorPage[AlarmOut]:
    """Newest first; those still open by default."""
    wanted = AlarmFilter(state=query.state, severity=query.severity, site_id=query.site_id)
    found = queries.matching(actor_of(request), wanted).filter(_older_than(query.cursor))
    rows = list(found[: query.limit + 1])
    page, next_cursor = one_more(rows, query.limit, lambda one: [one.raised_at.isoformat(), one.pk])
    return CursorPage[AlarmOut](items=[AlarmOut(**_alarm(one)) for one in page], next_cursor=next_cursor)


@router.get("/alarms/{int:alarm_id}", response=AlarmLifeOut, summary="An alarm")
def alarm(request: HttpRequest, alarm_id: int) -> AlarmLifeOut:
    """One alarm with its life."""
    return _life(queries.alarm(actor_of(request), alarm_id))


@router.post("/alarms/{int:alarm_id}/acknowledge", response=AlarmLifeOut, summary="Take in charge")
def acknowledge(request: HttpRequest, alarm_id: int, said: CommentIn) -> AlarmLifeOut:
    """Nobody is reminded any more. Twice is once."""
    actor = actor_of(request)
    return _life(queries.alarm(actor, actions.acknowledge(actor, alarm_id, said.comment).pk))


@router.post("/alarms/{int:alarm_id}/assign", response=AlarmLifeOut, summary="Entrust")
def assign(request: HttpRequest, alarm_id: int, whom: AssignIn) -> AlarmLifeOut:
    """Somebody is entrusted with it, and told."""
    actor = actor_of(request)
    return _life(queries.alarm(actor, actions.assign(actor, alarm_id, whom.user_id).pk))


@router.post("/alarms/{int:alarm_id}/comments", response={201: AlarmLifeOut}, summary="Comment")
def comment(request: HttpRequest, alarm_id: int, said: CommentIn) -> Status[AlarmLifeOut]:
    """Something worth knowing."""
    actor = actor_of(request)
    return Status(201, _life(queries.alarm(actor, actions.comment(actor, alarm_id, said.comment).pk)))


@router.post("/alarms/{int:alarm_id}/close", response=AlarmLifeOut, summary="Close")
def close(request: HttpRequest, alarm_id: int, said: CommentIn) -> AlarmLifeOut:
    """Dealt with; the comment says how."""
    actor = actor_of(request)
    return _life(queries.alarm(actor, actions.close(actor, alarm_id, said.comment).pk))


@router.get("/rosters", response=list[RosterOut], summary="Rosters")
def all_rosters(request: HttpRequest) -> list[RosterOut]:
    """Who is on call."""
    return [_roster(one) for one in queries.rosters(actor_of(request))]


@router.post("/rosters", response={201: RosterOut}, summary="Add a roster")
def add_roster(request: HttpRequest, new: RosterIn) -> Status[RosterOut]:
    """Without shifts yet."""
    actor = actor_of(request)
    patience = Patience(timedelta(minutes=new.escalate_after_min), timedelta(minutes=new.remind_every_min))
    saved = rosters.save_roster(actor, new.organisation_id, new.name, patience)
    return Status(201, _roster(queries.roster(actor, saved.pk)))


@router.post("/rosters/{int:roster_id}/shifts", response={201: RosterOut}, summary="Add a shift")
def add_shift(request: HttpRequest, roster_id: int, new: ShiftIn) -> Status[RosterOut]:
    """Somebody is on call then."""
    actor = actor_of(request)
    turn = Turn(new.user_id, new.level, frozenset(new.weekdays), new.start, new.until, new.first_day, new.last_day)
    rosters.add_shift(actor, roster_id, turn)
    return Status(201, _roster(queries.roster(actor, roster_id)))


@router.delete("/rosters/{int:roster_id}/shifts/{int:shift_id}", response={204: None}, summary="Remove a shift")
def remove_shift(request: HttpRequest, roster_id: int, shift_id: int) -> Status[None]:
    """No longer on call then."""
    rosters.remove_shift(actor_of(request), roster_id, shift_id)
    return Status(204, None)


@router.delete("/rosters/{int:roster_id}", response={204: None}, summary="Remove a roster")
def remove_roster(request: HttpRequest, roster_id: int) -> Status[None]:
    """Its alarms are told to the organisation's people again."""
    rosters.remove_roster(actor_of(request), roster_id)
    return Status(204, None)


@router.get("/maintenances", response=list[WorksOut], summary="Works")
def maintenances(request: HttpRequest) -> list[WorksOut]:
    """Under way or to come."""
    return [_works(one) for one in queries.maintenances(actor_of(request), clock.now())]


@router.post("/maintenances", response={201: WorksOut}, summary="Announce works")
def announce(request: HttpRequest, new: WorksIn) -> Status[WorksOut]:
    """Alarms are noted meanwhile and told at the end if they still ring."""
    works = Works(new.organisation_id, new.starts_at, new.ends_at, new.reason, new.site_id, new.gateway_eui.lower())
    return Status(201, _works(rosters.announce(actor_of(request), works)))


@router.delete("/maintenances/{int:maintenance_id}", response={204: None}, summary="End works")
def end_works(request: HttpRequest, maintenance_id: int) -> Status[None]:
    """What rings is told again."""
    rosters.end(actor_of(request), maintenance_id)
    return Status(204, None)


def _older_than(cursor: str) -> Q:
    if not cursor:
        return Q()
    at, pk = after_cursor(cursor, str, int)
    try:
        moment = datetime.fromisoformat(at)
    except ValueError as problem:
        raise Invalid("cursor_unreadable") from problem
    return Q(raised_at__lt=moment) | Q(raised_at=moment, pk__lt=pk)


def _alarm(found: Alarm) -> dict[str, Any]:
    same = ("organisation_id", "key", "code", "label", "severity", "state", "site_id", "thing_id", "gateway_eui")
    return {
        "id": found.pk,
        **{name: getattr(found, name) for name in same},
        "title": labels.title(found.code, found.label),
        "explanation": labels.explanation(found.code, found.facts),
        "assigned_to": found.assigned_to.full_name if found.assigned_to else None,
        **{name: getattr(found, name) for name in ("raised_at", "rung_at", "times_rung", "ended_at")},
    }


def _life(found: Alarm) -> AlarmLifeOut:
    return AlarmLifeOut(**_alarm(found), events=[_event(one) for one in found.events.all()])


def _event(event: AlarmEvent) -> EventOut:
    words = labels.event_words(event.kind, event.facts)
    return EventOut(at=event.at, kind=event.kind, by=event.actor_label, comment=event.comment, words=words)


def _roster(found: Roster) -> RosterOut:
    return RosterOut(
        id=found.pk,
        organisation_id=found.organisation_id,
        name=found.name,
        escalate_after_min=found.escalate_after_s // 60,
        remind_every_min=found.remind_every_s // 60,
        shifts=[
            ShiftOut(
                id=shift.pk,
                person=shift.user.full_name,
                level=shift.level,
                weekdays=list(shift.weekdays),
                start=shift.start,
                until=shift.until,
                first_day=shift.first_day,
                last_day=shift.last_day,
            )
            for shift in found.shifts.all()
        ],
    )


def _works(found: Maintenance) -> WorksOut:
    return WorksOut(
        id=found.pk,
        organisation_id=found.organisation_id,
        site_id=found.site_id,
        gateway_eui=found.gateway_eui,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        reason=found.reason,
        announced_by=found.announced_by,
    )

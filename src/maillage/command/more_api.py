"""REST: approvals, undoing, many at once, exceptional periods, hours of use, two-person rules."""

from datetime import datetime, time
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from maillage.command import actions, queries
from maillage.command.actions import Circumstances
from maillage.command.api import CommandOut, command_out
from maillage.command.api_times import aware
from maillage.command.bulk.actions import request_many
from maillage.command.bulk.queries import Selection, batch, commands_of_batch, outcome
from maillage.command.engine.calendar import Wanted
from maillage.command.models import OpeningHours, SpecialPeriod, TwoPersonRule
from maillage.command.openings.actions import Hours, add_opening, remove_opening
from maillage.command.specials.actions import Plan, cancel_period, plan_period
from maillage.command.two_persons.actions import lift_rule, require_two
from maillage.command.undoing.actions import undo
from maillage.identity.actor import Actor
from maillage.identity.middleware import actor_of
from maillage.telemetry import queries as telemetry

router = Router()


class DeclineIn(Schema):
    """Why not."""

    reason: str = Field("", max_length=300)


class BatchIn(Schema):
    """Whom it concerns and what is asked. Without `site_kind` and `site_ids`: every site of the commune."""

    commune: str = Field(description="INSEE code.")
    solution: str
    verb: str
    value: float | None = None
    site_kind: str = ""
    site_ids: set[int] = set()
    label: str = Field("", max_length=150)
    reason: str = Field("", max_length=300)
    beyond_law: bool = False


class BatchOut(Schema):
    """A bulk command and what became of each part."""

    id: UUID
    label: str
    verb: str
    value: float | None
    requested_at: datetime
    asked: int
    confirmed: int
    under_way: int
    refused: int
    failed: int
    commands: list[CommandOut]


class SpecialIn(Schema):
    """The same for some things, from an instant to another (both with their offset from UTC)."""

    thing_ids: set[int]
    label: str = Field(max_length=150)
    verb: str
    value: float | None = None
    starts_at: datetime
    ends_at: datetime
    occupied: bool = Field(True, description="The building is used meanwhile; false for a closure.")
    ready: bool = False
    reason: str = Field("", max_length=300, description="Why above the legal heating ceiling.")


class SpecialOut(Schema):
    """An exceptional period of one thing."""

    id: int
    thing_id: int
    label: str
    verb: str
    value: float | None
    starts_at: datetime
    ends_at: datetime
    occupied: bool
    ready: bool
    reason: str
    begun_at: datetime | None
    ended_at: datetime | None
    cancelled_at: datetime | None


class HoursIn(Schema):
    """Local times of these ISO weekdays."""

    weekdays: set[int]
    opens: time
    closes: time
    school_holidays: Wanted = "any"
    public_holidays: Wanted = "never"


class HoursOut(Schema):
    """When a building is used."""

    id: int
    site_id: int
    weekdays: list[int]
    opens: time
    closes: time
    school_holidays: str
    public_holidays: str


class RuleIn(Schema):
    """What two persons must agree on; without `site_id`, on all of the organisation's sites."""

    solution: str
    verb: str
    site_id: int | None = None


class RuleOut(Schema):
    """A two-person rule."""

    id: int
    organisation_id: int
    solution: str
    verb: str
    site_id: int | None


@router.post(
    "/commands/{uuid:command_id}/approve", response=CommandOut, summary="Approve a proposed command", tags=["command"]
)
def approve_command(request: HttpRequest, command_id: UUID) -> CommandOut:
    """The second person agrees: it leaves."""
    actor = actor_of(request)
    actions.approve(actor, command_id)
    return command_out(queries.command(actor, command_id))


@router.post(
    "/commands/{uuid:command_id}/decline", response=CommandOut, summary="Decline a proposed command", tags=["command"]
)
def decline_command(request: HttpRequest, command_id: UUID, why: DeclineIn) -> CommandOut:
    """It is not wanted."""
    actor = actor_of(request)
    actions.decline(actor, command_id, why.reason)
    return command_out(queries.command(actor, command_id))


@router.post("/commands/{uuid:command_id}/undo", response=CommandOut, summary="Undo a command", tags=["command"])
def undo_command(request: HttpRequest, command_id: UUID) -> CommandOut:
    """The same command called back, or the new one that asks for what was before."""
    actor = actor_of(request)
    return command_out(queries.command(actor, undo(actor, command_id).pk))


@router.post("/batches", response={202: BatchOut}, summary="Ask many things to act", tags=["command"])
def request_batch(request: HttpRequest, asked: BatchIn) -> Status[BatchOut]:
    """Each thing answers for itself: read the batch again to see what becomes of them."""
    actor = actor_of(request)
    ids = frozenset(asked.site_ids)
    selection = Selection(asked.commune, asked.solution, asked.verb, asked.site_kind, ids)
    around = Circumstances(asked.reason, beyond_law=asked.beyond_law)
    found = request_many(actor, selection, asked.value, asked.label or asked.site_kind or asked.commune, around=around)
    return Status(202, _batch_out(actor, found.pk))


@router.get("/batches/{uuid:batch_id}", response=BatchOut, summary="A bulk command", tags=["command"])
def read_batch(request: HttpRequest, batch_id: UUID) -> BatchOut:
    """What became of each part so far."""
    return _batch_out(actor_of(request), batch_id)


@router.get(
    "/things/{int:thing_id}/exceptions", response=list[SpecialOut], summary="Exceptional periods", tags=["command"]
)
def specials_of_thing(request: HttpRequest, thing_id: int) -> list[SpecialPeriod]:
    """Those of a thing that are not over."""
    return queries.specials_of_thing(actor_of(request), thing_id)


@router.post("/exceptions", response={201: list[SpecialOut]}, summary="Plan an exceptional period", tags=["command"])
def add_special(request: HttpRequest, new: SpecialIn) -> Status[list[SpecialPeriod]]:
    """The things' weekly lines rest meanwhile; then they go on."""
    plan = Plan(
        label=new.label,
        verb=new.verb,
        value=new.value,
        starts_at=aware(new.starts_at),
        ends_at=aware(new.ends_at),
        occupied=new.occupied,
        ready=new.ready,
        reason=new.reason,
    )
    return Status(201, plan_period(actor_of(request), sorted(new.thing_ids), plan))


@router.delete(
    "/exceptions/{int:period_id}", response=SpecialOut, summary="Cancel or end an exceptional period", tags=["command"]
)
def remove_special(request: HttpRequest, period_id: int) -> SpecialPeriod:
    """It does not take place, or ends now."""
    return cancel_period(actor_of(request), period_id)


@router.get("/sites/{int:site_id}/hours", response=list[HoursOut], summary="When a building is used", tags=["command"])
def hours_of_site(request: HttpRequest, site_id: int) -> list[OpeningHours]:
    """Without any it counts as used at all times."""
    actor = actor_of(request)
    return list(queries.opening_hours(actor, telemetry.site(actor, site_id).pk))


@router.post("/sites/{int:site_id}/hours", response={201: HoursOut}, summary="Add hours of use", tags=["command"])
def add_hours(request: HttpRequest, site_id: int, new: HoursIn) -> Status[OpeningHours]:
    """The law's heating ceilings depend on them."""
    days = frozenset(new.weekdays)
    hours = Hours(days, new.opens, new.closes, new.school_holidays, new.public_holidays)
    return Status(201, add_opening(actor_of(request), site_id, hours))


@router.delete("/hours/{int:opening_id}", response={204: None}, summary="Remove hours of use", tags=["command"])
def remove_hours(request: HttpRequest, opening_id: int) -> Status[None]:
    """The building is not used then any more."""
    remove_opening(actor_of(request), opening_id)
    return Status(204, None)


@router.get("/two-person-rules", response=list[RuleOut], summary="What two persons must agree on", tags=["command"])
def two_person_rules(request: HttpRequest) -> list[TwoPersonRule]:
    """The rules of the organisations that you see."""
    return list(queries.two_person_rules(actor_of(request)))


@router.post(
    "/organisations/{int:organisation_id}/two-person-rules",
    response={201: RuleOut},
    summary="Ask for two persons",
    tags=["command"],
)
def add_rule(request: HttpRequest, organisation_id: int, new: RuleIn) -> Status[TwoPersonRule]:
    """What one person asks from now on, another one must approve."""
    rule = require_two(actor_of(request), organisation_id, new.solution, new.verb, new.site_id)
    return Status(201, rule)


@router.delete(
    "/two-person-rules/{int:rule_id}", response={204: None}, summary="Lift a two-person rule", tags=["command"]
)
def remove_rule(request: HttpRequest, rule_id: int) -> Status[None]:
    """One person is enough again."""
    lift_rule(actor_of(request), rule_id)
    return Status(204, None)


def _batch_out(actor: Actor, batch_id: UUID) -> BatchOut:
    found = batch(actor, batch_id)
    commands = list(commands_of_batch(actor, found.pk))
    told = outcome(commands)
    return BatchOut(
        id=found.pk,
        label=found.label,
        verb=found.verb,
        value=found.value,
        requested_at=found.requested_at,
        asked=told.asked,
        confirmed=told.confirmed,
        under_way=told.under_way,
        refused=told.refused,
        failed=told.failed,
        commands=[command_out(one) for one in commands],
    )

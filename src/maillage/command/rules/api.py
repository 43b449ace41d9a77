"""REST: rules and what they would have done, as far as the actor sees them."""

from datetime import datetime, time, timedelta
from typing import Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status
from pydantic import AwareDatetime

from maillage.command.rules import actions, queries
from maillage.command.rules.actions import Draft, Hours, Order, Variable
from maillage.command.rules.models import Rule
from maillage.command.rules.rehearsal import rehearse
from maillage.identity.middleware import actor_of

router = Router(tags=["rules"])


class VariableIo(Schema):
    """A name in the condition: a datastream (a ``double``), or a group of them (a ``list(double)``)."""

    alias: str = Field(max_length=32)
    datastream_ids: list[int] = Field(max_length=actions.MOST_MEMBERS)
    is_group: bool = False


class OrderIo(Schema):
    """A command given when the rule rings, or is quiet again."""

    turn: Literal["raised", "cleared"]
    thing_id: int
    verb: str = Field(max_length=48)
    value: float | None = None


class HoursIo(Schema):
    """When the rule listens: local times on ISO days; ``until`` at or before ``start`` is on the next day."""

    weekdays: list[int]
    start: time
    until: time


class RuleIn(Schema):
    """What a rule says. ``condition`` is CEL over the variables; durations are in seconds."""

    name: str = Field(max_length=150)
    variables: list[VariableIo]
    condition: str = Field(max_length=2000)
    clear_condition: str = Field("", max_length=2000)
    hold_s: int = Field(0, ge=0)
    clear_hold_s: int = Field(0, ge=0)
    rest_s: int = Field(600, ge=0)
    severity: Literal["info", "warning", "critical"] = "warning"
    advice: str = Field("", max_length=500)
    raises_alarm: bool = True
    hours: HoursIo | None = None
    orders: list[OrderIo] = Field(default_factory=list, max_length=10)
    roster_id: int | None = None
    hook_id: int | None = None


class NewRuleIn(RuleIn):
    """A new rule of an organisation."""

    organisation_id: int


class RuleOut(RuleIn):
    """A rule and its state: ``quiet``, ``pending``, ``ringing``, ``clearing``; null while it is switched off."""

    id: int
    organisation_id: int
    enabled: bool
    phase: str | None
    since: datetime | None
    fault: str


class EnabledIn(Schema):
    """On or off."""

    enabled: bool


class RehearsalIn(NewRuleIn):
    """A rule to try against a span of the past."""

    start: AwareDatetime
    end: AwareDatetime


class EpisodeOut(Schema):
    """It would have rung from here to there; null: it still would."""

    raised_at: datetime
    cleared_at: datetime | None


class RehearsalOut(Schema):
    """What it would have done. ``start`` is later than asked for (``is_cut``) when there was too much to read."""

    times: int
    total_s: int
    readings: int
    start: datetime
    end: datetime
    is_cut: bool
    fault: str
    episodes: list[EpisodeOut]


@router.get("/rules", response=list[RuleOut], summary="Rules")
def rules(request: HttpRequest) -> list[RuleOut]:
    """By name."""
    return [_out(one) for one in queries.rules(actor_of(request))]


@router.post("/rules", response={201: RuleOut}, summary="Add a rule")
def add_rule(request: HttpRequest, new: NewRuleIn) -> Status[RuleOut]:
    """Switched off: try it against the past, then switch it on."""
    actor = actor_of(request)
    return Status(201, _out(queries.rule(actor, actions.add_rule(actor, new.organisation_id, _draft(new)).pk)))


@router.post("/rules/rehearse", response=RehearsalOut, summary="Try against the past")
def rehearse_rule(request: HttpRequest, new: RehearsalIn) -> RehearsalOut:
    """Nothing is saved and nothing rings."""
    found = rehearse(actor_of(request), new.organisation_id, _draft(new), new.start, new.end)
    return RehearsalOut(
        times=len(found.episodes),
        total_s=int(found.total.total_seconds()),
        readings=found.readings,
        start=found.start,
        end=found.end,
        is_cut=found.is_cut,
        fault=found.fault,
        episodes=[EpisodeOut(raised_at=one.raised_at, cleared_at=one.cleared_at) for one in found.episodes],
    )


@router.get("/rules/{int:rule_id}", response=RuleOut, summary="A rule")
def rule(request: HttpRequest, rule_id: int) -> RuleOut:
    """One rule and its state."""
    return _out(queries.rule(actor_of(request), rule_id))


@router.put("/rules/{int:rule_id}", response=RuleOut, summary="Change a rule")
def change_rule(request: HttpRequest, rule_id: int, new: RuleIn) -> RuleOut:
    """It says something else from now on; its alarm ends."""
    actor = actor_of(request)
    return _out(queries.rule(actor, actions.change_rule(actor, rule_id, _draft(new)).pk))


@router.put("/rules/{int:rule_id}/enabled", response=RuleOut, summary="Switch a rule")
def enable_rule(request: HttpRequest, rule_id: int, wanted: EnabledIn) -> RuleOut:
    """On or off."""
    actor = actor_of(request)
    return _out(queries.rule(actor, actions.enable_rule(actor, rule_id, enabled=wanted.enabled).pk))


@router.delete("/rules/{int:rule_id}", response={204: None}, summary="Remove a rule")
def remove_rule(request: HttpRequest, rule_id: int) -> Status[None]:
    """Its past alarms stay."""
    actions.remove_rule(actor_of(request), rule_id)
    return Status(204, None)


def _draft(new: RuleIn) -> Draft:
    hours = new.hours
    return Draft(
        name=new.name,
        variables=tuple(Variable(one.alias, tuple(one.datastream_ids), one.is_group) for one in new.variables),
        condition=new.condition,
        clear_condition=new.clear_condition,
        hold=timedelta(seconds=new.hold_s),
        clear_hold=timedelta(seconds=new.clear_hold_s),
        rest=timedelta(seconds=new.rest_s),
        severity=new.severity,
        advice=new.advice,
        raises_alarm=new.raises_alarm,
        hours=Hours(frozenset(hours.weekdays), hours.start, hours.until) if hours else None,
        orders=tuple(Order(one.turn, one.thing_id, one.verb, one.value) for one in new.orders),
        roster_id=new.roster_id,
        hook_id=new.hook_id,
    )


def _out(found: Rule) -> RuleOut:
    state = getattr(found, "state", None)
    hours = None
    if found.window_start is not None and found.window_until is not None:
        hours = HoursIo(weekdays=list(found.weekdays), start=found.window_start, until=found.window_until)
    same = ("name", "condition", "clear_condition", "hold_s", "clear_hold_s", "rest_s", "severity", "advice")
    more = ("raises_alarm", "roster_id", "hook_id", "organisation_id", "enabled")
    return RuleOut(
        id=found.pk,
        **{name: getattr(found, name) for name in same + more},
        variables=[
            VariableIo(
                alias=one.alias, datastream_ids=[stream.pk for stream in one.datastreams.all()], is_group=one.is_group
            )
            for one in found.inputs.all()
        ],
        orders=[
            OrderIo(
                turn="cleared" if one.turn == "cleared" else "raised",
                thing_id=one.thing_id,
                verb=one.verb,
                value=one.value,
            )
            for one in found.orders.all()
        ],
        hours=hours,
        phase=state.phase if state else None,
        since=state.since if state else None,
        fault=state.fault if state else "",
    )

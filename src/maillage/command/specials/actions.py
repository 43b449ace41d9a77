"""Writes: exceptional periods are planned and cancelled; the command process begins and ends each exactly once."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from maillage.command import guards, queries, registry
from maillage.command.actions import Circumstances, note_refusal, request
from maillage.command.engine.bounds import check
from maillage.command.engine.standing import standing
from maillage.command.logbook.actions import note_thing
from maillage.command.models import REASON_LENGTH, Command, SpecialPeriod
from maillage.command.warming.queries import lead_for
from maillage.identity.actor import Actor
from maillage.identity.policies import require_command
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, NotFound, Refused
from maillage.telemetry import queries as telemetry
from maillage.telemetry.models import Thing

LONGEST = timedelta(days=100)
FARTHEST = timedelta(days=400)
LABEL_LENGTH = 150


@dataclass(frozen=True, slots=True)
class Plan:
    """What a thing does from ``starts_at`` to ``ends_at``, both aware. ``reason``: why above the legal ceiling, if so.

    ``occupied``: the building is used meanwhile; a closure says False. ``ready``: begun early, so that a room is warm.
    """

    label: str
    verb: str
    value: float | None
    starts_at: datetime
    ends_at: datetime
    occupied: bool = True
    ready: bool = False
    reason: str = ""


@transaction.atomic
def plan_period(actor: Actor, thing_ids: Sequence[int], plan: Plan) -> list[SpecialPeriod]:
    """The same for several things, or none of it.

    Raises ``NotFound`` for a thing that is not the actor's to see, ``Refused``, ``Invalid`` and ``Conflict`` that say
    what to change: two periods of one thing never overlap.
    """
    _check_time(plan, clock.now())
    label = plan.label.strip()[:LABEL_LENGTH]
    if not label:
        raise Invalid("special_without_label")
    batch = uuid.uuid4()
    periods = [_plan_one(actor, thing_id, plan, label, batch) for thing_id in sorted(set(thing_ids))]
    if not periods:
        raise Invalid("special_without_things")
    for period in periods:
        note_thing(actor, period.thing, "special.planned", _said(period))
    return periods


def override(actor: Actor, thing_id: int, plan: Plan, command_id: UUID | None = None) -> Command:
    """Asks a thing to act now, for a time; at the end it goes back by itself, whatever restarts in between.

    An override that runs already is replaced. What is refused leaves its trace, as ``request`` does, and no period.
    """
    try:
        return _override(actor, thing_id, plan, command_id)
    except (Invalid, Refused, Conflict) as refusal:
        around = Circumstances(plan.reason or plan.label, beyond_law=bool(plan.reason))
        note_refusal(actor, thing_id, plan.verb, plan.value, refusal, around)
        raise


@transaction.atomic
def _override(actor: Actor, thing_id: int, plan: Plan, command_id: UUID | None) -> Command:
    earlier = queries.commands(actor).filter(pk=command_id).first() if command_id else None
    if earlier is not None:
        return earlier
    now = clock.now()
    running = queries.special_periods(actor).filter(thing_id=thing_id, ended_at=None, begun_at__isnull=False)
    for period in running.select_for_update(of=("self",)):
        _close(actor, period, now, "special.replaced")
    (period,) = plan_period(actor, [thing_id], plan)
    around = Circumstances(plan.reason or plan.label, beyond_law=bool(plan.reason))
    _remember(actor, period)
    command = request(actor, thing_id, plan.verb, plan.value, Command.Origin.PERSON, command_id, around)
    period.begun_at = command.requested_at
    period.save(update_fields=["begun_at", "verb_after", "value_after"])
    return command


@transaction.atomic
def cancel_period(actor: Actor, period_id: int) -> SpecialPeriod:
    """It does not take place, or ends now: the thing goes back at the scheduler's next look."""
    period = _locked(actor, period_id)
    if period.ended_at is not None or period.cancelled_at is not None:
        raise Conflict("special_over")
    now = clock.now()
    period.cancelled_at = now
    if period.begun_at is None:
        period.ended_at = now
    period.save(update_fields=["cancelled_at", "ended_at"])
    note_thing(actor, period.thing, "special.cancelled", _said(period))
    return period


@transaction.atomic
def drop_override(actor: Actor, thing_id: int, begun_at: datetime) -> None:
    """The override that began then is over, and asks for nothing: whoever undid it has."""
    now = clock.now()
    found = queries.special_periods(actor).filter(thing_id=thing_id, begun_at=begun_at, ended_at=None)
    for period in found.select_for_update(of=("self",)):
        require_command(actor, period.organisation_id)
        _close(actor, period, now, "special.cancelled")


def carry_out_specials(actor: Actor, now: datetime) -> list[Command]:
    """Begins and ends what is due, each exactly once, whatever restarts in between."""
    found = [_carry_out(actor, period_id, now) for period_id in _due_ids(actor, now)]
    return [command for command in found if command is not None]


def _said(period: SpecialPeriod) -> dict[str, object]:
    """The period as the journal tells it."""
    return {
        "label": period.label,
        "verb": period.verb,
        "value": period.value,
        "starts_at": period.starts_at.isoformat(timespec="minutes"),
        "ends_at": period.ends_at.isoformat(timespec="minutes"),
        **({"reason": period.reason} if period.reason else {}),
    }


def _due_ids(actor: Actor, now: datetime) -> list[int]:
    waiting = SpecialPeriod.objects.visible_to(actor).filter(ended_at=None, thing__decommissioned_at=None)
    soon = waiting.filter(starts_at__lte=now + guards.WARM_UP).select_related("thing__site", "thing__device")
    return [period.pk for period in soon.order_by("starts_at", "pk") if _is_due(actor, period, now)]


def _is_due(actor: Actor, period: SpecialPeriod, now: datetime) -> bool:
    if period.begun_at is not None or period.cancelled_at is not None:
        return period.cancelled_at is not None or period.ends_at <= now
    return period.starts_at - lead_for(actor, period, now) <= now


@transaction.atomic
def _carry_out(actor: Actor, period_id: int, now: datetime) -> Command | None:
    found = queries.special_periods(actor).select_for_update(of=("self",)).filter(pk=period_id, ended_at=None).first()
    if found is None or not _is_due(actor, found, now):
        return None
    return _begin(actor, found, now) if found.begun_at is None else _end(actor, found, now)


def _begin(actor: Actor, period: SpecialPeriod, now: datetime) -> Command | None:
    if period.ends_at <= now:
        _close(actor, period, now, "special.missed")
        return None
    _remember(actor, period)
    period.begun_at = now
    period.save(update_fields=["begun_at", "verb_after", "value_after"])
    return _ask(actor, period, period.verb, period.value)


def _end(actor: Actor, period: SpecialPeriod, now: datetime) -> Command | None:
    """What the schedule wants by now, else what was before."""
    _close(actor, period, now, "special.ended")
    verb, value = wanted_now(actor, period.thing, period.verb, now) or (period.verb_after, period.value_after)
    return _ask(actor, period, verb, value) if verb else None


def wanted_now(actor: Actor, thing: Thing, verb: str, now: datetime) -> tuple[str, float | None] | None:
    """What the thing's schedule wants it to be at ``now``, of the states that ``verb`` drives; None when nothing."""
    rivals = registry.rival_verbs(thing.solution, queries.model_of(thing), verb)
    entries = [one for one in queries.schedule_of_thing(actor, thing.pk) if one.enabled and one.verb in rivals]
    turn = standing([queries.as_value(one) for one in entries], queries.place_of(thing), now)
    return next(((one.verb, one.value) for one in entries if turn is not None and one.pk == turn.key), None)


def _remember(actor: Actor, period: SpecialPeriod) -> None:
    """How the thing stands before it begins."""
    period.verb_after, period.value_after = queries.stands(actor, period.thing, period.verb)


def _ask(actor: Actor, period: SpecialPeriod, verb: str, value: float | None) -> Command | None:
    around = Circumstances(period.reason or period.label, beyond_law=bool(period.reason), lowers=not period.reason)
    try:
        return request(actor, period.thing_id, verb, value, Command.Origin.SPECIAL, around=around)
    except (
        Invalid,
        Refused,
        Conflict,
    ):  # noted by ``request``: refused, with its cause, in the journal and on the page
        return None


def _close(actor: Actor, period: SpecialPeriod, now: datetime, action: str) -> None:
    period.ended_at = now
    period.save(update_fields=["ended_at"])
    note_thing(actor, period.thing, action, _said(period))


def _plan_one(actor: Actor, thing_id: int, plan: Plan, label: str, batch: UUID) -> SpecialPeriod:
    thing = telemetry.thing(actor, thing_id)
    require_command(actor, thing.organisation_id)
    if thing.decommissioned_at is not None:
        raise Conflict("thing_decommissioned", thing=thing.name)
    offer = registry.offer(thing.solution, queries.model_of(thing), plan.verb)
    value = check(plan.value, offer.limits)
    _check_law(thing, plan, value)
    if queries.needs_two(actor, thing, plan.verb):
        raise Refused("special_needs_two", thing=thing.name)
    clash = queries.special_periods(actor).filter(
        thing=thing, ended_at=None, cancelled_at=None, starts_at__lt=plan.ends_at, ends_at__gt=plan.starts_at
    )
    other = clash.first()
    if other is not None:
        raise Conflict("special_overlaps", thing=thing.name, label=other.label)
    return SpecialPeriod.objects.create(
        organisation_id=thing.organisation_id,
        thing=thing,
        batch=batch,
        label=label,
        reason=guards.require_reason(plan.reason)[:REASON_LENGTH] if plan.reason else "",
        verb=plan.verb,
        value=value,
        occupied=plan.occupied,
        ready=plan.ready,
        starts_at=plan.starts_at,
        ends_at=plan.ends_at,
        created_by_id=actor.user_id,
        actor_label=actor.label,
    )


def _check_law(thing: Thing, plan: Plan, value: float | None) -> None:
    """What is planned is for a building in use, or for an empty one: the law has a ceiling for each."""
    solution = registry.solutions().get(thing.solution)
    ceilings = solution.ceilings.get(plan.verb) if solution else None
    if ceilings is None or value is None or plan.reason:
        return
    long = plan.ends_at - plan.starts_at >= timedelta(hours=48)
    empty = ceilings.empty_long if long else ceilings.empty_day
    ceiling = ceilings.occupied if plan.occupied else empty
    if value > ceiling:
        raise Refused("above_legal_planned", value=value, ceiling=ceiling)


def _check_time(plan: Plan, now: datetime) -> None:
    if not plan.starts_at < plan.ends_at:
        raise Invalid("special_reversed")
    if plan.ends_at <= now:
        raise Invalid("special_past")
    if plan.ends_at - plan.starts_at > LONGEST:
        raise Invalid("special_too_long", longest_days=LONGEST.days)
    if plan.starts_at > now + FARTHEST:
        raise Invalid("special_too_far", farthest_days=FARTHEST.days)


def _locked(actor: Actor, period_id: int) -> SpecialPeriod:
    found = queries.special_periods(actor).select_for_update(of=("self",)).filter(pk=period_id).first()
    if found is None:
        raise NotFound("special_unknown", period_id=period_id)
    require_command(actor, found.organisation_id)
    return found

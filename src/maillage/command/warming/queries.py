"""Reads: how a room became warm lately, what was learnt of it, and how early to begin today."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta

from maillage.command import queries, registry
from maillage.command.engine.warm_up import LONGEST, Lead, Response, Sample, lead
from maillage.command.models import ScheduleEntry, SpecialPeriod, WarmUp
from maillage.identity.actor import Actor
from maillage.telemetry import queries as telemetry
from maillage.telemetry.models import Thing
from maillage.telemetry.queries import Reading, ThingState

LEARNT_OVER = timedelta(days=25)
LEARNT_EVERY = timedelta(hours=20)
_PIECE = timedelta(days=5)
_WIDTH = timedelta(minutes=15)
_TARGET_HOLDS = timedelta(hours=6)
_FRESH = timedelta(hours=1)


def response_of(actor: Actor, thing: Thing) -> Response | None:
    """What was learnt of the thing's room; None when not enough is known."""
    row = WarmUp.objects.visible_to(actor).filter(thing=thing).first()
    if row is None or not row.warm_ups:
        return None
    tau = None if row.tau_s is None else timedelta(seconds=row.tau_s)
    return Response(row.warm_ups, tau, row.limit_c, row.rate_k_per_h, row.spread)


def lead_of(actor: Actor, thing: Thing, verb: str, value: float | None, now: datetime) -> Lead | None:
    """How long before its time a line of the thing that is to be *ready* begins; None where nothing warms."""
    solution = registry.solutions().get(thing.solution)
    if solution is None or solution.warms is None or solution.warms[0] != verb or value is None:
        return None
    reading = _felt(actor, thing, solution.warms[1])
    fresh = reading is not None and reading.at is not None and now - reading.at <= _FRESH
    found = lead(response_of(actor, thing), reading.value if reading and fresh else None, value)
    return Lead(min(found.duration + _until_heard(thing), LONGEST), found.expected, found.is_learnt)


def lead_for(actor: Actor, line: ScheduleEntry | SpecialPeriod, now: datetime) -> timedelta:
    """How long before its time the line begins; zero for one that is not to be *ready*."""
    found = lead_of(actor, line.thing, line.verb, line.value, now) if line.ready else None
    return found.duration if found else timedelta(0)


def samples_of(actor: Actor, thing: Thing, now: datetime) -> list[Sample]:
    """The room's temperature beside the setpoint that held, over the last weeks."""
    solution = registry.solutions().get(thing.solution)
    if solution is None or solution.warms is None:
        return []
    verb, quantity = solution.warms
    own = telemetry.state_of_thing(actor, thing.pk)
    offer = registry.offers(thing.solution, own.model).get(verb)
    target = own.reading(offer.driven_quantity) if offer and offer.driven_quantity else None
    air = _felt(actor, thing, quantity)
    if target is None or air is None:
        return []
    targets = list(_values(actor, target.datastream_id, now))
    instants = [at for at, _ in targets]
    found = []
    for at, value in _values(actor, air.datastream_id, now):
        index = bisect_right(instants, at) - 1
        if index >= 0 and at - instants[index] <= _TARGET_HOLDS:
            found.append(Sample(at, value, targets[index][1]))
    return found


def to_learn(actor: Actor, now: datetime) -> Thing | None:
    """A thing with a line that is to be ready, of which nothing was learnt for a day."""
    ready = ScheduleEntry.objects.visible_to(actor).filter(ready=True, enabled=True, thing__decommissioned_at=None)
    coming = SpecialPeriod.objects.visible_to(actor).filter(ready=True, begun_at=None, ended_at=None, cancelled_at=None)
    wanted = {
        *ready.order_by().values_list("thing_id", flat=True),
        *coming.order_by().values_list("thing_id", flat=True),
    }
    if not wanted:
        return None
    known = WarmUp.objects.visible_to(actor).filter(thing_id__in=wanted, learnt_at__gt=now - LEARNT_EVERY)
    missing = wanted - set(known.order_by().values_list("thing_id", flat=True))
    return telemetry.things(actor).filter(pk__in=missing).first()


def _until_heard(thing: Thing) -> timedelta:
    """A class A device learns of it when it next speaks."""
    model = queries.model_of(thing)
    return timedelta(0) if model is None or model.device_class == "C" else timedelta(seconds=model.uplink_period_s)


def _felt(actor: Actor, thing: Thing, quantity: str) -> Reading | None:
    """Of a sensor of the room before the device that acts: a valve measures beside a hot radiator."""
    around = telemetry.things(actor, site_id=thing.site_id).filter(space_id=thing.space_id) if thing.space_id else []
    states = telemetry.states_of_things(actor, list(around) or [thing])
    ranked = sorted(states, key=lambda state: _rank(state, thing))
    found = [reading for state in ranked if (reading := state.reading(quantity)) is not None and reading.at is not None]
    return next(iter(found), None)


def _rank(state: ThingState, thing: Thing) -> tuple[bool, int]:
    return bool(registry.offers(state.thing.solution, state.model)), 0 if state.thing.pk == thing.pk else state.thing.pk


def _values(actor: Actor, datastream_id: int, now: datetime) -> Iterator[tuple[datetime, float]]:
    start = now - LEARNT_OVER
    while start < now:
        end = min(start + _PIECE, now)
        (series,) = telemetry.series(actor, [datastream_id], start, end, _WIDTH)
        yield from ((point.at, point.value) for point in series.points if point.value is not None)
        start = end

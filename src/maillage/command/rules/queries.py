"""Reads of rules, of what they watch and of what there is new of it. Everything is scoped by the actor."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Prefetch

from maillage.command.engine.window import Window
from maillage.command.rules.engine.condition import compiled
from maillage.command.rules.engine.machine import Phase, State, Terms
from maillage.command.rules.engine.replay import Input, Memory, Reading
from maillage.command.rules.engine.replay import Rule as Body
from maillage.command.rules.models import Rule, RuleAct, RuleInput, RuleOrder, RuleState
from maillage.identity.actor import Actor
from maillage.identity.tenancy import TenantQuerySet
from maillage.kernel.errors import NotFound
from maillage.telemetry import queries as telemetry
from maillage.telemetry.device_models import device_models
from maillage.telemetry.engine.curve import DEFAULT_PERIOD
from maillage.telemetry.models import Datastream, Latest

FRESH_PERIODS = 3
LEAST_MAX_AGE = timedelta(minutes=15)
MOST_AT_ONCE = 2000
# For each datastream what came after the instant known of it, oldest first.
_NEWS = """
SELECT s.id, o.at, o.value
FROM unnest(%s::bigint[], %s::timestamptz[]) AS s (id, since)
CROSS JOIN LATERAL (
    SELECT at, value FROM telemetry_observation
    WHERE datastream_id = s.id AND at > s.since AND at <= %s ORDER BY at LIMIT %s
) o ORDER BY o.at, s.id
"""


@dataclass(frozen=True, slots=True)
class News:
    """Readings in the order of time, and until when they are complete."""

    readings: Sequence[Reading]
    until: datetime


def rules(actor: Actor) -> TenantQuerySet[Rule]:
    """The rules that ``actor`` sees, with all that they say at hand, by name."""
    streams = Prefetch("datastreams", _streams(actor).order_by("pk"))
    inputs = Prefetch("inputs", RuleInput.objects.prefetch_related(streams).order_by("pk"))
    orders = Prefetch("orders", RuleOrder.objects.select_related("thing__site").order_by("pk"))
    found = Rule.objects.visible_to(actor).select_related("organisation", "roster", "hook", "state")
    return found.prefetch_related(inputs, orders).order_by("name", "pk")


def rule(actor: Actor, rule_id: int) -> Rule:
    """One rule; ``NotFound`` when it is not for ``actor``."""
    found = rules(actor).filter(pk=rule_id).first()
    if found is None:
        raise NotFound("rule_unknown", rule_id=rule_id)
    return found


def key_of(rule_id: int) -> str:
    """The cause of a rule's alarm."""
    return f"rule:{rule_id}"


def revisions(actor: Actor) -> Mapping[int, datetime]:
    """When each rule that is switched on was last changed: cheap enough to ask every few seconds."""
    return dict(Rule.objects.visible_to(actor).filter(enabled=True).order_by().values_list("pk", "changed_at"))


def streams_of(actor: Actor, datastream_ids: Iterable[int]) -> Sequence[Datastream]:
    """The datastreams of these ids that ``actor`` sees, with their thing, site and device at hand."""
    return list(_streams(actor).filter(pk__in=list(datastream_ids)).order_by("pk"))


def streams_of_site(actor: Actor, site_id: int) -> Sequence[Datastream]:
    """What can be watched on a site; ``NotFound`` when the site is not for ``actor``."""
    found = _streams(actor).filter(thing__site_id=telemetry.site(actor, site_id).pk, thing__decommissioned_at=None)
    return list(found.order_by("thing__space__name", "thing__name", "quantity", "pk"))


def newest(stream_ids: Iterable[int]) -> Mapping[int, datetime]:
    """When each of these datastreams, already allowed to the caller, was last measured."""
    return dict(Latest.objects.filter(datastream_id__in=list(stream_ids)).values_list("datastream_id", "at"))


def latest_values(stream_ids: Iterable[int]) -> Mapping[int, float]:
    """The newest value of each of these datastreams, already allowed to the caller."""
    return dict(Latest.objects.filter(datastream_id__in=list(stream_ids)).values_list("datastream_id", "value"))


def news(since: Mapping[int, datetime], until: datetime) -> News:
    """What was measured of these datastreams, already allowed to the caller, after the instant known of each.

    When there is more than can be taken at once, ``News.until`` is earlier than ``until``: ask again from there.
    """
    ids = sorted(since)
    with connection.cursor() as cursor:
        cursor.execute(_NEWS, [ids, [since[one] for one in ids], until, MOST_AT_ONCE])
        found = [Reading(stream, at, value) for stream, at, value in cursor.fetchall()]
    counts: dict[int, int] = {}
    last: dict[int, datetime] = {}
    for reading in found:
        counts[reading.stream] = counts.get(reading.stream, 0) + 1
        last[reading.stream] = reading.at
    cut = [last[stream] for stream, count in counts.items() if count == MOST_AT_ONCE]
    reached = min(cut, default=until)
    return News([reading for reading in found if reading.at <= reached], reached)


def acts_owed(actor: Actor) -> list[RuleAct]:
    """Orders that transitions owe, oldest first."""
    owed = RuleAct.objects.filter(state=RuleAct.State.OWED, order__rule__in=Rule.objects.visible_to(actor))
    return list(owed.select_related("order__rule").order_by("at", "pk"))


def acts_of(rule_id: int, limit: int = 20) -> Sequence[RuleAct]:
    """The newest orders of a rule in hand."""
    acts = RuleAct.objects.filter(order__rule_id=rule_id).select_related("order__thing__site")
    return list(acts.order_by("-at", "-pk")[:limit])


def act(command_id: UUID) -> RuleAct | None:
    """The order of this command id, of a rule in hand, locked."""
    return RuleAct.objects.select_for_update(of=("self",)).filter(pk=command_id, state=RuleAct.State.OWED).first()


def body(found: Rule) -> Body:
    """The row as the engine sees it. Raises ``Invalid`` for a condition that no longer compiles."""
    inputs = tuple(
        input_of(each.alias, list(each.datastreams.all()), is_group=each.is_group) for each in found.inputs.all()
    )
    groups = {each.alias: each.is_group for each in inputs}
    return Body(
        inputs,
        compiled(found.condition, groups),
        compiled(found.clear_condition, groups) if found.clear_condition else None,
        Terms(timedelta(seconds=found.hold_s), timedelta(seconds=found.clear_hold_s)),
        window_of(found),
    )


def input_of(alias: str, streams: Sequence[Datastream], *, is_group: bool) -> Input:
    """A variable, whose values are unknown once three of them are missing."""
    periods = [_period(stream) for stream in streams]
    max_age = max(FRESH_PERIODS * max(periods, default=DEFAULT_PERIOD), LEAST_MAX_AGE)
    return Input(alias, tuple(stream.pk for stream in streams), is_group, max_age)


def window_of(found: Rule) -> Window | None:
    """When it listens; None: always."""
    if found.window_start is None or found.window_until is None:
        return None
    zone = ZoneInfo(settings.TIME_ZONE)
    return Window(frozenset(found.weekdays), found.window_start, found.window_until, zone)


def memory_of(state: RuleState) -> Memory:
    """What the rule remembers, as the engine sees it."""
    values = {int(stream): (datetime.fromisoformat(at), float(value)) for stream, (at, value) in state.values.items()}
    return Memory(state.at, State(Phase(state.phase), state.since), values, state.fault)


def _streams(actor: Actor) -> TenantQuerySet[Datastream]:
    return Datastream.objects.visible_to(actor).select_related("thing__device", "thing__site", "thing__space")


def _period(stream: Datastream) -> timedelta:
    device = stream.thing.device
    model = None if device is None else device_models().get(device.model_key)
    return DEFAULT_PERIOD if model is None else timedelta(seconds=model.uplink_period_s)

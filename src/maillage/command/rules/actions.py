"""Writes: rules are kept, switched on and off; what they find out becomes alarms, orders and messages.

Locks are taken in one order, so that nobody waits in a circle: rule, its state, alarm, journal. Orders are only owed
here; each is given in a transaction of its own, whose locks begin with the thing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction

from maillage.command import registry
from maillage.command.actions import request
from maillage.command.alarms import queries as alarms
from maillage.command.alarms.actions import Cause, clear_alarm, raise_alarm, withdraw_alarm
from maillage.command.engine.bounds import check
from maillage.command.models import Command
from maillage.command.notifications import queries as notifications
from maillage.command.notifications.actions import News, Words, tell_programs
from maillage.command.notifications.models import Severity
from maillage.command.rules import queries
from maillage.command.rules.engine.condition import Condition, ConditionFault, compiled
from maillage.command.rules.engine.machine import Phase, Transition, Turn
from maillage.command.rules.engine.replay import Memory
from maillage.command.rules.models import Rule, RuleAct, RuleInput, RuleOrder, RuleState
from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.identity.policies import require_command
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, MaillageError
from maillage.telemetry import queries as telemetry
from maillage.telemetry.device_models import device_models
from maillage.telemetry.models import Datastream, Thing

MOST_RULES = 500
MOST_INPUTS = 10
MOST_MEMBERS = 200
LONGEST_DELAY = timedelta(days=7)
TOO_LATE = timedelta(minutes=15)
_ORDERS = UUID("5b2c5f0e-5d43-4f0e-9a3e-9f6f1f6b1f10")


@dataclass(frozen=True, slots=True)
class Variable:
    """A name in the condition and what it stands for."""

    alias: str
    datastream_ids: tuple[int, ...]
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """A command given when the rule rings (``raised``) or is quiet again (``cleared``)."""

    turn: str
    thing_id: int
    verb: str
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Hours:
    """When the rule listens: local times on ISO days; ``until`` at or before ``start`` is on the next day."""

    weekdays: frozenset[int]
    start: time
    until: time


@dataclass(frozen=True, slots=True)
class Draft:
    """What a rule should say."""

    name: str
    variables: tuple[Variable, ...]
    condition: str
    clear_condition: str = ""
    hold: timedelta = timedelta(0)
    clear_hold: timedelta = timedelta(0)
    rest: timedelta = timedelta(minutes=10)
    severity: str = Severity.WARNING.value
    advice: str = ""
    raises_alarm: bool = True
    hours: Hours | None = None
    orders: tuple[Order, ...] = ()
    roster_id: int | None = None
    hook_id: int | None = None


@transaction.atomic
def add_rule(actor: Actor, organisation_id: int, draft: Draft) -> Rule:
    """A new rule, switched off: it is to be tried against the past first.

    Raises ``Refused``, and ``Invalid``, ``NotFound`` or ``Conflict`` that say what to change.
    """
    require_command(actor, organisation_id)
    if Rule.objects.visible_to(actor).filter(organisation_id=organisation_id).count() >= MOST_RULES:
        raise Invalid("rule_too_many", most=MOST_RULES)
    rule = Rule(organisation_id=organisation_id)
    _write(actor, rule, draft)
    _journal(actor, rule, "rule.added", {"condition": rule.condition})
    return rule


@transaction.atomic
def change_rule(actor: Actor, rule_id: int, draft: Draft) -> Rule:
    """The rule says something else from now on; what it had found out is forgotten and its alarm ends."""
    rule = _locked(actor, rule_id)
    before = rule.condition
    _forget(actor, rule)
    _write(actor, rule, draft)
    if rule.enabled:
        _begin(rule)
    _journal(actor, rule, "rule.changed", {"before": before, "condition": rule.condition})
    return rule


@transaction.atomic
def enable_rule(actor: Actor, rule_id: int, *, enabled: bool) -> Rule:
    """Watches from now on, or no longer. Switching to what it is already changes nothing."""
    rule = _locked(actor, rule_id)
    if rule.enabled == enabled:
        return rule
    _forget(actor, rule)
    rule.enabled, rule.changed_at = enabled, clock.now()
    rule.save(update_fields=["enabled", "changed_at"])
    if enabled:
        _begin(rule)
    _journal(actor, rule, "rule.enabled" if enabled else "rule.disabled", {})
    return rule


@transaction.atomic
def remove_rule(actor: Actor, rule_id: int) -> None:
    """The rule is gone, its alarm ends; past alarms stay."""
    rule = _locked(actor, rule_id)
    _forget(actor, rule)
    rule.delete()
    rule.pk = rule_id
    _journal(actor, rule, "rule.removed", {"condition": rule.condition})


def checked(actor: Actor, organisation_id: int, draft: Draft) -> Mapping[str, Sequence[Datastream]]:
    """The datastreams of each variable, once all that ``draft`` says of its condition was found right."""
    if not draft.name.strip():
        raise Invalid("rule_name_missing")
    if not draft.variables:
        raise Invalid("rule_input_missing")
    aliases = [each.alias for each in draft.variables]
    if len(aliases) > MOST_INPUTS or len(set(aliases)) != len(aliases):
        raise Invalid("rule_too_many_inputs", most=MOST_INPUTS)
    streams = {each.alias: _members(actor, organisation_id, each) for each in draft.variables}
    groups = {each.alias: each.is_group for each in draft.variables}
    for text in filter(None, (draft.condition or " ", draft.clear_condition)):
        _try(compiled(text, groups), draft.variables)
    return streams


@transaction.atomic
def settle(actor: Actor, rule_id: int, before: Memory, after: Memory, transitions: Sequence[Transition]) -> bool:
    """What a rule found out since ``before`` becomes alarms, owed orders and messages, and is remembered.

    False, and nothing is written, when the rule has changed meanwhile or another process was quicker.
    """
    rule = queries.rules(actor).select_for_update(of=("self",)).filter(pk=rule_id, enabled=True).first()
    state = RuleState.objects.select_for_update().filter(rule_id=rule_id).first()
    if rule is None or state is None or (state.phase, state.since) != (before.state.phase.value, before.state.since):
        return False
    for transition in transitions:
        _carry(actor, rule, transition)
    state.at, state.phase, state.since, state.fault = after.at, after.state.phase, after.state.since, after.fault
    state.values = {str(stream): [at.isoformat(), value] for stream, (at, value) in after.values.items()}
    state.save()
    return True


def carry_out_owed(actor: Actor, now: datetime) -> int:
    """Gives the orders that rules owe, each once; one that is too late is not given any more. Returns how many."""
    owed = queries.acts_owed(actor)
    for act in owed:
        if now - act.at > TOO_LATE:
            _note_act(actor, act, RuleAct.State.TOO_LATE)
        else:
            _give(actor, act)
    return len(owed)


def _give(actor: Actor, act: RuleAct) -> None:
    order = act.order
    try:
        request(actor, order.thing_id, order.verb, order.value, Command.Origin.RULE, act.command_id)
    except MaillageError as refusal:
        _note_act(actor, act, RuleAct.State.REFUSED, refusal.code)
    else:
        _note_act(actor, act, RuleAct.State.DONE)


@transaction.atomic
def _note_act(actor: Actor, act: RuleAct, state: RuleAct.State, cause: str = "") -> None:
    act.state, act.cause = state, cause[:64]
    act.save(update_fields=["state", "cause"])
    if state is not RuleAct.State.DONE:
        facts: dict[str, object] = {"verb": act.order.verb, "cause": cause or state.value}
        _journal(actor, act.order.rule, "rule.order_refused", facts)


def _carry(actor: Actor, rule: Rule, transition: Transition) -> None:
    """Alarm, orders, program: what the rule wants done at this transition."""
    if transition.turn is Turn.RAISED and rule.raises_alarm:
        raise_alarm(actor, _cause(rule, transition.at))
    if transition.turn is Turn.CLEARED:
        clear_alarm(actor, rule.organisation_id, queries.key_of(rule.pk), transition.at)
    orders = [order for order in rule.orders.all() if order.turn == transition.turn.value]
    RuleAct.objects.bulk_create(
        [
            RuleAct(command_id=uuid5(_ORDERS, f"{order.pk}/{transition.at.isoformat()}"), order=order, at=transition.at)
            for order in orders
        ],
        ignore_conflicts=True,
    )
    if rule.hook_id is not None:
        tell_programs(actor, _news(rule, transition), rule.hook_id)


def _cause(rule: Rule, at: datetime) -> Cause:
    streams = [stream for each in rule.inputs.all() for stream in each.datastreams.all()]
    sites = {stream.thing.site_id for stream in streams}
    things = {stream.thing_id for stream in streams}
    return Cause(
        organisation_id=rule.organisation_id,
        key=queries.key_of(rule.pk),
        code="rule",
        label=rule.name,
        severity=rule.severity,
        at=at,
        facts={"advice": rule.advice, "rule": rule.pk},
        site_id=sites.pop() if len(sites) == 1 else None,
        thing_id=things.pop() if len(things) == 1 else None,
        roster_id=rule.roster_id,
        rest=timedelta(seconds=rule.rest_s),
    )


def _news(rule: Rule, transition: Transition) -> News:
    payload = {
        "type": f"rule.{transition.turn.value}",
        "rule": rule.pk,
        "name": rule.name,
        "severity": rule.severity,
        "at": transition.at.isoformat(),
    }
    return News(rule.organisation_id, rule.severity, lambda: Words(rule.name, rule.advice), None, payload)


def _write(actor: Actor, rule: Rule, draft: Draft) -> None:
    streams = checked(actor, rule.organisation_id, draft)
    _check_rest(actor, rule.organisation_id, draft)
    hours = draft.hours
    rule.name, rule.advice = draft.name.strip()[:150], draft.advice.strip()[:500]
    rule.condition, rule.clear_condition = draft.condition, draft.clear_condition
    rule.hold_s, rule.clear_hold_s = int(draft.hold.total_seconds()), int(draft.clear_hold.total_seconds())
    rule.rest_s, rule.severity, rule.raises_alarm = int(draft.rest.total_seconds()), draft.severity, draft.raises_alarm
    rule.roster_id, rule.hook_id = draft.roster_id, draft.hook_id
    rule.weekdays = sorted(hours.weekdays) if hours else []
    rule.window_start, rule.window_until = (hours.start, hours.until) if hours else (None, None)
    rule.changed_at = clock.now()
    try:
        with transaction.atomic():
            rule.save()
    except IntegrityError as problem:
        raise Conflict("rule_name_taken", name=rule.name) from problem
    _write_parts(rule, draft, streams)


def _write_parts(rule: Rule, draft: Draft, streams: Mapping[str, Sequence[Datastream]]) -> None:
    rule.inputs.all().delete()
    for each in draft.variables:
        row = RuleInput.objects.create(rule=rule, alias=each.alias, is_group=each.is_group)
        row.datastreams.add(*streams[each.alias])
    rule.orders.all().delete()
    for order in draft.orders:
        RuleOrder.objects.create(
            rule=rule, turn=order.turn, thing_id=order.thing_id, verb=order.verb, value=order.value
        )


def _members(actor: Actor, organisation_id: int, variable: Variable) -> Sequence[Datastream]:
    found = [
        one for one in queries.streams_of(actor, variable.datastream_ids) if one.organisation_id == organisation_id
    ]
    most = MOST_MEMBERS if variable.is_group else 1
    if not 0 < len(found) <= most or len(found) != len(set(variable.datastream_ids)):
        raise Invalid("rule_input_unfit", alias=variable.alias, most=MOST_MEMBERS)
    return found


def _try(condition: Condition, variables: Sequence[Variable]) -> None:
    """On the values of the moment: what runs away now would run away every time."""
    known = queries.latest_values([stream for each in variables for stream in each.datastream_ids])
    values: dict[str, float | list[float]] = {}
    for each in variables:
        members = [known.get(stream, 0.0) for stream in each.datastream_ids]
        values[each.alias] = members if each.is_group else members[0]
    try:
        condition.holds(values)
    except ConditionFault as fault:
        code = "condition_runaway" if fault.code == "runaway" else "condition_unfit"
        raise Invalid(code, detail=fault.detail) from fault


def _check_rest(actor: Actor, organisation_id: int, draft: Draft) -> None:
    if not all(timedelta(0) <= each <= LONGEST_DELAY for each in (draft.hold, draft.clear_hold, draft.rest)):
        raise Invalid("rule_delay_unfit", longest_days=LONGEST_DELAY.days)
    if draft.severity not in Severity.values:
        raise Invalid("severity_unknown")
    if not (draft.raises_alarm or draft.orders or draft.hook_id):
        raise Invalid("rule_does_nothing")
    hours = draft.hours
    if hours is not None and not (hours.weekdays and hours.weekdays <= frozenset(range(1, 8))):
        raise Invalid("rule_window_unfit")
    _check_parties(actor, organisation_id, draft)
    for order in draft.orders:
        _check_order(telemetry.thing(actor, order.thing_id), organisation_id, order)


def _check_parties(actor: Actor, organisation_id: int, draft: Draft) -> None:
    parties = []
    if draft.roster_id is not None:
        parties.append(alarms.roster(actor, draft.roster_id).organisation_id)
    if draft.hook_id is not None:
        parties.append(notifications.hook(actor, draft.hook_id).organisation_id)
    if any(party != organisation_id for party in parties):
        raise Invalid("rule_party_unfit")


def _check_order(thing: Thing, organisation_id: int, order: Order) -> None:
    if thing.organisation_id != organisation_id or order.turn not in RuleOrder.Turn.values:
        raise Invalid("rule_order_unfit")
    model = None if thing.device is None else device_models().get(thing.device.model_key)
    check(order.value, registry.offer(thing.solution, model, order.verb).limits)


def _locked(actor: Actor, rule_id: int) -> Rule:
    queries.rule(actor, rule_id)
    rule = queries.rules(actor).select_for_update(of=("self",)).get(pk=rule_id)
    require_command(actor, rule.organisation_id)
    return rule


def _begin(rule: Rule) -> None:
    """It remembers nothing: a condition that holds already rings once it has held from now on."""
    RuleState.objects.create(rule=rule, at=clock.now(), phase=Phase.QUIET.value)


def _forget(actor: Actor, rule: Rule) -> None:
    RuleState.objects.filter(rule=rule).delete()
    withdraw_alarm(actor, rule.organisation_id, queries.key_of(rule.pk))


def _journal(actor: Actor, rule: Rule, action: str, facts: dict[str, object]) -> None:
    write_journal(actor, rule.organisation_id, action, "rule", rule.pk, rule.name, facts)

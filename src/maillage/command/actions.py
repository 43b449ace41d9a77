"""Writes: somebody asks a thing to act, and what becomes of it is noted. Each is one transaction.

Locks are taken in one order, so that nobody waits in a circle: thing, command, downlink, journal.
"""

import math
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from maillage.command import guards, queries, registry
from maillage.command.engine.bounds import check
from maillage.command.engine.life import State, expiry_cause
from maillage.command.engine.patience import Patience, patience
from maillage.command.engine.retry import tries_again
from maillage.command.guards import Lawful, Setting
from maillage.command.logbook.actions import enter, note_command, note_step
from maillage.command.models import REASON_LENGTH, Command
from maillage.command.registry import Offer
from maillage.identity.actor import Actor
from maillage.identity.policies import require_command
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, MaillageError, Refused
from maillage.lorawan.actions import Message, cancel_downlink, enqueue_downlink
from maillage.lorawan.events import DownlinkUpdate, Uplink
from maillage.lorawan.models import Device
from maillage.lorawan.queries import downlink_news
from maillage.telemetry import queries as telemetry
from maillage.telemetry.device_models import device_model
from maillage.telemetry.models import Thing

NOT_ACKNOWLEDGED = "not_acknowledged"
_STATES_OF_DOWNLINKS = {
    "sent": State.SENT,
    "acknowledged": State.ACKNOWLEDGED,
    "failed": State.FAILED,
    "expired": State.EXPIRED,
}
_BY_A_PERSON = frozenset({Command.Origin.PERSON, Command.Origin.API})


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Around a request: why it is made, whether its ``reason`` excuses it from the legal ceiling, what it belongs to.

    ``lowers``: a value above the legal ceiling is lowered to it instead of refused, as schedules do.
    """

    reason: str = ""
    beyond_law: bool = False
    lowers: bool = False
    batch_id: UUID | None = None
    undoes_id: UUID | None = None


PLAIN = Circumstances()


@dataclass(frozen=True, slots=True)
class _Asked:
    """What somebody asks."""

    verb: str
    value: float | None
    origin: Command.Origin
    command_id: UUID
    around: Circumstances


@dataclass(frozen=True, slots=True)
class _Plan:
    """What was asked, found possible."""

    asked: _Asked
    thing: Thing
    device: Device
    offer: Offer
    lawful: Lawful
    patience: Patience
    rivals: frozenset[str]
    approval_within: timedelta | None


def request(
    actor: Actor,
    thing_id: int,
    verb: str,
    value: float | None = None,
    origin: Command.Origin = Command.Origin.PERSON,
    command_id: UUID | None = None,
    around: Circumstances = PLAIN,
) -> Command:
    """Asks a thing to act. The message waits for the device from the moment this returns.

    An open command that drives the same state is overtaken: it expires, and its message is called back if it has not
    left. Where a two-person rule holds, what a person asks is only *proposed* until another one approves it.
    ``command_id`` makes a repetition harmless: the same request with the same id gives the first command again,
    ``Conflict`` another one. Raises ``NotFound`` for a thing that is not the actor's to see; ``Refused``, ``Invalid``
    and ``Conflict`` say why it cannot be, and leave a refused command and a line in the journal.
    """
    thing = telemetry.thing(actor, thing_id)
    asked = _Asked(verb, value, origin, command_id or uuid.uuid4(), around)
    try:
        return _request(actor, thing_id, asked)
    except (Invalid, Refused, Conflict) as refusal:
        _note_refusal(actor, thing, asked, refusal)
        raise


def note_refusal(
    actor: Actor, thing_id: int, verb: str, value: float | None, refusal: MaillageError, around: Circumstances = PLAIN
) -> None:
    """Leaves the trace of a refusal whose own was undone with the act that it was part of."""
    thing = telemetry.thing(actor, thing_id)
    _note_refusal(actor, thing, _Asked(verb, value, Command.Origin.PERSON, uuid.uuid4(), around), refusal)


def approve(actor: Actor, command_id: UUID) -> Command:
    """A second person lets a proposed command go, if it still may. Its own asker cannot: ``Refused``.

    What forbids it by now (an interlock, the law) is raised, and the proposal stays open.
    """
    thing_id = queries.command(actor, command_id).thing_id
    return _approve(actor, thing_id, command_id)


@transaction.atomic
def decline(actor: Actor, command_id: UUID, reason: str = "") -> Command:
    """A proposed command is not wanted. Its asker may take it back, and whoever may command may decline it."""
    command = _proposed(actor, command_id)
    own = command.requested_by_id == actor.user_id
    facts: dict[str, object] = {"by_name": actor.label, "why": reason.strip()[:REASON_LENGTH]}
    enter(actor, command, State.REFUSED, clock.now(), "withdrawn" if own else "declined", facts)
    return command


@transaction.atomic
def withdraw(actor: Actor, command_id: UUID) -> bool:
    """Calls back a command whose message has not left. False when it has: then only another command undoes it."""
    command = _locked(actor, command_id)
    if command is None:
        raise queries.command_unknown(command_id)
    require_command(actor, command.organisation_id)
    if command.state == State.PROPOSED:
        return enter(actor, command, State.REFUSED, clock.now(), "withdrawn", {"by_name": actor.label})
    if command.state != State.REQUESTED or not cancel_downlink(actor, _reference(command), "cancelled"):
        return False
    return enter(actor, command, State.EXPIRED, clock.now(), "cancelled", {"by_name": actor.label})


@transaction.atomic
def note_downlink(actor: Actor, update: DownlinkUpdate) -> Command | None:
    """What the network says of a command's message. None when it is no command's, or tells nothing new.

    A missing acknowledgement ends nothing: the device may have obeyed all the same, and its report decides. What the
    radio could not do is tried again as the use allows. News of an earlier attempt is old.
    """
    command_id, attempt = _command_and_attempt(update.reference)
    command = _locked(actor, command_id)
    state = _STATES_OF_DOWNLINKS.get(update.state)
    if command is None or state is None or update.cause == NOT_ACKNOWLEDGED or attempt != command.attempt:
        return None
    facts: dict[str, object] = {"detail": update.detail} if update.detail else {}
    if state is State.FAILED and _retry(actor, command, update.cause, update.at, facts):
        return command
    return command if enter(actor, command, state, update.at, update.cause, facts) else None


def note_uplinks(actor: Actor, uplinks: Sequence[Uplink]) -> list[Command]:
    """Confirms the commands whose devices report, measured after sending, the state that was asked for."""
    awaited = queries.devices_under_way(actor)
    by_device: dict[str, list[Uplink]] = {}
    for uplink in uplinks:
        if uplink.dev_eui in awaited:
            by_device.setdefault(uplink.dev_eui, []).append(uplink)
    if not by_device:
        return []
    confirmed = []
    for command in queries.commands_under_way(actor, by_device.keys()):
        proof = _proof(command, by_device[command.thing.device_id or ""])
        if proof is not None and _confirm(actor, command.pk, *proof):
            confirmed.append(command)
    return confirmed


def expire_overdue(actor: Actor, now: datetime) -> int:
    """Ends the open commands whose time is up, each with what was missing. Returns how many."""
    overdue = queries.overdue_ids(actor, now)
    if overdue:
        reconcile(actor, overdue)
    return sum(_expire(actor, command_id, now) for command_id in overdue)


def reconcile(actor: Actor, command_ids: Collection[UUID] | None = None) -> int:
    """Takes from the downlink queue what the event bus may have lost about open commands, all by default.

    Returns how many states were news.
    """
    updates = downlink_news(actor, queries.references_of_open(actor, command_ids))
    return sum(note_downlink(actor, update) is not None for update in updates)


@transaction.atomic
def _request(actor: Actor, thing_id: int, asked: _Asked) -> Command:
    thing = _locked_thing(actor, thing_id)
    earlier = Command.objects.visible_to(actor).filter(pk=asked.command_id).first()
    if earlier is not None:
        return _same(earlier, thing, asked)
    now = clock.now()
    plan = _plan(actor, thing, asked, now)
    if plan.approval_within is not None:
        return _propose(actor, plan, now)
    overtaken = _overtake(actor, plan, now)
    command = _create(actor, plan, State.REQUESTED, now, now + plan.patience.confirm_within)
    _enqueue(actor, command, plan, now)
    facts: dict[str, object] = {"replaces": [str(other.pk) for other in overtaken]} if overtaken else {}
    note_command(actor, command, "command.requested", {**facts, **_told(plan, command)})
    return command


def _propose(actor: Actor, plan: _Plan, now: datetime) -> Command:
    command = _create(actor, plan, State.PROPOSED, now, now + (plan.approval_within or timedelta(0)))
    note_command(actor, command, "command.proposed", _told(plan, command))
    return command


@transaction.atomic
def _approve(actor: Actor, thing_id: int, command_id: UUID) -> Command:
    thing = _locked_thing(actor, thing_id)
    command = _proposed(actor, command_id)
    if command.requested_by_id == actor.user_id:
        raise Refused("approved_by_its_asker")
    around = Circumstances(command.reason, command.beyond_law)
    asked = _Asked(command.verb, command.value, Command.Origin(command.origin), command.pk, around)
    now = clock.now()
    plan = _plan(actor, thing, asked, now)
    overtaken = _overtake(actor, plan, now)
    command.expires_at = now + plan.patience.confirm_within
    command.save(update_fields=["expires_at"])
    enter(actor, command, State.REQUESTED, now, "", {"approved_by": actor.label})
    _enqueue(actor, command, plan, now)
    note_command(actor, command, "command.approved", {"replaces": [str(other.pk) for other in overtaken]})
    return command


def _proposed(actor: Actor, command_id: UUID) -> Command:
    require_command(actor, queries.command(actor, command_id).organisation_id)
    command = _locked(actor, command_id)
    if command is None or command.state != State.PROPOSED:
        raise Conflict("not_proposed_any_more")
    return command


def _locked_thing(actor: Actor, thing_id: int) -> Thing:
    thing = telemetry.things(actor).select_for_update(of=("self",), no_key=True).filter(pk=thing_id).first()
    if thing is None:
        raise Conflict("thing_decommissioned", thing=telemetry.thing(actor, thing_id).name)
    return thing


def _same(earlier: Command, thing: Thing, asked: _Asked) -> Command:
    if (earlier.thing_id, earlier.verb, earlier.value) != (thing.pk, asked.verb, asked.value):
        raise Conflict("command_id_reused", command_id=str(asked.command_id))
    return earlier


def _plan(actor: Actor, thing: Thing, asked: _Asked, now: datetime) -> _Plan:
    require_command(actor, thing.organisation_id)
    if thing.device is None:
        raise Conflict("thing_without_device", thing=thing.name)
    model = device_model(thing.device.model_key)
    offer = registry.offer(thing.solution, model, asked.verb)
    value = check(asked.value, offer.limits)
    guards.require_heard(thing.device, thing)
    guards.require_unlocked(actor, thing, asked.verb, now)
    return _Plan(
        asked=asked,
        thing=thing,
        device=thing.device,
        offer=offer,
        lawful=_lawful(actor, Setting(thing, asked.verb, value, offer.limits), asked.around, now),
        patience=_patience(actor, thing, now),
        rivals=registry.rival_verbs(thing.solution, model, asked.verb),
        approval_within=_approval(actor, thing, asked),
    )


def _lawful(actor: Actor, setting: Setting, around: Circumstances, now: datetime) -> Lawful:
    if around.beyond_law:
        guards.require_reason(around.reason)
        return Lawful(setting.value, None)
    return guards.lawful(actor, setting, now, lowers=around.lowers)


def _approval(actor: Actor, thing: Thing, asked: _Asked) -> timedelta | None:
    """How long a second person is waited for; None where none is needed. What schedules ask was approved with them."""
    if asked.origin not in _BY_A_PERSON or not queries.needs_two(actor, thing, asked.verb):
        return None
    return registry.solutions()[thing.solution].approval_within


def _patience(actor: Actor, thing: Thing, now: datetime) -> Patience:
    """As the device really speaks, if that is less often than its model says."""
    model = device_model(thing.device.model_key if thing.device else "")
    declared = timedelta(seconds=model.uplink_period_s)
    return patience(model.device_class, max(declared, queries.rhythm_of(actor, thing, now).period))


def _overtake(actor: Actor, plan: _Plan, now: datetime) -> list[Command]:
    """What was asked before and is still under way, or proposed, is no longer wanted."""
    rivals = queries.open_commands(actor, plan.thing.pk).filter(verb__in=plan.rivals).exclude(pk=plan.asked.command_id)
    overtaken = list(rivals.select_for_update(of=("self",)))
    for other in overtaken:
        cancel_downlink(actor, _reference(other), "superseded")
        enter(actor, other, State.EXPIRED, now, "superseded", {"by": str(plan.asked.command_id)})
    return overtaken


def _create(actor: Actor, plan: _Plan, state: State, now: datetime, expires_at: datetime) -> Command:
    quantity = plan.offer.driven_quantity
    around = plan.asked.around
    command = Command.objects.create(
        id=plan.asked.command_id,
        organisation_id=plan.thing.organisation_id,
        thing=plan.thing,
        verb=plan.asked.verb,
        value=plan.lawful.value,
        previous_value=telemetry.latest_value(plan.thing.pk, quantity) if quantity else None,
        origin=plan.asked.origin,
        requested_by_id=actor.user_id,
        actor_label=actor.label,
        state=state.value,
        requested_at=now,
        expires_at=expires_at,
        **_circumstances(around),
    )
    note_step(actor, command, now)
    return command


def _circumstances(around: Circumstances) -> dict[str, object]:
    return {
        "reason": around.reason.strip()[:REASON_LENGTH],
        "beyond_law": around.beyond_law,
        "batch_id": around.batch_id,
        "undoes_id": around.undoes_id,
    }


def _told(plan: _Plan, command: Command) -> dict[str, object]:
    """Before, why, and what the law made of it."""
    facts: dict[str, object] = {"previous_value": command.previous_value}
    if command.reason:
        facts["reason"] = command.reason
    if command.beyond_law:
        facts["beyond_law"] = True
    if plan.lawful.ceiling is not None:
        facts |= {"wished": plan.asked.value, "lowered_by": plan.lawful.ceiling.regime}
    return facts


def _enqueue(actor: Actor, command: Command, plan: _Plan, now: datetime) -> None:
    data = plan.offer.device_verb.data_for(command.value)
    enqueue_downlink(actor, Message(plan.device.pk, _reference(command), data, now + plan.patience.send_within))


def _retry(actor: Actor, command: Command, cause: str, at: datetime, facts: dict[str, object] | None = None) -> bool:
    """Sends a command again that the radio lost. False when the use, the cause or its age is against it."""
    thing = command.thing
    solution = registry.solutions().get(thing.solution)
    offer = queries.offers(thing).get(command.verb)
    if solution is None or offer is None or thing.device is None or queries.state_of(command) is State.PROPOSED:
        return False
    if not tries_again(solution.retry, cause, command.attempt, command.requested_at, at):
        return False
    cancel_downlink(actor, _reference(command), cause)
    waiting = _patience(actor, thing, at)
    command.attempt += 1
    command.state, command.expires_at = State.REQUESTED.value, at + waiting.confirm_within
    command.save(update_fields=["attempt", "state", "expires_at"])
    note_step(actor, command, at, cause, facts)
    data = offer.device_verb.data_for(command.value)
    enqueue_downlink(actor, Message(thing.device.pk, _reference(command), data, at + waiting.send_within))
    note_command(actor, command, "command.retried", {"cause": cause, "attempt": command.attempt})
    return True


@transaction.atomic
def _note_refusal(actor: Actor, thing: Thing, asked: _Asked, refusal: MaillageError) -> None:
    """Under an id of its own: the same request may be right another time."""
    now = clock.now()
    value = asked.value if asked.value is not None and math.isfinite(asked.value) else None
    command = Command.objects.create(
        id=uuid.uuid4(),
        organisation_id=thing.organisation_id,
        thing=thing,
        verb=asked.verb[:48],
        value=value,
        origin=asked.origin,
        requested_by_id=actor.user_id,
        actor_label=actor.label,
        state=Command.State.REFUSED,
        requested_at=now,
        expires_at=now,
        ended_at=now,
        **_circumstances(asked.around),
    )
    note_step(actor, command, now, refusal.code, dict(refusal.facts))
    note_command(actor, command, "command.refused", {"cause": refusal.code, **refusal.facts})


def _proof(command: Command, uplinks: Iterable[Uplink]) -> tuple[datetime, float] | None:
    """When the device reported the state asked for, and what it reported exactly."""
    offer = queries.offers(command.thing).get(command.verb)
    confirmation = offer.device_verb.confirmation if offer else None
    if confirmation is None:
        return None
    since = _sent_at(command)
    for uplink in uplinks:
        reported = uplink.measures.get(confirmation.quantity)
        if reported is not None and uplink.at > since and confirmation.is_met_by(reported, command.value):
            return uplink.at, reported
    return None


def _sent_at(command: Command) -> datetime:
    """When it first left; at the latest when it was acknowledged, should the news of its leaving be lost."""
    left = [step.at for step in command.steps.all() if step.state in {State.SENT, State.ACKNOWLEDGED}]
    return min(left)


@transaction.atomic
def _confirm(actor: Actor, command_id: UUID, at: datetime, reported: float) -> bool:
    command = _locked(actor, command_id)
    return command is not None and enter(actor, command, State.CONFIRMED, at, "", {"reported": reported})


@transaction.atomic
def _expire(actor: Actor, command_id: UUID, now: datetime) -> bool:
    command = _locked(actor, command_id)
    if command is None or command.expires_at > now:
        return False
    device = command.thing.device
    since = max((step.at for step in command.steps.all()), default=command.requested_at)
    cause = expiry_cause(queries.state_of(command), since, device.last_seen_at if device else None)
    if _retry(actor, command, cause, now):
        return False
    cancel_downlink(actor, _reference(command), "too_late")
    return enter(actor, command, State.EXPIRED, now, cause)


def _locked(actor: Actor, command_id: UUID | None) -> Command | None:
    if command_id is None:
        return None
    return queries.commands(actor).select_for_update(of=("self",), no_key=True).filter(pk=command_id).first()


def _reference(command: Command) -> str:
    return queries.reference_of(command.pk, command.attempt)


def _command_and_attempt(reference: str) -> tuple[UUID | None, int]:
    """None for something else's message."""
    name, _, attempt = reference.partition("/")
    try:
        return UUID(name), int(attempt or 1)
    except ValueError:
        return None, 0

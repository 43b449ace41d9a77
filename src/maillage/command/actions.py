"""Writes: somebody asks a thing to act, and what becomes of it is noted. Each is one transaction.

Locks are taken in one order, so that nobody waits in a circle: thing, command, downlink, journal.
"""

import math
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db import transaction

from maillage.command import queries, registry
from maillage.command.engine.bounds import check
from maillage.command.engine.life import ENDED, State, expiry_cause, leads_to
from maillage.command.engine.patience import Patience, patience
from maillage.command.events import NOTIFY_COMMAND, CommandUpdate
from maillage.command.models import Command, CommandStep
from maillage.command.registry import Offer
from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.identity.policies import require_command
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, MaillageError, Refused
from maillage.lorawan.actions import Message, cancel_downlink, enqueue_downlink
from maillage.lorawan.codecs.model import DeviceModel
from maillage.lorawan.events import DownlinkUpdate, Uplink
from maillage.lorawan.models import Device
from maillage.lorawan.notify import notify
from maillage.lorawan.queries import downlink_news
from maillage.telemetry import queries as telemetry
from maillage.telemetry.device_models import device_model
from maillage.telemetry.models import Thing

NOT_ACKNOWLEDGED = "not_acknowledged"
_JOURNALLED_ENDS = {state: f"command.{state.value}" for state in ENDED}
_STATES_OF_DOWNLINKS = {
    "sent": State.SENT,
    "acknowledged": State.ACKNOWLEDGED,
    "failed": State.FAILED,
    "expired": State.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """What somebody asks."""

    verb: str
    value: float | None
    origin: Command.Origin
    command_id: UUID


@dataclass(frozen=True, slots=True)
class _Plan:
    """What was asked, found possible."""

    asked: _Asked
    thing: Thing
    device: Device
    offer: Offer
    value: float | None
    patience: Patience
    rivals: frozenset[str]


def request(
    actor: Actor,
    thing_id: int,
    verb: str,
    value: float | None = None,
    origin: Command.Origin = Command.Origin.PERSON,
    command_id: UUID | None = None,
) -> Command:
    """Asks a thing to act. The message waits for the device from the moment this returns.

    An open command that drives the same state is overtaken: it expires, and its message is called back if it has not
    left. ``command_id`` makes a repetition harmless: the same request with the same id gives the first command again,
    ``Conflict`` another one. Raises ``NotFound`` for a thing that is not the actor's to see; ``Refused``, ``Invalid``
    and ``Conflict`` say why it cannot be, and leave a refused command and a line in the journal.
    """
    thing = telemetry.thing(actor, thing_id)
    asked = _Asked(verb, value, origin, command_id or uuid.uuid4())
    try:
        return _request(actor, thing_id, asked)
    except (Invalid, Refused, Conflict) as refusal:
        _note_refusal(actor, thing, asked, refusal)
        raise


@transaction.atomic
def note_downlink(actor: Actor, update: DownlinkUpdate) -> Command | None:
    """What the network says of a command's message. None when it is no command's, or tells nothing new.

    A missing acknowledgement ends nothing: the device may have obeyed all the same, and its report decides.
    """
    command = _locked(actor, _command_id(update.reference))
    state = _STATES_OF_DOWNLINKS.get(update.state)
    if command is None or state is None or update.cause == NOT_ACKNOWLEDGED:
        return None
    facts: dict[str, object] = {"detail": update.detail} if update.detail else {}
    return command if _enter(actor, command, state, update.at, update.cause, facts) else None


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
    thing = telemetry.things(actor).select_for_update(of=("self",), no_key=True).filter(pk=thing_id).first()
    if thing is None:
        raise Conflict("thing_decommissioned", thing_id=thing_id)
    earlier = Command.objects.visible_to(actor).filter(pk=asked.command_id).first()
    if earlier is not None:
        return _same(earlier, thing, asked)
    plan = _plan(actor, thing, asked)
    now = clock.now()
    overtaken = _overtake(actor, plan, now)
    command = _create(actor, plan, now)
    _enqueue(actor, plan, command, now)
    facts: dict[str, object] = {"replaces": [str(other.pk) for other in overtaken]} if overtaken else {}
    _journal(actor, command, "command.requested", {**facts, "previous_value": command.previous_value})
    return command


def _same(earlier: Command, thing: Thing, asked: _Asked) -> Command:
    if (earlier.thing_id, earlier.verb, earlier.value) != (thing.pk, asked.verb, asked.value):
        raise Conflict("command_id_reused", command_id=str(asked.command_id))
    return earlier


def _plan(actor: Actor, thing: Thing, asked: _Asked) -> _Plan:
    require_command(actor, thing.organisation_id)
    if thing.device is None:
        raise Conflict("thing_without_device", thing=thing.name)
    model = device_model(thing.device.model_key)
    offer = registry.offer(thing.solution, model, asked.verb)
    return _Plan(
        asked=asked,
        thing=thing,
        device=thing.device,
        offer=offer,
        value=check(asked.value, offer.limits),
        patience=_patience(model),
        rivals=registry.rival_verbs(thing.solution, model, asked.verb),
    )


def _patience(model: DeviceModel) -> Patience:
    return patience(model.device_class, timedelta(seconds=model.uplink_period_s))


def _overtake(actor: Actor, plan: _Plan, now: datetime) -> list[Command]:
    """What was asked before and is still under way is no longer wanted."""
    rivals = queries.open_commands(actor, plan.thing.pk).filter(verb__in=plan.rivals)
    overtaken = list(rivals.select_for_update(of=("self",)))
    for other in overtaken:
        cancel_downlink(actor, str(other.pk), "superseded")
        _enter(actor, other, State.EXPIRED, now, "superseded", {"by": str(plan.asked.command_id)})
    return overtaken


def _create(actor: Actor, plan: _Plan, now: datetime) -> Command:
    quantity = plan.offer.driven_quantity
    command = Command.objects.create(
        id=plan.asked.command_id,
        organisation_id=plan.thing.organisation_id,
        thing=plan.thing,
        verb=plan.asked.verb,
        value=plan.value,
        previous_value=telemetry.latest_value(plan.thing.pk, quantity) if quantity else None,
        origin=plan.asked.origin,
        requested_by_id=actor.user_id,
        actor_label=actor.label,
        state=Command.State.REQUESTED,
        requested_at=now,
        expires_at=now + plan.patience.confirm_within,
    )
    _step(command, State.REQUESTED, now)
    return command


def _enqueue(actor: Actor, plan: _Plan, command: Command, now: datetime) -> None:
    message = Message(
        dev_eui=plan.device.pk,
        reference=str(command.pk),
        data=plan.offer.device_verb.data_for(plan.value),
        expires_at=now + plan.patience.send_within,
    )
    enqueue_downlink(actor, message)


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
    )
    _step(command, State.REFUSED, now, refusal.code, dict(refusal.facts))
    _journal(actor, command, "command.refused", {"cause": refusal.code, **refusal.facts})


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
    """When it left; at the latest when it was acknowledged, should the news of its leaving be lost."""
    times = {step.state: step.at for step in command.steps.all()}
    return times.get(State.SENT) or times[State.ACKNOWLEDGED]


@transaction.atomic
def _confirm(actor: Actor, command_id: UUID, at: datetime, reported: float) -> bool:
    command = _locked(actor, command_id)
    return command is not None and _enter(actor, command, State.CONFIRMED, at, "", {"reported": reported})


@transaction.atomic
def _expire(actor: Actor, command_id: UUID, now: datetime) -> bool:
    command = _locked(actor, command_id)
    if command is None or command.expires_at > now:
        return False
    state = queries.state_of(command)
    device = command.thing.device
    since = max((step.at for step in command.steps.all()), default=command.requested_at)
    cause = expiry_cause(state, since, device.last_seen_at if device else None)
    cancel_downlink(actor, str(command.pk), "too_late")
    return _enter(actor, command, State.EXPIRED, now, cause)


def _locked(actor: Actor, command_id: UUID | None) -> Command | None:
    if command_id is None:
        return None
    return queries.commands(actor).select_for_update(of=("self",), no_key=True).filter(pk=command_id).first()


def _command_id(reference: str) -> UUID | None:
    try:
        return UUID(reference)
    except ValueError:  # something else's message
        return None


def _enter(
    actor: Actor,
    command: Command,
    state: State,
    at: datetime,
    cause: str = "",
    facts: dict[str, object] | None = None,
) -> bool:
    """The command, locked, enters ``state``. False, and nothing is written, when that is no news."""
    if not leads_to(queries.state_of(command), state):
        return False
    command.state = state.value
    command.ended_at = at if state in ENDED else None
    command.save(update_fields=["state", "ended_at"])
    _step(command, state, at, cause, facts)
    if state in ENDED:
        _journal(actor, command, _JOURNALLED_ENDS[state], {"cause": cause, **(facts or {})})
    return True


def _step(
    command: Command, state: State, at: datetime, cause: str = "", facts: dict[str, object] | None = None
) -> None:
    CommandStep.objects.create(command=command, state=state.value, at=at, cause=cause[:64], facts=facts or {})
    update = CommandUpdate(
        command_id=str(command.pk),
        organisation_id=command.organisation_id,
        thing_id=command.thing_id,
        state=state.value,
        at=at,
        cause=cause[:64],
    )
    notify(NOTIFY_COMMAND, msgspec.json.encode(update).decode())


def _journal(actor: Actor, command: Command, action: str, facts: dict[str, object]) -> None:
    thing = command.thing
    known: dict[str, object] = {"command": str(command.pk), "verb": command.verb, "value": command.value}
    label = f"{thing.site.name} – {thing.name}"
    write_journal(actor, command.organisation_id, action, "thing", thing.pk, label, {**known, **facts})

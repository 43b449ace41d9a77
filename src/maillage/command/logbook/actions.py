"""Writes that are part of others: a locked command enters a state, inside the transaction of the act that moved it."""

from datetime import datetime

import msgspec

from maillage.command import queries
from maillage.command.engine.life import ENDED, State, leads_to
from maillage.command.events import NOTIFY_COMMAND, CommandUpdate
from maillage.command.models import Command, CommandStep
from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.lorawan.notify import notify
from maillage.telemetry.models import Thing

_CAUSE_LENGTH = 64
_JOURNALLED = {state: f"command.{state.value}" for state in ENDED}


def enter(
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
    note_step(actor, command, at, cause, facts)
    if state in ENDED:
        note_command(actor, command, _JOURNALLED[state], {"cause": cause, **(facts or {})})
    return True


def note_step(
    actor: Actor,  # noqa: ARG001 - every action says who acts
    command: Command,
    at: datetime,
    cause: str = "",
    facts: dict[str, object] | None = None,
) -> None:
    """The step into the state that the command is in, told to open pages when the transaction commits."""
    cause = cause[:_CAUSE_LENGTH]
    state, attempt = command.state, command.attempt
    CommandStep.objects.create(command=command, state=state, attempt=attempt, at=at, cause=cause, facts=facts or {})
    update = CommandUpdate(
        command_id=str(command.pk),
        organisation_id=command.organisation_id,
        thing_id=command.thing_id,
        state=state,
        at=at,
        cause=cause,
    )
    notify(NOTIFY_COMMAND, msgspec.json.encode(update).decode())


def note_command(actor: Actor, command: Command, action: str, facts: dict[str, object]) -> None:
    """A line in the journal about a command; written last."""
    known: dict[str, object] = {"command": str(command.pk), "verb": command.verb, "value": command.value}
    note_thing(actor, command.thing, action, {**known, **facts})


def note_thing(actor: Actor, thing: Thing, action: str, facts: dict[str, object]) -> None:
    """A line in the journal about a thing."""
    write_journal(actor, thing.organisation_id, action, "thing", thing.pk, f"{thing.site.name} – {thing.name}", facts)

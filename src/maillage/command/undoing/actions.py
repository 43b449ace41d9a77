"""Writes: a command is undone."""

from uuid import UUID

from maillage.command import queries, registry
from maillage.command.actions import Circumstances, request, withdraw
from maillage.command.models import Command
from maillage.command.specials.actions import drop_override
from maillage.command.undoing.before import state_before
from maillage.identity.actor import Actor
from maillage.identity.policies import require_command
from maillage.kernel.errors import Conflict


def undo(actor: Actor, command_id: UUID) -> Command:
    """Takes a command back. One that waits is called back and returned; else a new one asks for what was before.

    ``Conflict`` when a newer command followed, when it changed nothing, or when nobody knows what was before.
    """
    command = queries.command(actor, command_id)
    require_command(actor, command.organisation_id)
    _require_newest(actor, command)
    if withdraw(actor, command_id):
        drop_override(actor, command.thing_id, command.requested_at)
        return queries.command(actor, command_id)
    command = queries.command(actor, command_id)
    verb, value = state_before(command)
    drop_override(actor, command.thing_id, command.requested_at)
    return request(actor, command.thing_id, verb, value, around=Circumstances(undoes_id=command.pk))


def _require_newest(actor: Actor, command: Command) -> None:
    rivals = registry.rival_verbs(command.thing.solution, queries.model_of(command.thing), command.verb)
    later = queries.commands(actor).filter(
        thing_id=command.thing_id, verb__in=rivals, requested_at__gt=command.requested_at
    )
    if later.exclude(state=Command.State.REFUSED).exists():
        raise Conflict("undo_too_late")

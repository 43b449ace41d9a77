"""What to ask so that a thing becomes what it was before a command."""

from maillage.command import queries
from maillage.command.engine.life import State
from maillage.command.models import Command
from maillage.kernel.errors import Conflict, MaillageError

_CHANGED_SOMETHING = frozenset({State.SENT, State.ACKNOWLEDGED, State.CONFIRMED})
_WAITS = frozenset({State.PROPOSED, State.REQUESTED})


def state_before(command: Command) -> tuple[str, float | None]:
    """What to ask for the state from before the command; ``Conflict`` when it is not known or nothing was changed."""
    if queries.state_of(command) not in _CHANGED_SOMETHING:
        raise Conflict("undo_not_carried_out")
    if command.previous_value is None or command.verb not in queries.offers(command.thing):
        raise Conflict("nothing_to_undo")
    verb, value = queries.asking_for(queries.offers(command.thing), command.verb, command.previous_value)
    if not verb or (verb, value) == (command.verb, command.value):
        raise Conflict("nothing_to_undo")
    return verb, value


def may_be_undone(command: Command) -> bool:
    """Whether the page offers it: while it waits, or once it changed something that is known."""
    if queries.state_of(command) in _WAITS:
        return True
    try:
        state_before(command)
    except MaillageError:
        return False
    return True

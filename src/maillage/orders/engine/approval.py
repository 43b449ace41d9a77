"""Who has to sign: an agent, and the mayor above a threshold."""

from enum import StrEnum

from maillage.kernel.errors import Conflict
from maillage.kernel.money import Cents

MAYOR_ABOVE = Cents(400_000)
"""Commitments above 4 000 € before VAT wait for the mayor, until each commune sets its own delegation."""


class State(StrEnum):
    """Where a quote stands; that it has expired is told by its date."""

    ISSUED = "issued"
    AWAITING_MAYOR = "awaiting"
    APPROVED = "approved"
    REFUSED = "refused"
    ORDERED = "ordered"


def needs_mayor(commitment: Cents) -> bool:
    """Whether an agent's approval is not enough."""
    return commitment > MAYOR_ABOVE


def after_approval(state: State, commitment: Cents, *, by_mayor: bool) -> State:
    """The state once somebody approved. Raises ``Conflict`` for a quote on which everything is said."""
    waiting = {State.ISSUED, State.AWAITING_MAYOR} if by_mayor else {State.ISSUED}
    if state not in waiting:
        raise Conflict("quote_awaits_mayor" if state is State.AWAITING_MAYOR else "quote_decided", state=state.value)
    return State.AWAITING_MAYOR if needs_mayor(commitment) and not by_mayor else State.APPROVED


def after_refusal(state: State) -> State:
    """The state once somebody refused. Raises ``Conflict`` for what is ordered or refused."""
    if state in {State.REFUSED, State.ORDERED}:
        raise Conflict("quote_decided", state=state.value)
    return State.REFUSED

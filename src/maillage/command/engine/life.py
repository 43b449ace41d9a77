"""The life of a command::

    proposed ──▶ requested ──▶ sent ──▶ acknowledged ──▶ confirmed
       │             │           └────────────────────────▲│
       └─────────────┴───────────┴────────────┴──▶ refused / failed / expired

``proposed`` waits for a second person, where a rule asks for one. What the radio lost is sent again (``retry``): the
command is ``requested`` once more, in its next attempt, and goes on from there.
``acknowledged`` is the device's LoRaWAN acknowledgement, which many devices are not asked for; ``confirmed`` is the
device's own report of the new state. A command moves forward only, and an ended command never moves again: repeated
and late events change nothing.
"""

from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """Where a command is in its life; the same values as ``Command.State``."""

    PROPOSED = "proposed"
    REQUESTED = "requested"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    FAILED = "failed"
    EXPIRED = "expired"


OPEN = (State.PROPOSED, State.REQUESTED, State.SENT, State.ACKNOWLEDGED)
UNDER_WAY = (State.SENT, State.ACKNOWLEDGED)
ENDED = (State.CONFIRMED, State.REFUSED, State.FAILED, State.EXPIRED)
_ENDINGS = frozenset({State.REFUSED, State.FAILED, State.EXPIRED})
_FORWARD: dict[State, frozenset[State]] = {
    State.PROPOSED: frozenset({State.REQUESTED}),
    State.REQUESTED: frozenset({State.SENT, State.ACKNOWLEDGED}),
    State.SENT: frozenset({State.ACKNOWLEDGED, State.CONFIRMED}),
    State.ACKNOWLEDGED: frozenset({State.CONFIRMED}),
}


def is_open(state: State) -> bool:
    """True while something may still become of the command."""
    return state in OPEN


def leads_to(current: State, event: State) -> bool:
    """True when a command in ``current`` enters ``event``; False when the event is repeated, late or impossible.

    A command is never confirmed before it was sent: the device then reports a state that it did not owe to us.
    """
    return is_open(current) and (event in _ENDINGS or event in _FORWARD[current])


def after(current: State, event: State) -> State:
    """The state once ``event`` was heard; ``current`` itself when it changes nothing."""
    return event if leads_to(current, event) else current


def expiry_cause(state: State, since: datetime, last_seen_at: datetime | None) -> str:
    """Why an open command ran out of time.

    ``since`` is when it entered ``state``, ``last_seen_at`` the device's last sign of life.
    """
    if state is State.PROPOSED:
        return "not_approved_in_time"
    heard_since = last_seen_at is not None and last_seen_at > since
    if state is State.REQUESTED:
        return "not_sent_in_time" if heard_since else "device_silent"
    return "not_confirmed_in_time" if heard_since else "no_answer"

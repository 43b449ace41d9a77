"""The states of a rule: a condition must hold for a while to ring, and cease for a while to be quiet again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

AT_ONCE = timedelta(0)


class Phase(StrEnum):
    """``PENDING``: it holds, not long enough yet. ``CLEARING``: it rings, and has ceased, not long enough yet."""

    QUIET = "quiet"
    PENDING = "pending"
    RINGING = "ringing"
    CLEARING = "clearing"


class Turn(StrEnum):
    """What a transition is."""

    RAISED = "raised"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Terms:
    """How long the condition must hold before it rings, and have ceased before it clears."""

    hold: timedelta = AT_ONCE
    clear_hold: timedelta = AT_ONCE


@dataclass(frozen=True, slots=True)
class State:
    """The phase, and since when."""

    phase: Phase = Phase.QUIET
    since: datetime | None = None

    @property
    def is_ringing(self) -> bool:
        return self.phase in {Phase.RINGING, Phase.CLEARING}


@dataclass(frozen=True, slots=True)
class Transition:
    """The rule began to ring, or became quiet, at this instant."""

    turn: Turn
    at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the condition says now; None: it cannot be known, because a value is missing or too old.

    ``clears`` is the opposite of ``rings``, unless the rule has a condition of its own for clearing (hysteresis).
    """

    rings: bool | None
    clears: bool | None


Outcome = tuple[State, Transition | None]


def due_at(state: State, terms: Terms) -> datetime | None:
    """When the passing of time alone changes the state; None when it does not."""
    if state.since is None:
        return None
    if state.phase is Phase.PENDING:
        return state.since + terms.hold
    return state.since + terms.clear_hold if state.phase is Phase.CLEARING else None


def tick(state: State, terms: Terms, now: datetime) -> Outcome:
    """The state after its time is up, if it is at ``now``."""
    due = due_at(state, terms)
    if due is None or due > now:
        return state, None
    if state.phase is Phase.PENDING:
        return State(Phase.RINGING, due), Transition(Turn.RAISED, due)
    return State(Phase.QUIET, due), Transition(Turn.CLEARED, due)


def judge(state: State, terms: Terms, verdict: Verdict, at: datetime) -> Outcome:
    """The state after the condition was evaluated at ``at``. What cannot be known rings nothing and clears nothing."""
    if state.phase is Phase.QUIET and verdict.rings:
        return tick(State(Phase.PENDING, at), terms, at)
    if state.phase is Phase.PENDING and not verdict.rings:
        return State(Phase.QUIET, at), None
    if state.phase is Phase.RINGING and verdict.clears:
        return tick(State(Phase.CLEARING, at), terms, at)
    if state.phase is Phase.CLEARING and not verdict.clears:
        return State(Phase.RINGING, at), None
    return state, None

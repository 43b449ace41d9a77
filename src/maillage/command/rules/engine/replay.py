"""A rule over time: the same walk for the present and for the past.

Four things can change a rule's verdict: a reading, a value growing too old, its window opening or closing, and a hold
that has lasted. They are taken in the order of time. A reading that comes after later ones were judged counts from the
moment it is known; one older than the value known of its datastream changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from maillage.command.engine.window import Window
from maillage.command.rules.engine.condition import Condition, ConditionFault, Values
from maillage.command.rules.engine.machine import State, Terms, Transition, Turn, Verdict, due_at, judge, tick

_UNKNOWN = Verdict(None, None)
_CLOSED = Verdict(rings=False, clears=True)


@dataclass(frozen=True, slots=True)
class Input:
    """A variable of the condition: one datastream, or several as a list. ``max_age``: older values are unknown."""

    alias: str
    members: tuple[int, ...]
    is_group: bool
    max_age: timedelta


@dataclass(frozen=True, slots=True)
class Rule:
    """What is judged. Without ``clear`` the rule clears as soon as the condition ceases."""

    inputs: tuple[Input, ...]
    condition: Condition
    clear: Condition | None
    terms: Terms
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A value of a datastream at an instant."""

    stream: int
    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Memory:
    """All that a rule remembers: its state, the newest value of each datastream, and the instant it has reached."""

    at: datetime
    state: State = field(default_factory=State)
    values: Mapping[int, tuple[datetime, float]] = field(default_factory=dict)
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Episode:
    """It would have rung from here to there; ``cleared_at`` None: it still would."""

    raised_at: datetime
    cleared_at: datetime | None


def advance(
    rule: Rule, memory: Memory, readings: Iterable[Reading], until: datetime
) -> tuple[Memory, list[Transition]]:
    """The rule at ``until``, with ``readings`` in the order of time, and what happened on the way, in order."""
    walk = _Walk(rule, memory)
    for reading in readings:
        if walk.is_news(reading):
            walk.go_to(min(max(reading.at, walk.at), until))
            walk.take(reading)
    walk.go_to(until)
    return walk.memory(), walk.transitions


def wakes_at(rule: Rule, memory: Memory) -> datetime | None:
    """When time alone may change the rule; None when only a reading can."""
    return _Walk(rule, memory).next_stop()


def episodes(transitions: Sequence[Transition]) -> list[Episode]:
    """The ringings that these transitions tell, in order."""
    found: list[Episode] = []
    for transition in transitions:
        if transition.turn is Turn.RAISED:
            found.append(Episode(transition.at, None))
        elif found:
            found[-1] = replace(found[-1], cleared_at=transition.at)
    return found


class _Walk:
    """One pass over time."""

    def __init__(self, rule: Rule, memory: Memory) -> None:
        self._rule = rule
        self._max_age = {stream: each.max_age for each in rule.inputs for stream in each.members}
        self._values = {stream: known for stream, known in memory.values.items() if stream in self._max_age}
        self._state = memory.state
        self._fault = memory.fault
        self.at = memory.at
        self.transitions: list[Transition] = []
        self._boundary = self._next_boundary()

    def memory(self) -> Memory:
        return Memory(self.at, self._state, self._values, self._fault)

    def next_stop(self) -> datetime | None:
        stops = (due_at(self._state, self._rule.terms), self._boundary)
        return min((stop for stop in stops if stop is not None), default=None)

    def is_news(self, reading: Reading) -> bool:
        known = self._values.get(reading.stream)
        return reading.stream in self._max_age and (known is None or known[0] < reading.at)

    def take(self, reading: Reading) -> None:
        self._values[reading.stream] = (reading.at, reading.value)
        self._judge()
        self._boundary = self._next_boundary()

    def go_to(self, instant: datetime) -> None:
        """Let time pass until ``instant``, stopping wherever it changes something."""
        while True:
            due = due_at(self._state, self._rule.terms)
            stop = min(moment for moment in (due, self._boundary, instant) if moment is not None)
            if stop >= instant and stop not in {due, self._boundary}:
                break
            self.at = max(self.at, stop)
            self._settle(tick(self._state, self._rule.terms, stop))
            if stop == self._boundary:
                self._boundary = self._next_boundary()
                self._judge()
            elif due is None or due != stop:
                break
        self.at = max(self.at, instant)

    def _next_boundary(self) -> datetime | None:
        """When a value grows too old or the window changes, after the present instant."""
        expiries = [known[0] + self._max_age[stream] for stream, known in self._values.items()]
        coming = [moment for moment in expiries if moment > self.at]
        if self._rule.window is not None:
            coming.append(self._rule.window.next_change(self.at))
        return min(coming, default=None)

    def _judge(self) -> None:
        self._settle(judge(self._state, self._rule.terms, self._verdict(), self.at))

    def _settle(self, outcome: tuple[State, Transition | None]) -> None:
        self._state, transition = outcome
        if transition is not None:
            self.transitions.append(transition)

    def _verdict(self) -> Verdict:
        rule = self._rule
        if rule.window is not None and not rule.window.is_open(self.at):
            return _CLOSED
        values = self._known()
        if values is None:
            return _UNKNOWN
        try:
            rings = rule.condition.holds(values)
            clears = not rings and (rule.clear is None or rule.clear.holds(values))
        except ConditionFault as fault:
            self._fault = fault.code
            return _UNKNOWN
        self._fault = ""
        return Verdict(rings, clears)

    def _known(self) -> Values | None:
        """The variables' values; None as soon as one is unknown. Of a group, those that are fresh; one is enough."""
        values: dict[str, float | list[float]] = {}
        for each in self._rule.inputs:
            fresh = [
                known[1]
                for stream in each.members
                if (known := self._values.get(stream)) is not None and self.at < known[0] + each.max_age
            ]
            if not fresh:
                return None
            values[each.alias] = fresh if each.is_group else fresh[0]
        return values

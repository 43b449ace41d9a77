"""How many readings rules judge in a second, and conditions are checked: the engine alone, without the database."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

from benchmarks.report import Report
from maillage.command.rules.engine.condition import compiled
from maillage.command.rules.engine.machine import Terms
from maillage.command.rules.engine.replay import Input, Memory, Reading, Rule, advance
from maillage.kernel import clock

READINGS = 40_000
GROUP = 20
_START = datetime(2026, 3, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


def threshold() -> Rule:
    """One measure, a hold and a margin: the usual rule."""
    known = {"air": False}
    conditions = (compiled("air < 16.0", known), compiled("air > 17.0", known))
    return Rule((Input("air", (0,), is_group=False, max_age=_DAY),), *conditions, Terms(20 * _MINUTE))


def combined() -> Rule:
    """Three measures in one condition."""
    known = {"air": False, "door": False, "valve": False}
    inputs = tuple(Input(alias, (index,), is_group=False, max_age=_DAY) for index, alias in enumerate(known))
    condition = compiled("(air < 16.0 && door > 0.5) || (valve > 90.0 && air + 2.0 < 19.0)", known)
    return Rule(inputs, condition, None, Terms(5 * _MINUTE))


def group() -> Rule:
    """Twenty measures, counted."""
    members = tuple(range(GROUP))
    condition = compiled("rooms.filter(t, t < 16.0).size() >= 3", {"rooms": True})
    return Rule((Input("rooms", members, is_group=True, max_age=_DAY),), condition, None, Terms(20 * _MINUTE))


def readings(streams: int) -> Iterator[Reading]:
    """Each stream in turn, once in ten minutes; around the threshold, so that rules do ring."""
    for number in count():
        stream = number % streams
        at = _START + (number // streams) * 10 * _MINUTE + stream * timedelta(seconds=1)
        yield Reading(stream, at, 14.0 + (number * 7919 % 61) / 10)


def rate(make: Callable[[], Rule]) -> tuple[int, int]:
    """Readings judged a second, one call a look as the process does, and the transitions on the way."""
    rule = make()
    streams = sum(len(each.members) for each in rule.inputs)
    source = readings(streams)
    heard = [next(source) for _ in range(READINGS)]
    memory, found = Memory(_START), 0
    started_s = clock.monotonic_s()
    for reading in heard:
        memory, transitions = advance(rule, memory, [reading], reading.at)
        found += len(transitions)
    return round(READINGS / (clock.monotonic_s() - started_s)), found


def compilations() -> int:
    """Conditions compiled and checked a second."""
    started_s = clock.monotonic_s()
    for _ in range(2000):
        threshold()
    return round(2 * 2000 / (clock.monotonic_s() - started_s))


def run() -> Report:
    """In one process, on one core."""
    rows = []
    for name, make in (("one measure", threshold), ("three measures", combined), (f"a group of {GROUP}", group)):
        judged, found = rate(make)
        rows.append({"rule": name, "readings judged/s": judged, "transitions": found})
    facts = {"conditions compiled and checked/s": compilations(), "readings": READINGS}
    return Report("rules", "Rules: readings judged a second by one core", rows, facts)

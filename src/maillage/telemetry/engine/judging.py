"""Values that others than devices give: which are stored, which are refused and why. A sentence for each cause."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

MOST_AHEAD = timedelta(minutes=5)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Before it no meter of ours measured anything: a clock that was never set says 1970."""

NOT_A_NUMBER = "value_not_a_number"
TOO_EARLY = "value_too_early"
IN_THE_FUTURE = "value_in_the_future"
OTHER_UNIT = "value_of_another_unit"
NO_DATASTREAM = "value_without_datastream"
TWICE = "value_given_twice"


@dataclass(frozen=True, slots=True)
class Given:
    """A value as it was given. ``unit`` empty: that of the datastream."""

    datastream_id: int
    at: datetime
    value: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Bad:
    """A given value that is not stored; ``number`` is its place among those given, from 0."""

    number: int
    given: Given
    cause: str


@dataclass(slots=True)
class Verdict:
    """What is stored, and what is not."""

    good: list[Given] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)


def judge(given: Iterable[Given], units: Mapping[int, str], now: datetime) -> Verdict:
    """``units``: the datastreams that may be written to, with their UCUM units."""
    verdict, seen = Verdict(), dict[tuple[int, datetime], float]()
    for number, one in enumerate(given):
        cause = _cause(one, units, now)
        if not cause and seen.setdefault((one.datastream_id, one.at), one.value) != one.value:
            cause = TWICE
        if cause:
            verdict.bad.append(Bad(number, one, cause))
        else:
            verdict.good.append(one)
    return verdict


def _cause(one: Given, units: Mapping[int, str], now: datetime) -> str:
    unit = units.get(one.datastream_id)
    checks = (
        (unit is None, NO_DATASTREAM),
        (one.unit not in {"", unit}, OTHER_UNIT),
        (not math.isfinite(one.value), NOT_A_NUMBER),
        (one.at < EARLIEST, TOO_EARLY),
        (one.at > now + MOST_AHEAD, IN_THE_FUTURE),
    )
    return next((cause for holds, cause in checks if holds), "")

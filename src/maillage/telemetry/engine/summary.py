"""What is kept of many values: a summary that can be merged with the next one, so that days are made of hours.

A counter's consumption is the sum of its rises. Between two readings it is their difference; a counter that fell was
either turned over (its modulus is known and it fell by more than half of it) or reset, and has counted from zero since.
``rise`` holds only what rose *inside* the summary: the step from the summary before is added when they are merged, so
that a late value never changes another hour than its own.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import reduce
from typing import NamedTuple

Value = tuple[datetime, float]


class Summary(NamedTuple):
    """Of at least one value. ``rise`` and ``resets`` make sense for counters only."""

    size: int
    minimum: float
    maximum: float
    total: float
    first_at: datetime
    first: float
    last_at: datetime
    last: float
    rise: float
    resets: int

    @property
    def mean(self) -> float:
        """Between the extremes, even where the last binary digit of the division is not."""
        return max(min(self.total / self.size, self.maximum), self.minimum)


def step(before: float, after: float, modulus: float | None) -> float:
    """What a counter counted between two readings; never negative for a counter that is not."""
    if after >= before:
        return after - before
    if modulus is not None and before - after > modulus / 2:
        return after + modulus - before
    return after


def is_reset(before: float, after: float, modulus: float | None) -> bool:
    """The counter fell, and not because it turned over."""
    return after < before and (modulus is None or before - after <= modulus / 2)


def of_value(value: Value) -> Summary:
    """The summary of one value."""
    at, number = value
    return Summary(1, number, number, number, at, number, at, number, 0.0, 0)


def merged(earlier: Summary, later: Summary, modulus: float | None = None) -> Summary:
    """The summary of both; every value of ``later`` comes after those of ``earlier``."""
    return Summary(
        size=earlier.size + later.size,
        minimum=min(earlier.minimum, later.minimum),
        maximum=max(earlier.maximum, later.maximum),
        total=earlier.total + later.total,
        first_at=earlier.first_at,
        first=earlier.first,
        last_at=later.last_at,
        last=later.last,
        rise=earlier.rise + step(earlier.last, later.first, modulus) + later.rise,
        resets=earlier.resets + is_reset(earlier.last, later.first, modulus) + later.resets,
    )


def summary(parts: Iterable[Summary], modulus: float | None = None) -> Summary | None:
    """The summary of ``parts``, which are in the order of time; None when there are none."""
    found = list(parts)
    return reduce(lambda one, other: merged(one, other, modulus), found) if found else None


def summary_of_values(values: Iterable[Value], modulus: float | None = None) -> Summary | None:
    """The summary of ``values``, whatever their order."""
    return summary(map(of_value, sorted(values)), modulus)

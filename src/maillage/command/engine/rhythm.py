"""How often a device really speaks, from when it spoke: a class A device is spoken to just after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

FEWEST_GAPS = 6
SHORTEST = timedelta(seconds=10)
_LOST_IN_A_ROW = 3


@dataclass(frozen=True, slots=True)
class Rhythm:
    """``is_learnt`` is False when it is the one that the device's model declares."""

    period: timedelta
    is_learnt: bool


def rhythm(heard_at: Sequence[datetime], declared: timedelta) -> Rhythm:
    """The median time between messages, in order; the declared one until there are enough of them."""
    gaps = [later - earlier for earlier, later in pairwise(heard_at) if later - earlier >= SHORTEST]
    if len(gaps) < FEWEST_GAPS:
        return Rhythm(declared, is_learnt=False)
    return Rhythm(timedelta(seconds=round(median(gap.total_seconds() for gap in gaps))), is_learnt=True)


def wakes_at(period: timedelta, last_heard_at: datetime | None, now: datetime) -> datetime | None:
    """When the device should be heard next; None when it never was, or has been away for too long to say."""
    if last_heard_at is None or now - last_heard_at > _LOST_IN_A_ROW * period:
        return None
    return last_heard_at + ((now - last_heard_at) // period + 1) * period

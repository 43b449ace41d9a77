"""What a person in charge must know of a set of things, and when it may be said that all is well.

All is well only when it is proven: there is equipment, every piece of it was heard within the time in which two lost
messages in a row would not be noticed, and the last thing asked of each was not left undone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

PERIODS_UNTIL_STALE = 3
Verdict = Literal["well", "attention", "unequipped"]


@dataclass(frozen=True, slots=True)
class Watched:
    """A thing as last known. ``left_undone``: the last thing asked of it was not carried out."""

    thing_id: int
    heard_at: datetime | None
    period: timedelta
    left_undone: bool = False


@dataclass(frozen=True, slots=True)
class Findings:
    """Things never heard, things heard too long ago, and things whose newest command was not carried out."""

    watched: int
    never_heard: tuple[int, ...]
    silent: tuple[int, ...]
    undone: tuple[int, ...]

    @property
    def verdict(self) -> Verdict:
        """``well`` only when there is something to be well, and nothing against it."""
        if not self.watched:
            return "unequipped"
        return "attention" if self.never_heard or self.silent or self.undone else "well"


def stale_after(period: timedelta) -> timedelta:
    """From when on a value of a thing that reports each ``period`` must not look live."""
    return PERIODS_UNTIL_STALE * period


def examine(things: Iterable[Watched], now: datetime) -> Findings:
    """What is to be known of ``things`` at ``now``."""
    watched: Sequence[Watched] = list(things)
    return Findings(
        watched=len(watched),
        never_heard=tuple(one.thing_id for one in watched if one.heard_at is None),
        silent=tuple(one.thing_id for one in watched if _is_silent(one, now)),
        undone=tuple(one.thing_id for one in watched if one.left_undone),
    )


def _is_silent(one: Watched, now: datetime) -> bool:
    return one.heard_at is not None and now - one.heard_at > stale_after(one.period)

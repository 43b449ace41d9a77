"""Who is on call, and when an alarm that nobody acknowledges is told again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from maillage.command.engine.window import Window


@dataclass(frozen=True, slots=True)
class Duty:
    """A person is on call at a level, within a window, from ``first_day`` to ``last_day`` (local, both included)."""

    user_id: int
    level: int
    window: Window
    first_day: date | None = None
    last_day: date | None = None

    def covers(self, at: datetime) -> bool:
        """Whether the person is on call at ``at``. A night belongs to the day on which it begins."""
        if not self.window.is_open(at):
            return False
        day = self.window.day_of(at)
        return (self.first_day is None or self.first_day <= day) and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one waits for an acknowledgement before the next level is told, and before the last is told again."""

    escalate_after: timedelta
    remind_every: timedelta


@dataclass(frozen=True, slots=True)
class Telling:
    """Who is told now, at which level, and when to look again."""

    user_ids: tuple[int, ...]
    level: int
    again_at: datetime


def telling(duties: Sequence[Duty], level: int, patience: Patience, at: datetime) -> Telling:
    """Who is told at ``at`` of an alarm told up to ``level`` (0: nobody yet).

    The next level at which somebody is on call; above the last one, everybody on call at any level is reminded. A
    roster on which nobody is on call tells nobody and is asked again after the shorter wait.
    """
    manned = sorted({duty.level for duty in duties if duty.covers(at)})
    if not manned:
        return Telling((), level, at + min(patience.escalate_after, patience.remind_every))
    higher = [each for each in manned if each > level]
    reached = higher[0] if higher else level
    told = {duty.user_id for duty in duties if duty.covers(at) and (not higher or duty.level == reached)}
    wait = patience.escalate_after if len(higher) > 1 else patience.remind_every
    return Telling(tuple(sorted(told)), reached, at + wait)

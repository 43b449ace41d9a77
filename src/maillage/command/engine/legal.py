"""How warm a building may be heated, by law.

Code de l'énergie, art. R241-26: 19 °C on average over the rooms of a building while it is used. Art. R241-27: 16 °C
when it stands empty for 24 to 48 hours, 8 °C when for 48 hours or more.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from maillage.command.engine.occupancy import Use, empty_span

Regime = Literal["occupied", "empty_day", "empty_long"]
A_DAY = timedelta(hours=24)
TWO_DAYS = timedelta(hours=48)
WARM_UP = timedelta(hours=6)
"""Before it is used again a building may be warmed up: the law limits the empty time, not the return."""


@dataclass(frozen=True, slots=True)
class Ceilings:
    """The highest mean of the rooms' setpoints in each regime."""

    occupied: float
    empty_day: float
    empty_long: float


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What the law allows at an instant, and until when."""

    regime: Regime
    value: float
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Room:
    """A room's setpoint; ``weight`` is its area in m², or one for each where an area is not known."""

    setpoint: float
    weight: float = 1.0


def ceiling_at(ceilings: Ceilings, use: Use, at: datetime) -> Ceiling:
    """The ceiling that holds at ``at``."""
    empty = empty_span(use, at)
    if empty is None or empty.length < A_DAY or empty.end - at <= WARM_UP:
        return Ceiling("occupied", ceilings.occupied, None)
    if empty.length < TWO_DAYS:
        return Ceiling("empty_day", ceilings.empty_day, empty.end)
    return Ceiling("empty_long", ceilings.empty_long, empty.end)


def mean_with(setpoint: Room, others: Iterable[Room]) -> float:
    """The mean over a building's rooms once one of them is set so."""
    rooms = [setpoint, *others]
    return sum(room.setpoint * room.weight for room in rooms) / sum(room.weight for room in rooms)


def is_within(ceiling: Ceiling, setpoint: Room, others: Iterable[Room]) -> bool:
    """Whether the law allows it. A room at or below the ceiling is never what breaks it."""
    return setpoint.setpoint <= ceiling.value or mean_with(setpoint, others) <= ceiling.value

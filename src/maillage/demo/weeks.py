"""The weekly programmes of the demonstration, and what they ask for at any instant. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache

from astral import LocationInfo
from astral.sun import sun

from maillage.lorawan.simulator.physics.room import FRANCE

NIGHT_C = 16.0
SCHOOL_DAYS = frozenset({1, 2, 4, 5})
EVERY_DAY = frozenset(range(1, 8))
WARM_FROM, WARM_UNTIL = time(5, 30), time(16, 30)


@dataclass(frozen=True, slots=True)
class Gate:
    """Where the sun rises and sets for it."""

    longitude: float
    latitude: float


def setpoint_c(day_c: float, at: datetime) -> float:
    """What the heating programme of a classroom asks for at an aware instant."""
    local = at.astimezone(FRANCE)
    warm = local.isoweekday() in SCHOOL_DAYS and WARM_FROM <= local.time() < WARM_UNTIL
    return day_c if warm else NIGHT_C


def is_open(gate: Gate, at: datetime) -> bool:
    """Whether the cemetery's gate is open: from sunrise to sunset."""
    rise, fall = _sun(round(gate.longitude, 1), round(gate.latitude, 1), at.astimezone(FRANCE).date())
    return rise <= at < fall


@lru_cache(maxsize=4096)
def _sun(longitude: float, latitude: float, day: date) -> tuple[datetime, datetime]:
    found = sun(LocationInfo(latitude=latitude, longitude=longitude).observer, day, tzinfo=FRANCE)
    return found["sunrise"], found["sunset"]

"""The demonstration's meter: a school's gas, read every three hours for two years, with new windows after the first.

Everything of it is generated. The simulator does not go on with it: readings come with the supplier's monthly file.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from maillage.demo.territory import SEED, MemberPlan
from maillage.demo.weeks import SCHOOL_DAYS
from maillage.lorawan.simulator.physics.room import FRANCE
from maillage.lorawan.simulator.physics.weather import weather
from maillage.telemetry.actions import Declaration, Declared

ENERGY, OUTDOOR = "gas_energy", "outdoor_temperature"
NAME = "Compteur de gaz (exemple)"
STEP = timedelta(hours=3)
DAYS = 740
_WORKS_AFTER = timedelta(days=370)
_LEFT_BY_WORKS = 0.78
_BASE_KWH = 4.0  # hot water and losses, each step
_KWH_A_DEGREE = 3.1  # each step, in school hours' mean
_HEATED_BELOW_C = 16.0
_WEEKEND = 0.75  # the boiler idles
_SPREAD = 0.12
_PERIOD_S = 31 * 86_400  # the supplier sends a file a month


@dataclass(frozen=True, slots=True)
class Reading:
    """A value of the meter's, of one of its two quantities."""

    quantity: str
    at: datetime
    value: float


def declaration(site_id: int) -> Declaration:
    """The meter, with the weather that its supplier's file tells."""
    measures = (
        Declared(ENERGY, "Gaz consommé", "kW.h", "import", "counter", _PERIOD_S),
        Declared(OUTDOOR, "Température extérieure", "Cel", "import", "gauge", _PERIOD_S),
    )
    return Declaration(site_id, NAME, "meter", measures, solution="energy")


def readings(member: MemberPlan, now: datetime, days: int = DAYS) -> Iterator[Reading]:
    """In the order of time, up to ``now``; the same for the same member and day."""
    chance = random.Random(f"{SEED}/{member.commune.insee}/gas")  # noqa: S311 - a plausible meter, not a secret
    start = datetime.combine(now.astimezone(UTC).date() - timedelta(days=days), datetime.min.time(), UTC)
    at, index, luck = start, 184_220.0, _luck(chance)
    day, share = date.min, 1.0
    while at <= now:
        if at.date() != day:
            day, share = at.date(), next(luck)
        outdoor_c = weather(at).outdoor_c
        yield Reading(ENERGY, at, round(index, 1))
        yield Reading(OUTDOOR, at, round(outdoor_c, 1))
        heat = _KWH_A_DEGREE * max(_HEATED_BELOW_C - outdoor_c, 0.0) * _programme(at)
        index += share * (_BASE_KWH + heat * (_LEFT_BY_WORKS if at - start > _WORKS_AFTER else 1.0))
        at += STEP


def _programme(at: datetime) -> float:
    return 1.0 if at.astimezone(FRANCE).isoweekday() in SCHOOL_DAYS else _WEEKEND


def _luck(chance: random.Random) -> Iterator[float]:
    """How much more or less a day uses than its weather asks: doors, people, sun."""
    while True:
        yield max(0.3, chance.gauss(1.0, _SPREAD))

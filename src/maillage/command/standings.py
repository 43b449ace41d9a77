"""How a thing that opens, closes or switches stands, and since when."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from maillage.command.engine.constancy import Since, unchanged_since
from maillage.command.places import Equipment, Place, Shown
from maillage.identity.actor import Actor
from maillage.telemetry import queries as telemetry

LOOKED_BACK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Standing:
    """``verb`` is the one whose outcome is reported (``open``), empty when none is; ``is_fresh``: to be trusted."""

    equipment: Equipment
    verb: str
    shown: Shown
    is_fresh: bool
    since: Since | None


def standings(actor: Actor, place: Place, now: datetime) -> list[Standing]:
    """Of every device of the place that stands one way or another."""
    return [_standing(actor, one, one.position, now) for one in place.actors if one.position is not None]


def _standing(actor: Actor, one: Equipment, shown: Shown, now: datetime) -> Standing:
    series = telemetry.series(actor, [shown.datastream_id], now - LOOKED_BACK, now, "raw")[0]
    return Standing(one, one.standing, shown, shown.is_fresh(now), unchanged_since(series.points))

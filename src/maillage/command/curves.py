"""A site's or a room's curves over 24 hours, 7 or 30 days: which datastreams, and the JSON that the chart reads."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext

from maillage.command.live import value_key
from maillage.command.places import Place
from maillage.command.registry import solutions
from maillage.kernel.errors import Invalid
from maillage.telemetry.engine.curve import GAP_PERIODS
from maillage.telemetry.queries import MOST_SERIES, Series

PERIODS = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "30d": timedelta(days=30)}
DEFAULT = "24h"
# What was asked holds until something else is asked; how far a valve is open is drawn as a surface behind the curves.
STEPPED = frozenset({"target_temperature"})
FILLED = frozenset({"valve_opening"})
_TONES = {"air_temperature": 1, "target_temperature": 2, "valve_opening": 3}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A curve to draw, and its name."""

    datastream_id: int
    label: str
    tone: int | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """``start`` to ``end``; ``code`` is how the page's address names it."""

    code: str
    start: datetime
    end: datetime


def span(code: str, now: datetime) -> Span:
    """The span that ends now; ``Invalid`` for a code that is not of ``PERIODS``."""
    if code not in PERIODS:
        raise Invalid("period_unknown", period=code)
    return Span(code, now - PERIODS[code], now)


def of_place(place: Place) -> list[Wanted]:
    """The quantities that the room's solutions want drawn, each once."""
    quantities = [q for code in _solutions(place) for q in solutions()[code].chart_quantities]
    shown = [place.values[quantity] for quantity in dict.fromkeys(quantities) if quantity in place.values]
    return [Wanted(one.datastream_id, quantity_label(place, one.quantity), _TONES.get(one.quantity)) for one in shown]


def of_site(found: Sequence[Place]) -> list[Wanted]:
    """The first quantity of each room: the rooms compared."""
    firsts = [(place.name, of_place(place)[:1]) for place in found]
    return [Wanted(one.datastream_id, name) for name, wanted in firsts for one in wanted][:MOST_SERIES]


def quantity_label(place: Place, quantity: str) -> str:
    """The words of a quantity: the use's own, else those of the device's model."""
    for code in _solutions(place):
        if quantity in solutions()[code].quantities:
            return str(solutions()[code].quantities[quantity])
    measures = (r.measure for one in place.equipment for r in one.state.readings if r.quantity == quantity)
    return next((gettext(measure.label) for measure in measures if measure is not None), quantity)


def chart(of: Span, wanted: Sequence[Wanted], series: Iterable[Series]) -> dict[str, object]:
    """The kit's chart JSON: epoch seconds, gaps as nulls."""
    names = {one.datastream_id: one for one in wanted}
    drawn = [_drawn(names[one.datastream_id], one) for one in series]
    return {"from": int(of.start.timestamp()), "to": int(of.end.timestamp()), "series": drawn}


def _drawn(wanted: Wanted, series: Series) -> dict[str, object]:
    options: dict[str, object] = {"tone": wanted.tone} if wanted.tone else {}
    return {
        "key": value_key(series.datastream_id),
        "live": value_key(series.datastream_id),
        "label": wanted.label,
        "unit": series.unit,
        "decimals": series.measure.decimals if series.measure else 1,
        "gap_s": GAP_PERIODS * max(series.period, series.width).total_seconds(),
        "step": series.quantity in STEPPED or (series.measure is not None and series.measure.kind == "state"),
        "area": series.quantity in FILLED,
        "points": [[int(point.at.timestamp()), point.value] for point in series.points],
        **options,
    }


def _solutions(place: Place) -> list[str]:
    known = [one.state.thing.solution for one in place.equipment if one.state.thing.solution in solutions()]
    return list(dict.fromkeys(known))

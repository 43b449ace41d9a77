"""The curves of a room, or of a site as the means over its rooms, over 24 hours, 7 or 30 days."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean

from django.utils.translation import gettext

from maillage.command.live import value_key
from maillage.command.places import Place
from maillage.command.registry import solutions
from maillage.identity.actor import Actor
from maillage.kernel.errors import Invalid
from maillage.telemetry import queries as telemetry
from maillage.telemetry.engine.curve import GAP_PERIODS
from maillage.telemetry.queries import MOST_SERIES, Series

# What is shown, and the width of the buckets over which the rooms of a site can be averaged.
PERIODS = {
    "24h": (timedelta(hours=24), timedelta(minutes=15)),
    "7d": (timedelta(days=7), timedelta(hours=1)),
    "30d": (timedelta(days=30), timedelta(hours=3)),
}
DEFAULT = "24h"
# What was asked holds until something else is asked; how far a valve is open is drawn as a surface behind the curves.
STEPPED = frozenset({"target_temperature"})
FILLED = frozenset({"valve_opening"})
_TONES = {"air_temperature": 1, "target_temperature": 2, "valve_opening": 3}


@dataclass(frozen=True, slots=True)
class Span:
    """``start`` to ``end``; ``code`` is how the page's address names it."""

    code: str
    start: datetime
    end: datetime
    width: timedelta


@dataclass(frozen=True, slots=True)
class Wanted:
    """A curve to draw: of one datastream, or the mean of several."""

    label: str
    quantity: str
    datastream_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve ready to draw or to write. A value of None is a gap; ``live`` the key that makes it grow, if any."""

    label: str
    quantity: str
    unit: str
    decimals: int
    is_state: bool
    gap: timedelta
    points: Sequence[tuple[datetime, float | None]]
    live: str


def span(code: str, now: datetime) -> Span:
    """The span that ends now; ``Invalid`` for a code that is not of ``PERIODS``."""
    if code not in PERIODS:
        raise Invalid("period_unknown", period=code)
    length, width = PERIODS[code]
    return Span(code, now - length, now, width)


def of_place(place: Place) -> list[Wanted]:
    """The quantities that the room's solutions want drawn, each once."""
    quantities = dict.fromkeys(q for code in _solutions(place) for q in solutions()[code].chart_quantities)
    shown = [place.values[quantity] for quantity in quantities if quantity in place.values]
    return [Wanted(quantity_label(place, one.quantity), one.quantity, (one.datastream_id,)) for one in shown]


def of_site(places: Sequence[Place]) -> list[Wanted]:
    """The same quantities over all rooms."""
    found: dict[str, list[Wanted]] = {}
    for place in places:
        for one in of_place(place):
            found.setdefault(one.quantity, []).append(one)
    return [
        Wanted(members[0].label, quantity, tuple(stream for one in members for stream in one.datastream_ids))
        for quantity, members in found.items()
    ]


def quantity_label(place: Place, quantity: str) -> str:
    """The words of a quantity: the use's own, else those of the device's model."""
    for code in _solutions(place):
        if quantity in solutions()[code].quantities:
            return str(solutions()[code].quantities[quantity])
    return next((one.values[quantity].label for one in place.equipment if quantity in one.values), quantity)


def read(actor: Actor, wanted: Iterable[Wanted], over: Span) -> list[Curve]:
    """The curves; ``NotFound`` for a datastream that is not for ``actor``."""
    return [_one(actor, each, over) if len(each.datastream_ids) == 1 else _mean(actor, each, over) for each in wanted]


def chart(over: Span, curves: Iterable[Curve]) -> dict[str, object]:
    """The kit's chart JSON: epoch seconds, gaps as nulls."""
    drawn = [_drawn(curve) for curve in curves]
    return {"from": int(over.start.timestamp()), "to": int(over.end.timestamp()), "series": drawn}


def _one(actor: Actor, wanted: Wanted, over: Span) -> Curve:
    series = telemetry.series(actor, wanted.datastream_ids, over.start, over.end)[0]
    points = [(point.at, point.value) for point in series.points]
    return _curve(wanted, [series], points, wanted.label, value_key(series.datastream_id))


def _mean(actor: Actor, wanted: Wanted, over: Span) -> Curve:
    ids = wanted.datastream_ids
    series = [
        one
        for first in range(0, len(ids), MOST_SERIES)
        for one in telemetry.series(actor, ids[first : first + MOST_SERIES], over.start, over.end, over.width)
    ]
    values: dict[datetime, list[float]] = {}
    for one in series:
        for point in one.points:
            if point.value is not None:
                values.setdefault(point.at, []).append(point.value)
    points = [(at, fmean(values[at])) for at in sorted(values)]
    return _curve(wanted, series, points, gettext("%(quantity)s, moyenne") % {"quantity": wanted.label}, "")


def _curve(
    wanted: Wanted, series: Sequence[Series], points: Sequence[tuple[datetime, float | None]], label: str, live: str
) -> Curve:
    measure = series[0].measure
    return Curve(
        label=label,
        quantity=wanted.quantity,
        unit=series[0].unit,
        decimals=measure.decimals if measure else 1,
        is_state=measure is not None and measure.kind == "state",
        gap=GAP_PERIODS * max(max(one.period, one.width) for one in series),
        points=points,
        live=live,
    )


def _drawn(curve: Curve) -> dict[str, object]:
    options = {"tone": _TONES[curve.quantity]} if curve.quantity in _TONES else {}
    return {
        "key": curve.quantity,
        "live": curve.live,
        "label": curve.label,
        "unit": curve.unit,
        "decimals": curve.decimals,
        "gap_s": curve.gap.total_seconds(),
        "step": curve.is_state or curve.quantity in STEPPED,
        "area": curve.quantity in FILLED,
        "points": [[int(at.timestamp()), value] for at, value in curve.points],
        **options,
    }


def _solutions(place: Place) -> list[str]:
    known = [one.state.thing.solution for one in place.equipment if one.state.thing.solution in solutions()]
    return list(dict.fromkeys(known))

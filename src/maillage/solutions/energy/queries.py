"""Reads of a site's meters and of the outdoor temperature, as days. Everything is scoped by the actor."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType

from maillage.identity.actor import Actor
from maillage.solutions.energy.engine.days import Day
from maillage.telemetry import queries as telemetry
from maillage.telemetry.engine.calendar import DAY, day_of, day_start
from maillage.telemetry.engine.curve import Point
from maillage.telemetry.models import Datastream
from maillage.territory.models import Site

KWH: Mapping[str, float] = MappingProxyType({"W.h": 0.001, "kW.h": 1.0, "MW.h": 1000.0})
"""UCUM units of energy. A meter in cubic metres tells no energy: its gas has a heating value of its own."""
OUTDOOR = "outdoor_temperature"
LONGEST = timedelta(days=5 * 365)
_PIECE = timedelta(days=700)  # a curve of days is not thinned out below that


@dataclass(frozen=True, slots=True)
class Meters:
    """The counters of energy of a site, added up, and the sensor that tells its weather (None: there is none)."""

    counters: Sequence[Datastream]
    outdoor: Datastream | None

    @property
    def names(self) -> list[str]:
        """The meters' own."""
        return [one.thing.name for one in self.counters]


def meters(actor: Actor, site: Site) -> Meters:
    """The weather is that of the site, else of the commune."""
    streams = telemetry.datastreams(actor).filter(thing__decommissioned_at=None)
    counters = streams.filter(
        thing__site=site, thing__solution="energy", kind=Datastream.Kind.COUNTER, unit__in=list(KWH)
    )
    outdoor = streams.filter(quantity=OUTDOOR, unit="Cel")
    here = outdoor.filter(thing__site=site).first()
    return Meters(list(counters), here or outdoor.filter(thing__site__commune_id=site.commune_id).first())


def days(actor: Actor, found: Meters, now: datetime) -> list[Day]:
    """The days of the last five years of which everything is known, in their order; today is not over yet.

    What a counter counted since a day without a reading belongs to several days, and so to none.
    """
    if not found.counters or found.outdoor is None:
        return []
    counted = [(KWH[one.unit], _points(actor, one, now)) for one in found.counters]
    weather = _points(actor, found.outdoor, now)
    return [one for day in sorted(weather) if (one := _day(day, counted, weather[day])) is not None]


def _day(day: date, counted: Sequence[tuple[float, Mapping[date, Point]]], sky: Point) -> Day | None:
    if not all(day in points and day - DAY in points for _, points in counted):
        return None
    used_kwh = sum(factor * (points[day].value or 0.0) for factor, points in counted)
    if sky.value is None or sky.minimum is None or sky.maximum is None:
        return None
    return Day(day, used_kwh, sky.value, sky.minimum, sky.maximum)


def _points(actor: Actor, stream: Datastream, now: datetime) -> dict[date, Point]:
    today = day_of(now)
    return {
        day: point
        for start, end in _pieces(today)
        for point in telemetry.series(actor, [stream.pk], start, end, DAY)[0].points
        if point.value is not None and (day := day_of(point.at)) < today
    }


def _pieces(today: date) -> Iterator[tuple[datetime, datetime]]:
    first = today - LONGEST
    while first < today:
        last = min(first + _PIECE, today)
        yield day_start(first), day_start(last)
        first = last

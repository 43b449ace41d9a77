"""REST: things, their newest values and their curves, as far as the actor sees them."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from pydantic import AwareDatetime

from maillage.identity.middleware import actor_of
from maillage.kernel import clock
from maillage.telemetry import queries
from maillage.telemetry.engine.curve import Resolution
from maillage.telemetry.models import Thing
from maillage.telemetry.queries import Reading, Series, ThingState
from maillage.web.api import CursorPage, PageQuery
from maillage.web.cursor import after_cursor, one_more

router = Router()
DAY = timedelta(days=1)


class ThingOut(Schema):
    """A thing: equipment in a place."""

    id: int
    organisation_id: int
    site_id: int
    space_id: int | None
    name: str
    category: str
    solution: str
    dev_eui: str | None


class ReadingOut(Schema):
    """A datastream with its newest value; null before the first. ``unit`` is a UCUM code."""

    datastream_id: int
    quantity: str
    unit: str
    at: datetime | None
    value: float | None


class ThingStateOut(Schema):
    """A thing and what it reports. ``next_expected_at``: when a battery-powered device should speak again."""

    thing: ThingOut
    period_s: float
    next_expected_at: datetime | None
    readings: list[ReadingOut]


class PointOut(Schema):
    """A value, or a bucket's: for a gauge the mean, for a state the last. All null: nothing was measured from here."""

    at: datetime
    value: float | None
    minimum: float | None
    maximum: float | None


class SeriesOut(Schema):
    """A curve. ``width_s`` is the width of its buckets, 0 when every value is there."""

    datastream_id: int
    thing_id: int
    quantity: str
    unit: str
    period_s: float
    width_s: float
    points: list[PointOut]


class SeriesQuery(Schema):
    """``start`` is included, ``end`` is not; by default the last 24 hours."""

    start: AwareDatetime | None = None
    end: AwareDatetime | None = None
    resolution: Literal["auto", "raw"] | Annotated[int, Field(ge=1, le=31_536_000)] = Field(
        "auto", description="`auto`, `raw`, or a bucket's width in seconds."
    )


@router.get("/things", response=CursorPage[ThingOut], summary="Things", tags=["telemetry"])
def things(request: HttpRequest, query: Query[PageQuery]) -> CursorPage[ThingOut]:
    """The things in service that you see, oldest first."""
    after_id = after_cursor(query.cursor, int)[0] if query.cursor else 0
    rows = queries.things(actor_of(request)).filter(pk__gt=after_id).order_by("pk")[: query.limit + 1]
    page, next_cursor = one_more(list(rows), query.limit, lambda thing: [thing.pk])
    return CursorPage[ThingOut](items=[_thing_out(thing) for thing in page], next_cursor=next_cursor)


@router.get("/things/{int:thing_id}", response=ThingStateOut, summary="A thing", tags=["telemetry"])
def thing(request: HttpRequest, thing_id: int) -> ThingStateOut:
    """One thing with its newest values."""
    return _state_out(queries.state_of_thing(actor_of(request), thing_id))


@router.get("/sites/{int:site_id}/things", response=list[ThingStateOut], summary="Things of a site", tags=["telemetry"])
def things_of_site(request: HttpRequest, site_id: int) -> list[ThingStateOut]:
    """Everything in service on a site, with its newest values."""
    return [_state_out(state) for state in queries.latest_of_site(actor_of(request), site_id)]


@router.get("/datastreams/{int:datastream_id}/series", response=SeriesOut, summary="A curve", tags=["telemetry"])
def series(request: HttpRequest, datastream_id: int, query: Query[SeriesQuery]) -> SeriesOut:
    """The values of a datastream over a span of at most 400 days, some 500 points at most unless `raw` is asked for."""
    end = query.end or clock.now()
    start = query.start or end - DAY
    (curve,) = queries.series(actor_of(request), [datastream_id], start, end, _resolution(query.resolution))
    return _series_out(curve)


def _resolution(asked: Literal["auto", "raw"] | int) -> Resolution:
    return timedelta(seconds=asked) if isinstance(asked, int) else asked


def _thing_out(thing: Thing) -> ThingOut:
    return ThingOut(
        id=thing.pk,
        organisation_id=thing.organisation_id,
        site_id=thing.site_id,
        space_id=thing.space_id,
        name=thing.name,
        category=thing.category,
        solution=thing.solution,
        dev_eui=thing.device_id,
    )


def _state_out(state: ThingState) -> ThingStateOut:
    return ThingStateOut(
        thing=_thing_out(state.thing),
        period_s=state.period.total_seconds(),
        next_expected_at=state.next_expected_at,
        readings=[_reading_out(reading) for reading in state.readings],
    )


def _reading_out(reading: Reading) -> ReadingOut:
    return ReadingOut(
        datastream_id=reading.datastream_id,
        quantity=reading.quantity,
        unit=reading.unit,
        at=reading.at,
        value=reading.value,
    )


def _series_out(curve: Series) -> SeriesOut:
    return SeriesOut(
        datastream_id=curve.datastream_id,
        thing_id=curve.thing_id,
        quantity=curve.quantity,
        unit=curve.unit,
        period_s=curve.period.total_seconds(),
        width_s=curve.width.total_seconds(),
        points=[PointOut(at=p.at, value=p.value, minimum=p.minimum, maximum=p.maximum) for p in curve.points],
    )

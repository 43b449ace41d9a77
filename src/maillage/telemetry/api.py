"""REST: things, their newest values and their curves, as far as the actor sees them."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status
from pydantic import AwareDatetime

from maillage.identity.middleware import actor_of
from maillage.kernel import clock
from maillage.telemetry import actions, queries
from maillage.telemetry.engine.curve import Resolution
from maillage.telemetry.engine.judging import Given
from maillage.telemetry.labels import SENTENCES
from maillage.telemetry.models import Datastream, Thing
from maillage.telemetry.queries import Reading, Series, ThingState
from maillage.telemetry.retention import actions as retention_actions
from maillage.telemetry.retention.queries import rules_seen
from maillage.telemetry.values import actions as value_actions
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


class DeclaredIn(Schema):
    """A quantity that the thing measures. ``modulus``: a counter that reaches it begins again at zero."""

    quantity: str = Field(max_length=48, examples=["active_energy"])
    label: str = Field(max_length=100)
    unit: str = Field(max_length=16, description="UCUM code.", examples=["kW.h"])
    source: Literal["http", "mqtt", "modbus", "import"]
    kind: Literal["gauge", "state", "counter"] = "gauge"
    period_s: int | None = Field(None, ge=1, description="How often a value is due.")
    modulus: float | None = Field(None, gt=0)


class DeclarationIn(Schema):
    """A thing whose values do not come by radio."""

    site_id: int
    name: str = Field(max_length=150)
    category: str = Field(max_length=32)
    space_id: int | None = None
    solution: str = Field("", max_length=32)
    measures: list[DeclaredIn] = Field(min_length=1, max_length=100)


class InstallationIn(Schema):
    """A registered device becomes a thing of a site."""

    dev_eui: str = Field(pattern="^[0-9A-Fa-f]{16}$")
    site_id: int
    name: str = Field(max_length=150)
    space_id: int | None = None
    solution: str = Field("", max_length=32)


class ValueIn(Schema):
    """A value; ``unit``, where given, must be the datastream's."""

    datastream_id: int
    at: AwareDatetime
    value: float = Field(allow_inf_nan=True)
    unit: str = Field("", max_length=16)


class ValuesIn(Schema):
    """Values, in any order; at most 10,000."""

    observations: list[ValueIn] = Field(min_length=1, max_length=10_000)
    source: Literal["http", "modbus"] = "http"


class BadValueOut(Schema):
    """``index``: which of the values, from 0; ``code``: stable; ``detail``: what to change."""

    index: int
    code: str
    detail: str


class PushedOut(Schema):
    """How many values were new, how many known already, and the bad ones."""

    stored: int
    known: int
    refused: list[BadValueOut]


class ChangeIn(Schema):
    """What the datastream shall say of an instant; null takes back what it said."""

    at: AwareDatetime
    value: float | None


class CorrectionIn(Schema):
    """``reason`` stands in the journal, with what was there before."""

    reason: str = Field(max_length=300)
    changes: list[ChangeIn] = Field(min_length=1, max_length=10_000)


class CorrectedOut(Schema):
    changed: int


class PropertyOut(Schema):
    """An observed property (OGC SensorThings): what a quantity code means."""

    code: str
    name: str
    name_en: str
    unit: str
    definition: str


class DatastreamOut(Schema):
    """A datastream (OGC SensorThings). ``unit`` is a UCUM code; ``feature``: what is observed, the place if null."""

    id: int
    thing_id: int
    quantity: str
    unit: str
    kind: str
    source: str
    period_s: float
    modulus: float | None
    feature: str | None


class FeatureIn(Schema):
    """What is observed, when it is not the place of the thing; an empty name says that it is."""

    name: str = Field("", max_length=150, examples=["L’Yerres au pont Perronet"])
    description: str = Field("", max_length=2000)


class RetentionOut(Schema):
    """How long values are kept. ``organisation_id`` null: everybody's; ``quantity`` empty: all of them."""

    id: int
    organisation_id: int | None
    quantity: str
    value_days: int
    summary_days: int | None


class RetentionIn(Schema):
    """``summary_days`` null: summaries are kept for ever."""

    organisation_id: int | None = None
    quantity: str = Field("", max_length=48)
    value_days: int
    summary_days: int | None = None


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
    """The values of a datastream over a span of at most ten years, some 750 points unless `raw` is asked for."""
    end = query.end or clock.now()
    start = query.start or end - DAY
    (curve,) = queries.series(actor_of(request), [datastream_id], start, end, _resolution(query.resolution))
    return _series_out(curve)


@router.post("/things", response={201: ThingOut}, summary="Declare a thing", tags=["telemetry"])
def declare_thing(request: HttpRequest, body: DeclarationIn) -> Status[ThingOut]:
    """A thing whose values are pushed, imported or polled. Its datastreams are listed by `/things/{id}`."""
    measures = tuple(actions.Declared(**one.dict()) for one in body.measures)
    given = body.dict(exclude={"measures"})
    return Status(
        201, _thing_out(actions.declare_thing(actor_of(request), actions.Declaration(measures=measures, **given)))
    )


@router.post("/things/install", response={201: ThingOut}, summary="Install a device", tags=["telemetry"])
def install_thing(request: HttpRequest, body: InstallationIn) -> Status[ThingOut]:
    """A registered LoRaWAN device becomes a thing of a site, with a datastream for each measure of its model."""
    return Status(201, _thing_out(actions.install_thing(actor_of(request), actions.Installation(**body.dict()))))


@router.get("/datastreams", response=CursorPage[DatastreamOut], summary="Datastreams", tags=["telemetry"])
def datastreams(request: HttpRequest, query: Query[PageQuery]) -> CursorPage[DatastreamOut]:
    """The datastreams that you see, oldest first."""
    after_id = after_cursor(query.cursor, int)[0] if query.cursor else 0
    rows = queries.datastreams(actor_of(request)).select_related("thing__device", "feature").filter(pk__gt=after_id)
    page, next_cursor = one_more(list(rows[: query.limit + 1]), query.limit, lambda stream: [stream.pk])
    return CursorPage[DatastreamOut](items=[_datastream_out(one) for one in page], next_cursor=next_cursor)


@router.get("/observed-properties", response=list[PropertyOut], summary="Observed properties", tags=["telemetry"])
def observed_properties(request: HttpRequest) -> list[PropertyOut]:  # noqa: ARG001 - ninja's signature
    """What the quantity codes mean."""
    return [PropertyOut.from_orm(one) for one in queries.observed_properties()]


@router.post("/observations", response=PushedOut, summary="Push values", tags=["telemetry"])
def push(request: HttpRequest, body: ValuesIn) -> PushedOut:
    """Values of datastreams that are filled by push. Sending a value again changes nothing; each bad one is told."""
    given = [Given(one.datastream_id, one.at, one.value, one.unit) for one in body.observations]
    pushed = value_actions.push_values(actor_of(request), given, Datastream.Source(body.source))
    bad = pushed.verdict.bad
    refused = [BadValueOut(index=one.number, code=one.cause, detail=str(SENTENCES[one.cause])) for one in bad]
    return PushedOut(stored=pushed.stored, known=pushed.known, refused=refused)


@router.post(
    "/datastreams/{int:datastream_id}/corrections", response=CorrectedOut, summary="Correct values", tags=["telemetry"]
)
def correct(request: HttpRequest, datastream_id: int, body: CorrectionIn) -> CorrectedOut:
    """Values that were wrong are replaced or taken back, summaries follow; the journal keeps what was there."""
    changes = [value_actions.Change(one.at, one.value) for one in body.changes]
    return CorrectedOut(changed=value_actions.correct(actor_of(request), datastream_id, changes, body.reason))


@router.put(
    "/datastreams/{int:datastream_id}/feature", response=DatastreamOut, summary="Set a feature", tags=["telemetry"]
)
def set_feature(request: HttpRequest, datastream_id: int, body: FeatureIn) -> DatastreamOut:
    """What the datastream observes (OGC SensorThings: feature of interest)."""
    return _datastream_out(actions.set_feature(actor_of(request), datastream_id, body.name, body.description))


@router.get("/retention", response=list[RetentionOut], summary="Retention rules", tags=["telemetry"])
def retention(request: HttpRequest) -> list[RetentionOut]:
    """The rules that concern you."""
    return [RetentionOut.from_orm(one) for one in rules_seen(actor_of(request))]


@router.post("/retention", response=RetentionOut, summary="Set a retention rule", tags=["telemetry"])
def set_retention(request: HttpRequest, body: RetentionIn) -> RetentionOut:
    """Replaces the rule of the same organisation and quantity. For the operator."""
    return RetentionOut.from_orm(retention_actions.set_retention(actor_of(request), **body.dict()))


@router.delete("/retention/{int:rule_id}", response={204: None}, summary="Remove a retention rule", tags=["telemetry"])
def remove_retention(request: HttpRequest, rule_id: int) -> Status[None]:
    """What it concerned falls under a more general rule, or is kept for ever."""
    retention_actions.remove_retention(actor_of(request), rule_id)
    return Status(204, None)


def _datastream_out(stream: Datastream) -> DatastreamOut:
    return DatastreamOut(
        id=stream.pk,
        thing_id=stream.thing_id,
        quantity=stream.quantity,
        unit=stream.unit,
        kind=stream.kind,
        source=stream.source,
        period_s=queries.period_of(stream).total_seconds(),
        modulus=stream.modulus,
        feature=stream.feature.name if stream.feature else None,
    )


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

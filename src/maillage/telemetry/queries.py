"""Reads of things, their datastreams, their latest values and their curves. Everything is scoped by the actor."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q

from maillage.identity.actor import Actor
from maillage.identity.tenancy import TenantQuerySet
from maillage.kernel.errors import Invalid, NotFound
from maillage.lorawan.codecs.model import DeviceModel, Measure
from maillage.lorawan.models import Device
from maillage.telemetry.device_models import device_models
from maillage.telemetry.engine.curve import DEFAULT_PERIOD, RAW, Point, Resolution, bucket_width, with_gaps
from maillage.telemetry.models import Datastream, Latest, Thing
from maillage.territory.models import Site

MOST_SERIES = 20
LONGEST_SPAN = timedelta(days=400)
_RAW = """
SELECT s.id, o.at, o.value, o.value, o.value, o.value
FROM unnest(%s::bigint[]) AS s (id)
CROSS JOIN LATERAL (
    SELECT at, value FROM telemetry_observation
    WHERE datastream_id = s.id AND at >= %s AND at < %s ORDER BY at LIMIT %s
) o ORDER BY s.id, o.at
"""
# From a fixed origin, so that the same buckets come back whenever the curve is asked for. The mean of equal values
# may differ from them in the last binary digit: it is kept between the extremes.
_BUCKETS = """
SELECT datastream_id, date_bin(make_interval(secs => %s), at, '2000-01-01 00:00Z') AS bucket,
       least(greatest(avg(value), min(value)), max(value)), (array_agg(value ORDER BY at DESC))[1],
       min(value), max(value)
FROM telemetry_observation
WHERE datastream_id = ANY(%s) AND at >= %s AND at < %s
GROUP BY datastream_id, bucket ORDER BY datastream_id, bucket
"""
_MOST_RAW_POINTS = 5000


@dataclass(frozen=True, slots=True)
class Series:
    """A curve. ``width`` is that of its buckets, zero when every value is there; ``period`` how often one is due."""

    datastream_id: int
    thing_id: int
    quantity: str
    unit: str
    measure: Measure | None
    period: timedelta
    width: timedelta
    points: list[Point]


@dataclass(frozen=True, slots=True)
class Reading:
    """A datastream with its newest value, if it ever had one."""

    datastream_id: int
    quantity: str
    unit: str
    measure: Measure | None
    at: datetime | None
    value: float | None


@dataclass(frozen=True, slots=True)
class ThingState:
    """A thing with all its readings. ``model`` is None when its device has none that we know, or is gone."""

    thing: Thing
    model: DeviceModel | None
    readings: tuple[Reading, ...]

    def reading(self, quantity: str) -> Reading | None:
        """The reading of one quantity."""
        return next((reading for reading in self.readings if reading.quantity == quantity), None)

    @property
    def period(self) -> timedelta:
        """How often the thing is expected to report."""
        return _period(self.model)

    @property
    def next_expected_at(self) -> datetime | None:
        """When the device should be heard again, and a class A device can next be spoken to; None before the first."""
        device = self.thing.device
        return None if device is None or device.last_seen_at is None else device.last_seen_at + self.period


def things(actor: Actor, *, site_id: int | None = None, decommissioned: bool = False) -> TenantQuerySet[Thing]:
    """The things that ``actor`` sees, with site, space and device at hand, by site, space and name."""
    wanted = Q() if site_id is None else Q(site_id=site_id)
    if not decommissioned:
        wanted &= Q(decommissioned_at=None)
    found = Thing.objects.visible_to(actor).filter(wanted)
    return found.select_related("site", "space", "device").order_by("site_id", "space__name", "name", "pk")


def thing(actor: Actor, thing_id: int) -> Thing:
    """One thing, decommissioned or not; ``NotFound`` when it is not for ``actor``."""
    found = things(actor, decommissioned=True).filter(pk=thing_id).first()
    if found is None:
        raise NotFound("thing_unknown", thing_id=thing_id)
    return found


def site(actor: Actor, site_id: int) -> Site:
    """One site; ``NotFound`` when it is not for ``actor``."""
    found = Site.objects.visible_to(actor).select_related("commune").filter(pk=site_id).first()
    if found is None:
        raise NotFound("site_unknown", site_id=site_id)
    return found


def datastreams(actor: Actor, *, thing_id: int | None = None) -> TenantQuerySet[Datastream]:
    """The datastreams that ``actor`` sees, with their thing and its device at hand."""
    wanted = Q() if thing_id is None else Q(thing_id=thing_id)
    return Datastream.objects.visible_to(actor).filter(wanted).select_related("thing__device").order_by("pk")


def latest_of_site(actor: Actor, site_id: int) -> list[ThingState]:
    """Everything the site's things report, newest values; ``NotFound`` when the site is not for ``actor``."""
    return _states(actor, things(actor, site_id=site(actor, site_id).pk))


def states_of_things(actor: Actor, wanted: Iterable[Thing]) -> list[ThingState]:
    """What these things report, in their order; they were obtained by ``things(actor)``."""
    return _states(actor, wanted)


def state_of_thing(actor: Actor, thing_id: int) -> ThingState:
    """What one thing reports; ``NotFound`` when it is not for ``actor``."""
    return _states(actor, [thing(actor, thing_id)])[0]


def series(
    actor: Actor, datastream_ids: Sequence[int], start: datetime, end: datetime, resolution: Resolution = "auto"
) -> list[Series]:
    """The curves of ``datastream_ids`` over ``start <= at < end``, in the order asked for.

    Raises ``NotFound`` when one of them is not for ``actor``, ``Invalid`` for a span that is empty, reversed or
    longer than 400 days, or more than 20 curves. No point bridges a gap: see ``engine.curve``.
    """
    _check_span(datastream_ids, start, end)
    found = {stream.pk: stream for stream in datastreams(actor).filter(pk__in=datastream_ids)}
    missing = [stream_id for stream_id in datastream_ids if stream_id not in found]
    if missing:
        raise NotFound("datastream_unknown", datastream_id=missing[0])
    return [_one_series(found[stream_id], start, end, resolution) for stream_id in datastream_ids]


def latest_value(thing_id: int, quantity: str) -> float | None:
    """The newest value of a quantity of a thing that the caller has already been allowed to see."""
    newest = Latest.objects.filter(datastream__thing_id=thing_id, datastream__quantity=quantity)
    return newest.values_list("value", flat=True).first()


def visible_device(actor: Actor, dev_eui: str) -> Device:
    """One device; ``NotFound`` when it is not for ``actor``."""
    found = Device.objects.visible_to(actor).filter(pk=dev_eui.lower()).first()
    if found is None:
        raise NotFound("device_unknown", dev_eui=dev_eui)
    return found


def _one_series(stream: Datastream, start: datetime, end: datetime, resolution: Resolution) -> Series:
    model = _model(stream.thing)
    measure = model.measures.get(stream.quantity) if model else None
    period = _period(model)
    width = bucket_width(end - start, period, resolution)
    is_state = measure is not None and measure.kind == "state"
    points = _points(stream.pk, start, end, width, is_state=is_state)
    return Series(
        datastream_id=stream.pk,
        thing_id=stream.thing_id,
        quantity=stream.quantity,
        unit=stream.unit,
        measure=measure,
        period=period,
        width=width,
        points=with_gaps(points, period, width),
    )


def _points(stream_id: int, start: datetime, end: datetime, width: timedelta, *, is_state: bool) -> list[Point]:
    with connection.cursor() as cursor:
        if width == RAW:
            cursor.execute(_RAW, [[stream_id], start, end, _MOST_RAW_POINTS])
        else:
            cursor.execute(_BUCKETS, [width.total_seconds(), [stream_id], start, end])
        return [
            Point(at, last if is_state else mean, least, most) for _, at, mean, last, least, most in cursor.fetchall()
        ]


def _check_span(datastream_ids: Sequence[int], start: datetime, end: datetime) -> None:
    if not start < end:
        raise Invalid("span_reversed", start=start.isoformat(), end=end.isoformat())
    if end - start > LONGEST_SPAN:
        raise Invalid("span_too_long", longest_days=LONGEST_SPAN.days)
    if not 0 < len(datastream_ids) <= MOST_SERIES:
        raise Invalid("series_count", most=MOST_SERIES)


def _states(actor: Actor, wanted: Iterable[Thing]) -> list[ThingState]:
    found = list(wanted)
    streams = datastreams(actor).filter(thing__in=found).select_related("latest")
    by_thing: dict[int, list[Datastream]] = {}
    for stream in streams:
        by_thing.setdefault(stream.thing_id, []).append(stream)
    return [_state(one, by_thing.get(one.pk, [])) for one in found]


def _state(one: Thing, streams: Sequence[Datastream]) -> ThingState:
    model = _model(one)
    return ThingState(one, model, tuple(_reading(stream, model) for stream in streams))


def _reading(stream: Datastream, model: DeviceModel | None) -> Reading:
    newest: Latest | None = getattr(stream, "latest", None)
    return Reading(
        datastream_id=stream.pk,
        quantity=stream.quantity,
        unit=stream.unit,
        measure=model.measures.get(stream.quantity) if model else None,
        at=newest.at if newest else None,
        value=newest.value if newest else None,
    )


def _model(one: Thing) -> DeviceModel | None:
    return None if one.device is None else device_models().get(one.device.model_key)


def _period(model: DeviceModel | None) -> timedelta:
    return DEFAULT_PERIOD if model is None else timedelta(seconds=model.uplink_period_s)

"""Reads of things, their datastreams, their latest values and their curves. Everything is scoped by the actor."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils.module_loading import import_string

from maillage.identity.actor import Actor
from maillage.identity.policies import may_configure
from maillage.identity.tenancy import TenantQuerySet
from maillage.kernel.errors import Invalid, NotFound
from maillage.lorawan.codecs.model import DeviceModel, Measure
from maillage.lorawan.models import Device
from maillage.telemetry.columns.queries import hours
from maillage.telemetry.device_models import device_models
from maillage.telemetry.engine.calendar import HOUR, hour_of
from maillage.telemetry.engine.columns import ColumnPoints
from maillage.telemetry.engine.curve import DEFAULT_PERIOD, RAW, Point, Resolution, bucket_width, with_gaps
from maillage.telemetry.engine.summary import step
from maillage.telemetry.models import Datastream, Latest, ObservedProperty, Quarantined, Thing
from maillage.telemetry.values import queries as values
from maillage.telemetry.values.queries import Bucket, Wanted
from maillage.territory.models import Site, Space

MOST_SERIES = 200
LONGEST_SPAN = timedelta(days=3660)
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
    points: Sequence[Point]


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
    declared_period: timedelta | None = None

    def reading(self, quantity: str) -> Reading | None:
        """The reading of one quantity."""
        return next((reading for reading in self.readings if reading.quantity == quantity), None)

    @property
    def period(self) -> timedelta:
        """How often the thing is expected to report: as its model says, else as was declared of its datastreams."""
        return _period(self.model) if self.declared_period is None else self.declared_period

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


def datastream(actor: Actor, datastream_id: int) -> Datastream:
    """One datastream; ``NotFound`` when it is not for ``actor``."""
    found = datastreams(actor).select_related("thing__site", "thing__device").filter(pk=datastream_id).first()
    if found is None:
        raise NotFound("datastream_unknown", datastream_id=datastream_id)
    return found


def devices_to_install(actor: Actor) -> list[Device]:
    """Registered devices in service that are in no place yet and that ``actor`` may set up, by name."""
    found = Device.objects.visible_to(actor).filter(decommissioned_at=None, thing=None).order_by("name", "pk")
    return [one for one in found if may_configure(actor, one.organisation_id)]


def sites_to_equip(actor: Actor) -> list[Site]:
    """The sites where ``actor`` may set equipment up, by name."""
    found = Site.objects.visible_to(actor).order_by("name", "pk")
    return [one for one in found if may_configure(actor, one.organisation_id)]


def spaces_by_site(actor: Actor) -> dict[int, list[Space]]:
    """The rooms that ``actor`` sees, by site."""
    found: dict[int, list[Space]] = {}
    for space in Space.objects.visible_to(actor).order_by("name", "pk"):
        found.setdefault(space.site_id, []).append(space)
    return found


def quarantined(actor: Actor, since: date) -> list[Quarantined]:
    """Values that were refused since a day, the newest first."""
    found = Quarantined.objects.visible_to(actor).filter(day__gte=since).select_related("datastream__thing")
    return list(found.order_by("-last_at", "pk")[:200])


def solution_choices() -> list[tuple[str, str]]:
    """Codes and names of the uses that a thing may serve."""
    solutions = [import_string(path) for path in settings.MAILLAGE_SOLUTIONS]
    return [(one.code, str(one.label)) for one in solutions]


def observed_properties() -> list[ObservedProperty]:
    """What the quantity codes mean: a catalogue that everybody shares."""
    return list(ObservedProperty.objects.order_by("code"))


def quantity_names(language: str) -> dict[str, str]:
    """Code → name, in French or English."""
    column = "name_en" if language == "en" else "name"
    return dict(ObservedProperty.objects.order_by("code").values_list("code", column))


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
    longer than ten years, or more than 200 curves. No point bridges a gap: see ``engine.curve``.
    """
    _check_span(datastream_ids, start, end)
    found = {stream.pk: stream for stream in datastreams(actor).filter(pk__in=datastream_ids)}
    missing = [stream_id for stream_id in datastream_ids if stream_id not in found]
    if missing:
        raise NotFound("datastream_unknown", datastream_id=missing[0])
    drawn = _series(found.values(), start, end, resolution)
    return [drawn[stream_id] for stream_id in datastream_ids]


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


def _series(streams: Iterable[Datastream], start: datetime, end: datetime, resolution: Resolution) -> dict[int, Series]:
    """Datastreams of one width are read together."""
    by_width: dict[timedelta, list[Datastream]] = {}
    for stream in streams:
        by_width.setdefault(bucket_width(end - start, period_of(stream), resolution), []).append(stream)
    return {
        stream.pk: _one_series(stream, width, points[stream.pk])
        for width, group in by_width.items()
        for points in [_points(group, start, end, width)]
        for stream in group
    }


def _one_series(stream: Datastream, width: timedelta, points: list[Point] | ColumnPoints) -> Series:
    model = _model(stream.thing)
    period = period_of(stream)
    return Series(
        datastream_id=stream.pk,
        thing_id=stream.thing_id,
        quantity=stream.quantity,
        unit=stream.unit,
        measure=model.measures.get(stream.quantity) if model else None,
        period=period,
        width=width,
        points=points.with_gaps(period, width)
        if isinstance(points, ColumnPoints)
        else with_gaps(points, period, width),
    )


def _points(
    streams: Sequence[Datastream], start: datetime, end: datetime, width: timedelta
) -> Mapping[int, list[Point] | ColumnPoints]:
    counters = frozenset(stream.pk for stream in streams if stream.kind == Datastream.Kind.COUNTER)
    wanted = Wanted({stream.pk: stream.modulus for stream in streams}, counters, start, end)
    if width == RAW:
        found = values.values(wanted, _MOST_RAW_POINTS)
        return {one: [Point(at, value, value, value) for at, value in pairs] for one, pairs in found.items()}
    states = {stream.pk for stream in streams if _is_state(stream)}
    if width == HOUR and not counters and values.has_hours(wanted):
        return hours(replace(wanted, start=hour_of(start)), frozenset(states))
    # What a counter counted in its first bucket begins with the last reading before.
    before = wanted if not counters else Wanted(wanted.moduli, counters, start - width, end)
    return {
        one: _counted(buckets, wanted.moduli[one], start - width)
        if one in counters
        else [_point(bucket, is_state=one in states) for bucket in buckets if bucket.at > start - width]
        for one, buckets in values.buckets(before, width).items()
    }


def _point(bucket: Bucket, *, is_state: bool) -> Point:
    """The mean of equal values may differ from them in the last binary digit: it is kept between the extremes."""
    if is_state:
        return Point(bucket.at, bucket.last, bucket.minimum, bucket.maximum)
    mean = max(min(bucket.total / bucket.size, bucket.maximum), bucket.minimum)
    return Point(bucket.at, mean, bucket.minimum, bucket.maximum)


def _counted(buckets: Sequence[Bucket], modulus: float | None, after: datetime) -> list[Point]:
    points: list[Point] = []
    before: Bucket | None = None
    for bucket in buckets:
        counted = (bucket.rise or 0.0) + (step(before.last, bucket.first, modulus) if before else 0.0)
        points.append(Point(bucket.at, counted, counted, counted))
        before = bucket
    return [point for point in points if point.at > after]


def _is_state(stream: Datastream) -> bool:
    model = _model(stream.thing)
    measure = model.measures.get(stream.quantity) if model else None
    return stream.kind == Datastream.Kind.STATE or (measure is not None and measure.kind == "state")


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
    declared = [timedelta(seconds=stream.period_s) for stream in streams if stream.period_s is not None]
    readings = tuple(_reading(stream, model) for stream in streams)
    return ThingState(one, model, readings, max(declared, default=None))


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


def period_of(stream: Datastream) -> timedelta:
    """How often a value of the datastream is due: as declared, else as its device's model says."""
    return _period(_model(stream.thing)) if stream.period_s is None else timedelta(seconds=stream.period_s)

"""Writes: things are installed, placed, moved and taken out of service."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.identity.policies import require_configure
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, NotFound
from maillage.lorawan.codecs.model import DeviceModel
from maillage.lorawan.models import Device
from maillage.lorawan.notify import notify
from maillage.telemetry import queries
from maillage.telemetry.device_models import device_model
from maillage.telemetry.events import NOTIFY_THINGS
from maillage.telemetry.models import Datastream, FeatureOfInterest, ObservedProperty, Thing
from maillage.territory.models import Site, Space

_NAME_LENGTH = 150
_LONGEST_PERIOD_S = 366 * 86_400
_CODE = re.compile(r"[a-z][a-z0-9_]{0,47}")
_UNIT = re.compile(r"[A-Za-z0-9%./*'\[\]{}()_^+-]{1,16}")  # the characters of UCUM's case sensitive codes
_OWN_SOURCES = [one.value for one in Datastream.Source if one is not Datastream.Source.LORAWAN]


@dataclass(frozen=True, slots=True)
class Installation:
    """Where a device is put and what it is called. ``solution``: code of the use it serves, or empty."""

    dev_eui: str
    site_id: int
    name: str
    space_id: int | None = None
    solution: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """A quantity that a thing without device measures. ``unit`` is a UCUM code; see ``Datastream`` for the rest."""

    quantity: str
    label: str
    unit: str
    source: str
    kind: str = Datastream.Kind.GAUGE.value
    period_s: int | None = None
    modulus: float | None = None


@dataclass(frozen=True, slots=True)
class Declaration:
    """A thing whose values do not come by radio: a meter that is read, a machine that pushes, a boiler on Modbus."""

    site_id: int
    name: str
    category: str
    measures: tuple[Declared, ...]
    space_id: int | None = None
    solution: str = ""


@transaction.atomic
def declare_thing(actor: Actor, declaration: Declaration) -> Thing:
    """The thing, with its datastreams. Raises ``NotFound``, ``Refused``, ``Invalid``, ``Conflict``."""
    site = queries.site(actor, declaration.site_id)
    require_configure(actor, site.organisation_id)
    for measure in declaration.measures:
        _check_declared(measure)
    quantities = [measure.quantity for measure in declaration.measures]
    if not quantities or len(set(quantities)) < len(quantities):
        raise Invalid("thing_measures_unfit")
    thing = Thing(
        organisation_id=site.organisation_id,
        site=site,
        space=_space(actor, site, declaration.space_id),
        name=_name(declaration.name),
        category=declaration.category,
        solution=declaration.solution,
    )
    _save(thing)
    _note_properties((one.quantity, one.label, one.label, one.unit) for one in declaration.measures)
    Datastream.objects.bulk_create(
        Datastream(
            organisation_id=thing.organisation_id,
            thing=thing,
            quantity=one.quantity,
            unit=one.unit,
            kind=one.kind,
            source=one.source,
            period_s=one.period_s,
            modulus=one.modulus,
        )
        for one in declaration.measures
    )
    _tell(actor, thing, "telemetry.thing_declared", {"quantities": ", ".join(quantities), **_where(thing)})
    return thing


@transaction.atomic
def install_thing(actor: Actor, installation: Installation) -> Thing:
    """The device becomes a thing of the site, with one datastream for each measure of its model.

    Raises ``NotFound`` for a site, space or device that is not the actor's to see, ``Refused``, ``Invalid`` when the
    device belongs to another organisation than the site or its model is unknown, ``Conflict`` when the device is
    installed already, out of service, or the name is taken.
    """
    site = queries.site(actor, installation.site_id)
    require_configure(actor, site.organisation_id)
    device = _installable(actor, site, installation.dev_eui)
    model = device_model(device.model_key)
    thing = Thing(
        organisation_id=site.organisation_id,
        site=site,
        space=_space(actor, site, installation.space_id),
        name=_name(installation.name),
        category=model.category,
        solution=installation.solution,
        device=device,
    )
    _save(thing)
    _create_datastreams(thing, model)
    _tell(actor, thing, "telemetry.thing_installed", {"dev_eui": device.pk, "model": model.key, **_where(thing)})
    return thing


@transaction.atomic
def set_feature(actor: Actor, datastream_id: int, name: str, description: str = "") -> Datastream:
    """Says what the datastream observes, when it is not the place of its thing; with an empty ``name``, the place.

    Features of one name are one within an organisation; a new description replaces the old one. Raises ``NotFound``,
    ``Refused``, ``Invalid``.
    """
    stream = queries.datastream(actor, datastream_id)
    require_configure(actor, stream.organisation_id)
    stream.feature = _feature(actor, stream.organisation_id, _name(name), description) if name else None
    stream.save(update_fields=["feature"])
    facts: dict[str, object] = {"quantity": stream.quantity, "feature": name}
    write_journal(
        actor, stream.organisation_id, "telemetry.feature_set", "datastream", stream.pk, stream.thing.name, facts
    )
    return stream


@transaction.atomic
def place_thing(actor: Actor, thing_id: int, space_id: int | None) -> Thing:
    """Puts the thing into a space of its site, or into none."""
    thing = _own(actor, thing_id)
    return _move(actor, thing, thing.site, space_id, "telemetry.thing_placed")


@transaction.atomic
def move_thing(actor: Actor, thing_id: int, site_id: int, space_id: int | None = None) -> Thing:
    """Takes the thing to another site of the same organisation, with its history."""
    thing = _own(actor, thing_id)
    site = queries.site(actor, site_id)
    if site.organisation_id != thing.organisation_id:
        raise Invalid("site_of_another_organisation", site=site.name)
    return _move(actor, thing, site, space_id, "telemetry.thing_moved")


@transaction.atomic
def rename_thing(actor: Actor, thing_id: int, name: str) -> Thing:
    """Another name, unique within the site."""
    thing = _own(actor, thing_id)
    before, thing.name = thing.name, _name(name)
    _save(thing)
    _tell(actor, thing, "telemetry.thing_renamed", {"before": before, "after": thing.name})
    return thing


@transaction.atomic
def decommission_thing(actor: Actor, thing_id: int) -> Thing:
    """Out of service: its history stays, its name and its device are free for another thing."""
    thing = _own(actor, thing_id)
    dev_eui = thing.device_id
    _tell(actor, thing, "telemetry.thing_decommissioned", {"dev_eui": dev_eui, **_where(thing)})
    thing.device = None
    thing.decommissioned_at = clock.now()
    thing.save(update_fields=["device", "decommissioned_at"])
    return thing


def _installable(actor: Actor, site: Site, dev_eui: str) -> Device:
    device = queries.visible_device(actor, dev_eui)
    if device.organisation_id != site.organisation_id:
        raise Invalid("device_of_another_organisation", dev_eui=device.pk, site=site.name)
    if device.decommissioned_at is not None:
        raise Conflict("device_decommissioned", dev_eui=device.pk)
    installed = queries.things(actor).filter(device=device).first()
    if installed is not None:
        raise Conflict("device_already_installed", dev_eui=device.pk, thing=installed.name, site=installed.site.name)
    return device


def _space(actor: Actor, site: Site, space_id: int | None) -> Space | None:
    if space_id is None:
        return None
    space = Space.objects.visible_to(actor).filter(pk=space_id, site=site).first()
    if space is None:
        raise NotFound("space_unknown", space_id=space_id)
    return space


def _name(name: str) -> str:
    cleaned = name.strip()
    if not cleaned or len(cleaned) > _NAME_LENGTH or "\0" in cleaned:
        raise Invalid("thing_name_unfit", longest=_NAME_LENGTH)
    return cleaned


def _own(actor: Actor, thing_id: int) -> Thing:
    """A thing in service that the actor may configure, locked until the end of the transaction."""
    found = queries.thing(actor, thing_id)
    require_configure(actor, found.organisation_id)
    thing = queries.things(actor).select_for_update(of=("self",), no_key=True).filter(pk=thing_id).first()
    if thing is None:
        raise Conflict("thing_decommissioned", thing=found.name)
    return thing


def _move(actor: Actor, thing: Thing, site: Site, space_id: int | None, action: str) -> Thing:
    before = _where(thing)
    thing.site, thing.space = site, _space(actor, site, space_id)
    _save(thing)
    _tell(actor, thing, action, {"before": before, "after": _where(thing)})
    return thing


def _save(thing: Thing) -> None:
    try:
        with transaction.atomic():
            thing.save()
    except IntegrityError as problem:
        raise Conflict("thing_name_taken", name=thing.name, site=thing.site.name) from problem


def _create_datastreams(thing: Thing, model: DeviceModel) -> None:
    measures = model.measures.values()
    _note_properties((one.quantity, one.label, one.label_en, one.unit) for one in measures)
    Datastream.objects.bulk_create(
        Datastream(
            organisation_id=thing.organisation_id,
            thing=thing,
            quantity=measure.quantity,
            unit=measure.unit,
            kind=measure.kind,
        )
        for measure in measures
    )


def _note_properties(known: Iterable[tuple[str, str, str, str]]) -> None:
    """Quantity codes that the catalogue does not have yet enter it; what it says of the others stays."""
    rows = [ObservedProperty(code=code, name=name, name_en=name_en, unit=unit) for code, name, name_en, unit in known]
    ObservedProperty.objects.bulk_create(sorted(rows, key=lambda row: row.code), ignore_conflicts=True)


def _feature(actor: Actor, organisation_id: int, name: str, description: str) -> FeatureOfInterest:
    whole = FeatureOfInterest.objects.visible_to(actor)
    feature, _ = whole.update_or_create(
        organisation_id=organisation_id, name=name, defaults={"description": description}
    )
    return feature


def _check_declared(measure: Declared) -> None:
    if not _CODE.fullmatch(measure.quantity):
        raise Invalid("quantity_unfit", quantity=measure.quantity)
    if not _UNIT.fullmatch(measure.unit):
        raise Invalid("unit_unfit", unit=measure.unit)
    if measure.kind not in Datastream.Kind.values or measure.source not in _OWN_SOURCES:
        raise Invalid("datastream_unfit", quantity=measure.quantity, sources=", ".join(_OWN_SOURCES))
    is_count = measure.modulus is None or (measure.kind == Datastream.Kind.COUNTER and measure.modulus > 0)
    if not (is_count and 0 < (measure.period_s or 1) <= _LONGEST_PERIOD_S):
        raise Invalid("datastream_unfit", quantity=measure.quantity, sources=", ".join(_OWN_SOURCES))


def _where(thing: Thing) -> dict[str, object]:
    return {"site": thing.site.name, "space": thing.space.name if thing.space else None}


def _tell(actor: Actor, thing: Thing, action: str, facts: dict[str, object]) -> None:
    if thing.device_id is not None:
        notify(NOTIFY_THINGS, thing.device_id)
    write_journal(actor, thing.organisation_id, action, "thing", thing.pk, thing.name, facts)

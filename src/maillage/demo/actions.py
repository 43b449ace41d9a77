"""The loader's writes. Each is one transaction and may be repeated: what is there already stays as it is."""

import secrets
from collections.abc import Sequence

from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.db import transaction

from maillage.command.engine.schedule import AtClock, AtSun, Sun
from maillage.command.schedules.actions import Draft, add_entry
from maillage.demo import names, queries
from maillage.demo.meter import NAME, declaration
from maillage.demo.people import Person
from maillage.demo.territory import GATE, VICKI, CommuneData, DevicePlan, GatewayPlan, MemberPlan
from maillage.demo.weeks import EVERY_DAY, NIGHT_C, SCHOOL_DAYS, WARM_FROM, WARM_UNTIL
from maillage.identity.actions import create_organisation, create_user, grant_mandate, write_journal
from maillage.identity.actor import Actor
from maillage.identity.models import Organisation
from maillage.kernel import clock
from maillage.lorawan.events import NOTIFY_REGISTRY
from maillage.lorawan.key_ring import key_ring
from maillage.lorawan.keys import Purpose
from maillage.lorawan.models import Device, Gateway
from maillage.lorawan.notify import notify
from maillage.telemetry.actions import Installation, declare_thing, install_thing
from maillage.territory.models import Commune, Site, Space

JOIN_EUI = "0200009100000000"
_KEY_BYTES = 16
_GATEWAY_HEIGHT_M = 25.0


@transaction.atomic
def load_communes(actor: Actor, communes: Sequence[CommuneData]) -> int:
    """The département's communes, members or not. Returns how many are new."""
    known = queries.known_communes(actor)
    new = [_commune(one) for one in communes if one.insee not in known]
    Commune.objects.bulk_create(new)
    return len(new)


@transaction.atomic
def found_syndicate(actor: Actor) -> None:
    """The operating body and the contractor that maintains equipment for its members."""
    known = queries.organisations(actor)
    if names.OPERATOR_SLUG not in known:
        create_organisation(actor, Organisation.Kind.OPERATOR, names.OPERATOR, names.OPERATOR_SLUG)
    if names.CONTRACTOR_SLUG not in known:
        create_organisation(actor, Organisation.Kind.CONTRACTOR, names.CONTRACTOR, names.CONTRACTOR_SLUG)


@transaction.atomic
def admit_member(actor: Actor, member: MemberPlan) -> Organisation:
    """The commune becomes a tenant, with its sites and rooms."""
    known = queries.organisations(actor).get(member.slug)
    if known is not None:
        return known
    commune = member.commune
    organisation = create_organisation(actor, Organisation.Kind.COMMUNE, commune.name, member.slug, commune.siren)
    organisation.member_since = clock.now().date()
    organisation.save(update_fields=["member_since"])
    Commune.objects.filter(pk=commune.insee).update(organisation=organisation)
    _build_sites(organisation, member)
    facts: dict[str, object] = {"sites": len(member.sites), "generated": True}
    write_journal(actor, organisation.pk, "demo.sites_generated", "organisation", organisation.pk, commune.name, facts)
    return organisation


@transaction.atomic
def welcome(actor: Actor, person: Person) -> None:
    """One of the demonstration's people, with the password everybody knows."""
    organisation = queries.organisations(actor).get(person.organisation)
    if organisation is None or person.email in queries.known_emails(actor):
        return
    create_user(actor, person.email, person.full_name, person.password, organisation, person.role)


@transaction.atomic
def mandate_contractor(actor: Actor, members: Sequence[MemberPlan]) -> None:
    """Those members let the contractor maintain their equipment."""
    known = queries.organisations(actor)
    contractor = known[names.CONTRACTOR_SLUG]
    mandated = queries.clients_of(actor, contractor.pk)
    for member in members:
        if known[member.slug].pk not in mandated:
            grant_mandate(actor, known[member.slug], contractor)


@transaction.atomic
def mount_gateways(actor: Actor, gateways: Sequence[GatewayPlan]) -> int:
    """The body's gateways. Returns how many are new."""
    operator = queries.organisations(actor)[names.OPERATOR_SLUG]
    known = queries.known_gateways(actor)
    new = [_gateway(operator, one) for one in gateways if one.eui not in known]
    Gateway.objects.bulk_create(new)
    if new:
        notify(NOTIFY_REGISTRY, "gateways")
        facts: dict[str, object] = {"count": len(new)}
        write_journal(actor, operator.pk, "demo.gateways_mounted", "organisation", operator.pk, operator.name, facts)
    return len(new)


@transaction.atomic
def install_devices(actor: Actor, member: MemberPlan) -> int:
    """The member's devices, registered with keys of their own and put in their places. Returns how many are new."""
    organisation = queries.organisations(actor)[member.slug]
    wanted = {one.dev_eui: one for one in member.devices}
    registered = queries.app_keys(actor, wanted.keys())
    new = [_device(organisation, one) for eui, one in wanted.items() if eui not in registered]
    Device.objects.bulk_create(new)
    for device in new:
        notify(NOTIFY_REGISTRY, device.pk)
    there = queries.installed(actor, wanted.keys())
    missing = [one for eui, one in wanted.items() if eui not in there]
    sites = queries.sites_of(actor, organisation.pk)
    spaces = {
        (one.site_id, one.name): one.pk
        for one in Space.objects.visible_to(actor).filter(organisation=organisation).order_by("pk")
    }
    for one in missing:
        site = sites[one.site]
        space_id = spaces[site.pk, one.room] if one.room else None
        install_thing(actor, Installation(one.dev_eui, site.pk, one.name, space_id, one.solution))
    return len(missing)


@transaction.atomic
def install_meter(actor: Actor, member: MemberPlan) -> dict[str, int]:
    """The gas meter of the member's heated school; its datastreams by quantity."""
    organisation = queries.organisations(actor)[member.slug]
    school = next(plan for plan in member.sites if plan.rooms)
    site = queries.sites_of(actor, organisation.pk)[school.name]
    found = queries.meter_streams(actor, site.pk, NAME)
    if found:
        return found
    declare_thing(actor, declaration(site.pk))
    return queries.meter_streams(actor, site.pk, NAME)


COLD_ROOM = "Salle exposée au nord, demande du conseil d’école (exemple)"
"""Why some rooms of the demonstration are heated to 20 °C: above 19 °C the law wants a reason."""


@transaction.atomic
def programme(actor: Actor, member: MemberPlan) -> int:
    """Weekly programmes: classrooms warm for the school's hours, the gate by the sun. Returns how many are new."""
    things = queries.installed(actor, [one.dev_eui for one in member.devices])
    busy = queries.scheduled(actor, [thing.pk for thing in things.values()])
    added = 0
    for one in member.devices:
        thing = things[one.dev_eui]
        if thing.pk in busy:
            continue
        for draft in _drafts(member, one):
            add_entry(actor, thing.pk, draft)
            added += 1
    return added


def _drafts(member: MemberPlan, device: DevicePlan) -> tuple[Draft, ...]:
    if device.model == VICKI:
        day_c = member.rooms[device.room].day_c
        return (
            Draft("set_temperature", day_c, SCHOOL_DAYS, AtClock(WARM_FROM), exception_reason=COLD_ROOM),
            Draft("set_temperature", NIGHT_C, SCHOOL_DAYS, AtClock(WARM_UNTIL)),
        )
    if device.model == GATE:
        return (
            Draft("open", None, EVERY_DAY, AtSun(Sun.RISE)),
            Draft("close", None, EVERY_DAY, AtSun(Sun.SET)),
        )
    return ()


def _build_sites(organisation: Organisation, member: MemberPlan) -> None:
    sites = Site.objects.bulk_create(
        Site(
            organisation=organisation,
            commune_id=member.commune.insee,
            kind=plan.kind,
            name=plan.name,
            address=plan.address,
            location=Point(*plan.at, srid=4326),
            generated=True,
        )
        for plan in member.sites
    )
    Space.objects.bulk_create(
        Space(organisation=organisation, site=site, name=room.name, floor=room.floor, area_m2=room.area_m2)
        for site, plan in zip(sites, member.sites, strict=True)
        for room in plan.rooms
    )


def _commune(data: CommuneData) -> Commune:
    return Commune(
        insee=data.insee,
        name=data.name,
        siren=data.siren,
        postcodes=list(data.postcodes),
        population=data.population,
        epci_siren=data.epci_siren,
        epci_name=data.epci_name,
        outline=MultiPolygon([Polygon(ring) for ring in data.rings], srid=4326),
    )


def _gateway(operator: Organisation, plan: GatewayPlan) -> Gateway:
    return Gateway(
        organisation=operator,
        eui=plan.eui,
        name=plan.name,
        location=Point(*plan.at, srid=4326),
        altitude_m=_GATEWAY_HEIGHT_M,
    )


def _device(organisation: Organisation, plan: DevicePlan) -> Device:
    return Device(
        organisation=organisation,
        dev_eui=plan.dev_eui,
        join_eui=JOIN_EUI,
        app_key=key_ring().wrap(secrets.token_bytes(_KEY_BYTES), plan.dev_eui, Purpose.APP_KEY),
        model_key=plan.model,
        name=plan.name,
        created_at=clock.now(),
    )

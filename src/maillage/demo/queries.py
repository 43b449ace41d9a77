"""What of the demonstration is there already. Reads as the loader: every tenant."""

from collections.abc import Collection

from maillage.command.models import ScheduleEntry
from maillage.identity.actor import Actor
from maillage.identity.models import Mandate, Organisation, User
from maillage.lorawan.key_ring import key_ring
from maillage.lorawan.keys import Purpose
from maillage.lorawan.models import Device, Gateway
from maillage.telemetry.models import Datastream, Latest, Observation, Thing
from maillage.territory.models import Commune, Site


def foreign_organisations(_actor: Actor, slugs: Collection[str]) -> list[str]:
    """Names of organisations that are none of the demonstration's."""
    return list(Organisation.objects.exclude(slug__in=slugs).order_by("name").values_list("name", flat=True)[:5])


def organisations(_actor: Actor) -> dict[str, Organisation]:
    """By slug."""
    return {one.slug: one for one in Organisation.objects.order_by("pk")}


def known_emails(_actor: Actor) -> set[str]:
    return set(User.objects.values_list("email", flat=True))


def clients_of(_actor: Actor, contractor_id: int) -> set[int]:
    """Organisations whose mandate the contractor holds."""
    live = Mandate.objects.filter(contractor_id=contractor_id, revoked_at=None)
    return set(live.values_list("client_id", flat=True))


def known_communes(_actor: Actor) -> set[str]:
    """INSEE codes."""
    return set(Commune.objects.values_list("insee", flat=True))


def sites_of(actor: Actor, organisation_id: int) -> dict[str, Site]:
    """By name."""
    found = Site.objects.visible_to(actor).filter(organisation_id=organisation_id).order_by("pk")
    return {site.name: site for site in found}


def known_gateways(actor: Actor) -> set[str]:
    return {one.pk for one in Gateway.objects.visible_to(actor).order_by("pk")}


def app_keys(actor: Actor, dev_euis: Collection[str]) -> dict[str, bytes]:
    """The keys of those devices that are registered."""
    found = Device.objects.visible_to(actor).filter(pk__in=dev_euis, app_key__isnull=False).order_by("pk")
    return {one.pk: key_ring().unwrap(bytes(one.app_key or b""), one.pk, Purpose.APP_KEY) for one in found}


def installed(actor: Actor, dev_euis: Collection[str]) -> dict[str, Thing]:
    """The things that those devices are, by DevEUI."""
    found = Thing.objects.visible_to(actor).filter(device_id__in=dev_euis).order_by("pk")
    return {str(one.device_id): one for one in found}


def meter_streams(actor: Actor, site_id: int, name: str) -> dict[str, int]:
    """The datastreams of a site's thing of that name, by quantity."""
    found = Datastream.objects.visible_to(actor).filter(thing__site_id=site_id, thing__name=name).order_by("pk")
    return {one.quantity: one.pk for one in found}


def has_values(_actor: Actor, datastream_ids: Collection[int]) -> bool:
    """Whether any of the datastreams ever had a value, wherever it is kept now."""
    return Latest.objects.filter(datastream_id__in=datastream_ids).exists()


def scheduled(actor: Actor, thing_ids: Collection[int]) -> set[int]:
    """Those of the things that have a programme."""
    found = ScheduleEntry.objects.visible_to(actor).filter(thing_id__in=thing_ids).order_by("pk")
    return {one.thing_id for one in found}


def has_past(_actor: Actor, dev_euis: Collection[str]) -> bool:
    """Whether generated observations of those devices are there."""
    generated = Observation.objects.filter(source=Observation.Source.GENERATED)
    return generated.filter(datastream__thing__device_id__in=dev_euis).exists()

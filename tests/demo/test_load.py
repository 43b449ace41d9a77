"""The loader on a real database, with fewer communes and days than the demonstration has."""

import json
from datetime import timedelta

import pytest

from maillage.billing.queries import invoices
from maillage.catalogue.models import OfferingVersion
from maillage.command.models import ScheduleEntry
from maillage.demo import load as loader
from maillage.demo.load import DemoSummary, Size, load
from maillage.demo.people import PEOPLE
from maillage.identity.actor import machine
from maillage.identity.models import Organisation, User
from maillage.identity.queries import first_actor_of, verify_journal
from maillage.kernel import clock
from maillage.kernel.errors import Conflict
from maillage.lorawan.models import Device, Gateway
from maillage.lorawan.simulator.fleet import fleet_file, read_fleet
from maillage.orders.quoting.queries import quotes
from maillage.telemetry.models import Datastream, Latest, Observation, Thing
from maillage.territory.models import Commune, Site

SMALL = Size(members=3, gateways=2, featured_days=2, other_days=1)
ACTOR = machine("test")
pytestmark = pytest.mark.django_db(transaction=True)


class Watch:
    def __init__(self):
        self.stages, self.steps = {}, 0

    def stage(self, label, steps):
        self.stages[label] = steps

    def advance(self):
        self.steps += 1


def test_the_demonstration_is_loaded_once_and_only_once(tmp_path):
    watch = Watch()
    first = load(watch, tmp_path, SMALL)
    assert watch.steps == sum(watch.stages.values())
    assert first.communes == Commune.objects.count() == 194
    assert first.gateways == Gateway.objects.unscoped("test").count() == 2
    assert (
        first.devices
        == Device.objects.unscoped("test").count()
        == Thing.objects.unscoped("test").exclude(device=None).count()
    )
    assert first.programmes == ScheduleEntry.objects.unscoped("test").count() > 0
    assert first.observations == Observation.objects.count() > 5000
    assert first.offerings == OfferingVersion.objects.filter(state="published", invented=True).count() > 10
    bills = list(invoices(ACTOR).order_by("pk"))
    assert sorted(quotes(ACTOR).values_list("state", flat=True)) == ["issued", "ordered"]
    assert first.bills == len(bills) == 6  # two communes, three months
    assert len({one.number for one in bills}) == 6
    fleet = read_fleet(fleet_file(tmp_path))
    assert len(fleet.devices) == first.devices

    assert load(Watch(), tmp_path, SMALL) == DemoSummary(0, 0, 0, 0, 0, 0, 0, 0)
    assert read_fleet(fleet_file(tmp_path)) == fleet
    fleet_file(tmp_path).unlink()
    assert load(Watch(), tmp_path, SMALL).observations == 0
    assert [one.app_key for one in read_fleet(fleet_file(tmp_path)).devices] == [one.app_key for one in fleet.devices]

    _past_is_generated_and_past()
    _people_see_what_is_theirs()
    _sites_lie_inside_their_commune()
    _files_are_private(tmp_path)
    _fleet_goes_on_from_the_past(fleet)
    for organisation in Organisation.objects.order_by("pk"):
        assert verify_journal(organisation.pk).broken is None


def _past_is_generated_and_past():
    assert not Observation.objects.filter(at__gt=clock.now()).exists()
    assert not Observation.objects.exclude(source=Observation.Source.GENERATED).exists()
    assert Latest.objects.count() > 0
    temperatures = Observation.objects.filter(
        datastream__quantity="air_temperature", datastream__thing__category="radiator_valve"
    )
    assert temperatures.count() > 100
    assert all(10 < one.value < 32 for one in temperatures.order_by("pk")[:500])


def _people_see_what_is_theirs():
    mayor, other, technician, operator = (
        first_actor_of(User.objects.get(email=person.email).pk)
        for label in ("mayor", "other mayor", "technician", "operator")
        for person in PEOPLE
        if person.label == label
    )
    seen = {one.organisation_id for one in Thing.objects.visible_to(mayor)}
    assert seen == {mayor.organisation_id}
    assert not seen & {one.organisation_id for one in Thing.objects.visible_to(other)}
    assert len({one.organisation_id for one in Thing.objects.visible_to(technician)}) == 3
    assert len({one.organisation_id for one in Thing.objects.visible_to(operator)}) == 3


def _sites_lie_inside_their_commune():
    sites = Site.objects.unscoped("test").select_related("commune")
    assert all(site.generated and site.commune.outline.contains(site.location) for site in sites)


def _files_are_private(folder):
    logins = folder / "demo-logins.json"
    assert {one["role"] for one in json.loads(logins.read_text())} >= {"operator", "mayor", "technician"}
    assert logins.stat().st_mode & 0o777 == fleet_file(folder).stat().st_mode & 0o777 == 0o600


def _fleet_goes_on_from_the_past(fleet):
    valve = next(one for one in fleet.devices if one.model == "mclimate-vicki")
    room = next(one for one in fleet.rooms if one.name == valve.room)
    stream = Datastream.objects.unscoped("test").get(thing__device_id=valve.dev_eui, quantity="air_temperature")
    assert abs(stream.latest.value - room.air_c) < 1.5
    assert clock.now() - room.at < timedelta(minutes=5)


def test_an_interrupted_load_is_resumed(tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(loader.actions, "programme", interrupted)
        with pytest.raises(KeyboardInterrupt):
            load(Watch(), tmp_path, SMALL)
    rest = load(Watch(), tmp_path, SMALL)
    assert rest.communes == rest.members == rest.gateways == rest.devices == 0
    assert rest.programmes > 0
    assert rest.observations > 0


def test_a_database_of_somebody_else_is_left_alone(tmp_path):
    Organisation.objects.create(kind=Organisation.Kind.COMMUNE, name="Ailleurs", slug="ailleurs")
    with pytest.raises(Conflict) as refusal:
        load(Watch(), tmp_path, SMALL)
    assert refusal.value.facts["organisations"] == "Ailleurs"
    assert Commune.objects.count() == 0
    assert not list(tmp_path.iterdir())

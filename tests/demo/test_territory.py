from datetime import UTC, datetime, timedelta

import pytest

from maillage.demo.history import Span, past_of, values
from maillage.demo.outlines import contains, km
from maillage.demo.territory import FEATURED, plan_territory, read_communes
from maillage.demo.weeks import Gate, is_open, setpoint_c
from maillage.lorawan.codecs.registry import load_models
from maillage.territory.models import Site

PLAN = plan_territory()
MODELS = load_models()
NOW = datetime(2025, 1, 15, 12, 0, tzinfo=UTC)


def test_the_plan_is_the_same_every_time():
    assert plan_territory() == PLAN


def test_the_fifty_most_populous_of_194_communes_are_members():
    communes = read_communes()
    assert len(communes) == 194
    assert sum(one.population for one in communes) == 1_338_485
    members = {member.commune.insee for member in PLAN.members}
    assert len(members) == 50
    smallest = min(member.commune.population for member in PLAN.members)
    assert all(one.population <= smallest for one in communes if one.insee not in members)
    assert tuple(member.commune.insee for member in PLAN.members[:2]) == FEATURED


def test_every_site_is_inside_its_commune_and_has_a_name_of_its_own():
    for member in PLAN.members:
        names = [site.name for site in member.sites]
        assert len(names) == len(set(names))
        assert all(contains(member.commune.rings[0], site.at) for site in member.sites)
        kinds = [site.kind for site in member.sites]
        assert 2 <= kinds.count(Site.Kind.SCHOOL) <= 4
        assert {Site.Kind.TOWN_HALL, Site.Kind.CEMETERY, Site.Kind.GYMNASIUM, Site.Kind.TECHNICAL_CENTRE} <= set(kinds)


def test_there_are_some_six_hundred_devices_each_in_its_place():
    devices = [device for member in PLAN.members for device in member.devices]
    assert 550 <= len(devices) <= 650
    assert len({device.dev_eui for device in devices}) == len(devices)
    for member in PLAN.members:
        sites = {site.name for site in member.sites}
        for device in member.devices:
            assert device.site in sites
            assert not device.room or device.room in member.rooms
            assert device.model in MODELS


def test_the_featured_school_has_eight_rooms_on_two_floors():
    rooms = PLAN.members[0].rooms.values()
    assert len(rooms) == 8
    assert {room.floor for room in rooms} == {0, 1}


def test_gateways_cover_the_members():
    assert len(PLAN.gateways) == 40
    for member in PLAN.members:
        assert min(km(member.town_hall.at, gateway.at) for gateway in PLAN.gateways) < 5


def test_setpoints_the_programme_asks_for_are_whole_degrees_that_the_valve_takes():
    bounds = MODELS["mclimate-vicki"].verbs["set_temperature"].bounds
    for member in PLAN.members:
        for room in member.rooms.values():
            bounds.check("set_temperature", room.day_c)


@pytest.mark.parametrize(
    ("at", "wanted"),
    [
        (datetime(2025, 1, 14, 9, tzinfo=UTC), 19.0),
        (datetime(2025, 1, 14, 4, 29, tzinfo=UTC), 16.0),
        (datetime(2025, 1, 14, 4, 30, tzinfo=UTC), 19.0),  # 5:30 in Paris
        (datetime(2025, 1, 15, 9, tzinfo=UTC), 16.0),  # a Wednesday
        (datetime(2025, 7, 15, 3, 30, tzinfo=UTC), 19.0),  # 5:30 in summer
    ],
)
def test_classrooms_are_warm_in_school_hours_by_local_time(at, wanted):
    assert setpoint_c(19.0, at) == wanted


def test_the_gate_is_open_by_day():
    evry = Gate(2.43, 48.63)
    assert is_open(evry, datetime(2025, 1, 15, 12, tzinfo=UTC))
    assert not is_open(evry, datetime(2025, 1, 15, 5, tzinfo=UTC))
    assert not is_open(evry, datetime(2025, 1, 15, 18, tzinfo=UTC))


def test_the_past_holds_declared_quantities_on_the_grid_and_only_once():
    member = PLAN.members[2]
    start = NOW - timedelta(days=1)
    found = list(values(past_of(member, start), Span(start, NOW, timedelta(hours=1))))
    assert {one.at for one in found} == {start + timedelta(hours=h) for h in range(25)}
    assert len({(one.dev_eui, one.quantity, one.at) for one in found}) == len(found)
    models = {device.dev_eui: MODELS[device.model] for device in member.devices}
    assert all(one.quantity in models[one.dev_eui].measures for one in found)
    assert {one.dev_eui for one in found} == set(models)


def test_heating_shows_in_the_past_of_a_winter_school_day():
    member = PLAN.members[0]
    valve = next(device for device in member.devices if device.model == "mclimate-vicki")
    start = datetime(2025, 1, 13, 0, 0, tzinfo=UTC)
    found = values(past_of(member, start), Span(start, start + timedelta(hours=23), timedelta(hours=1)))
    air = {one.at.hour: one.value for one in found if (one.dev_eui, one.quantity) == (valve.dev_eui, "air_temperature")}
    assert air[10] > air[3] + 1.5

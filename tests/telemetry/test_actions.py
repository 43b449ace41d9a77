"""Things are installed, moved and taken out of service."""

import pytest
from tests.fixtures.things import INSTALLER, VALVE_EUI, device, installed, person

from maillage.identity.actor import Role
from maillage.identity.models import JournalEntry
from maillage.kernel.errors import Conflict, Invalid, NotFound, Refused
from maillage.telemetry import actions, queries
from maillage.telemetry.actions import Installation


def journalled():
    return list(JournalEntry.objects.order_by("pk").values_list("action", flat=True))


def test_an_installed_thing_has_one_datastream_for_each_measure_of_its_model(evry, equipment):
    quantities = {stream.quantity for stream in queries.datastreams(evry.mayor, thing_id=equipment.valve.pk)}
    assert {"air_temperature", "target_temperature", "valve_opening"} <= quantities
    assert equipment.valve.category == "radiator_valve"
    assert journalled() == ["telemetry.thing_installed"] * 3


def test_a_technician_installs_and_a_mayor_does_not(evry):
    device(evry.organisation, VALVE_EUI, "mclimate-vicki")
    where = Installation(VALVE_EUI, evry.school.pk, "Radiateur", evry.classroom.pk, "heating")
    with pytest.raises(Refused):
        actions.install_thing(evry.mayor, where)
    assert actions.install_thing(person(evry.organisation, Role.TECHNICIAN), where).device_id == VALVE_EUI


@pytest.mark.parametrize(
    ("change", "kind", "code"),
    [
        ({"dev_eui": "0" * 16}, NotFound, "device_unknown"),
        ({"site_id": 0}, NotFound, "site_unknown"),
        ({"space_id": 0}, NotFound, "space_unknown"),
        ({"name": "  "}, Invalid, "thing_name_unfit"),
        ({"name": "x" * 151}, Invalid, "thing_name_unfit"),
        ({"name": "Capteur"}, Conflict, "thing_name_taken"),
        ({"dev_eui": VALVE_EUI}, Conflict, "device_already_installed"),
    ],
)
def test_a_wrong_installation_is_refused_and_leaves_nothing(evry, equipment, change, kind, code):
    device(evry.organisation, "a" * 16, "mclimate-vicki")
    good = {"dev_eui": "a" * 16, "site_id": evry.school.pk, "name": "Autre", "space_id": None}
    before = journalled()
    with pytest.raises(kind) as caught:
        actions.install_thing(INSTALLER, Installation(**(good | change)))
    assert caught.value.code == code
    assert queries.things(INSTALLER).count() == 3
    assert journalled() == before


def test_a_device_of_another_organisation_is_not_installed_here(evry, brunoy):
    device(brunoy.organisation, VALVE_EUI, "mclimate-vicki")
    with pytest.raises(Invalid, match="device_of_another_organisation"):
        actions.install_thing(INSTALLER, Installation(VALVE_EUI, evry.school.pk, "Radiateur"))


def test_a_device_of_an_unknown_model_is_not_installed(evry):
    device(evry.organisation, VALVE_EUI, "no-such-model")
    with pytest.raises(Invalid, match="device_model_unknown"):
        actions.install_thing(INSTALLER, Installation(VALVE_EUI, evry.school.pk, "Radiateur"))


def test_a_thing_moves_within_its_organisation_only(evry, brunoy, equipment):
    moved = actions.move_thing(INSTALLER, equipment.sensor.pk, evry.cemetery.pk)
    assert (moved.site_id, moved.space_id) == (evry.cemetery.pk, None)
    with pytest.raises(Invalid, match="site_of_another_organisation"):
        actions.move_thing(INSTALLER, equipment.sensor.pk, brunoy.school.pk)


def test_a_space_of_another_site_is_refused(evry, brunoy, equipment):
    with pytest.raises(NotFound, match="space_unknown"):
        actions.place_thing(INSTALLER, equipment.gate.pk, brunoy.classroom.pk)
    assert actions.place_thing(INSTALLER, equipment.valve.pk, None).space is None


def test_a_decommissioned_thing_frees_its_device_and_its_name(evry, equipment):
    actions.decommission_thing(INSTALLER, equipment.valve.pk)
    again = actions.install_thing(INSTALLER, Installation(VALVE_EUI, evry.school.pk, "Radiateur", None, "heating"))
    assert again.pk != equipment.valve.pk
    assert [thing.pk for thing in queries.things(evry.mayor, site_id=evry.school.pk)].count(equipment.valve.pk) == 0
    with pytest.raises(Conflict, match="thing_decommissioned"):
        actions.decommission_thing(INSTALLER, equipment.valve.pk)


def test_another_commune_finds_nothing(brunoy, equipment):
    thing_id = equipment.valve.pk
    stranger = person(brunoy.organisation, Role.TECHNICIAN)
    for act in (
        lambda: actions.place_thing(stranger, thing_id, None),
        lambda: actions.move_thing(stranger, thing_id, brunoy.school.pk),
        lambda: actions.rename_thing(stranger, thing_id, "À moi"),
        lambda: actions.decommission_thing(stranger, thing_id),
        lambda: actions.install_thing(stranger, Installation(VALVE_EUI, brunoy.school.pk, "Radiateur")),
    ):
        with pytest.raises(NotFound):
            act()


def test_installing_twice_at_once_is_impossible(evry, equipment):
    with pytest.raises(Conflict, match="device_already_installed"):
        actions.install_thing(INSTALLER, Installation(VALVE_EUI, evry.school.pk, "Radiateur 2"))
    assert installed(evry.school, "b" * 16, "mclimate-vicki", "Radiateur 2", "heating").device_id == "b" * 16

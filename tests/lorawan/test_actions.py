"""Gateways and devices registered, changed and taken out of service, by those who may, with their trace."""

import pytest
from django.db import connection
from tests.fixtures.radio import EVRY_VALVE, JOIN_EUI, KEY, MASSY_VALVE, MAST, SETUP

from maillage.identity.models import JournalEntry
from maillage.kernel.errors import Conflict, Invalid, NotFound, Refused
from maillage.lorawan import actions
from maillage.lorawan.actions import GatewayDetails
from maillage.lorawan.key_ring import key_ring
from maillage.lorawan.keys import Purpose
from maillage.lorawan.models import Device, Gateway, Session
from maillage.lorawan.new_device import AbpSession, NewDevice
from maillage.web.problems import sentence

FRESH = "70b3d52dd30000aa"


def new(organisation, dev_eui=FRESH, model_key="mclimate-vicki"):
    return NewDevice(dev_eui, JOIN_EUI, KEY, model_key, "Classe 2", organisation.pk)


def key_of(device):
    return key_ring().unwrap(bytes(device.app_key), device.pk, Purpose.APP_KEY)


def journalled(action):
    return JournalEntry.objects.filter(action=action).order_by("pk")


@pytest.fixture
def notices(monkeypatch):
    """What PostgreSQL is asked to announce."""
    sent = []
    monkeypatch.setattr(actions, "notify", lambda channel, payload: sent.append((channel, payload)))
    return sent


@pytest.mark.parametrize("name", ["operator", "technician"])
def test_a_device_is_registered_with_its_trace_and_announced(radio_house, name, notices):
    actions.register_device(radio_house.actor(name), new(radio_house.evry))
    made = Device.objects.unscoped("test").get(pk=FRESH)
    assert (key_of(made), made.organisation_id) == (KEY, radio_house.evry.pk)
    (entry,) = journalled("lorawan.device_registered")
    assert (entry.object_id, entry.organisation_id) == (FRESH, radio_house.evry.pk)
    assert notices == [("lorawan_registry", FRESH)]


def test_the_journal_holds_no_key(radio_house):
    actions.register_device(radio_house.actor("operator"), new(radio_house.evry))
    assert KEY.hex() not in str(journalled("lorawan.device_registered").get().facts).lower()


@pytest.mark.parametrize("name", ["mayor", "agent"])
def test_mayors_and_agents_register_nothing(radio_house, name):
    with pytest.raises(Refused):
        actions.register_device(radio_house.actor(name), new(radio_house.evry))


def test_a_technician_registers_nothing_where_nobody_mandated_it(radio_house):
    with pytest.raises(Refused):
        actions.register_device(radio_house.actor("technician"), new(radio_house.massy))


def test_a_device_is_registered_once_in_the_whole_house_and_its_owner_is_not_told(equipped):
    with pytest.raises(Conflict) as refusal:
        actions.register_device(equipped.actor("technician"), new(equipped.evry, MASSY_VALVE))
    assert refusal.value.facts == {"dev_eui": MASSY_VALVE}
    assert "Massy" not in sentence(refusal.value)
    assert not journalled("lorawan.device_registered")


def test_a_device_of_an_unknown_model_is_refused(radio_house):
    with pytest.raises(Invalid, match="model_unknown"):
        actions.register_device(radio_house.actor("operator"), new(radio_house.evry, model_key="toaster"))


def test_a_device_taken_out_of_service_stays_known_and_is_announced(equipped, notices):
    actions.decommission_device(equipped.actor("technician"), EVRY_VALVE)
    assert Device.objects.unscoped("test").get(pk=EVRY_VALVE).decommissioned_at is not None
    assert journalled("lorawan.device_decommissioned").get().object_id == EVRY_VALVE
    assert notices == [("lorawan_registry", EVRY_VALVE)]
    with pytest.raises(Conflict, match="device_decommissioned"):
        actions.decommission_device(equipped.actor("technician"), EVRY_VALVE)


def test_another_commune_s_device_does_not_exist_for_a_technician(equipped):
    with pytest.raises(NotFound):
        actions.decommission_device(equipped.actor("technician"), MASSY_VALVE)


def test_a_mayor_takes_nothing_out_of_service(equipped):
    with pytest.raises(Refused):
        actions.decommission_device(equipped.actor("mayor"), EVRY_VALVE)


def test_only_who_operates_registers_gateways(radio_house, notices):
    place = GatewayDetails("Mât", (2.44, 48.62), 95.0)
    with pytest.raises(Refused):
        actions.register_gateway(radio_house.actor("technician"), MAST, radio_house.evry.pk, place)
    made = actions.register_gateway(radio_house.actor("operator"), MAST, radio_house.operator.pk, place)
    assert (made.location.x, made.altitude_m) == (2.44, 95.0)
    assert journalled("lorawan.gateway_registered").get().facts["location"] == [2.44, 48.62]
    assert notices == [("lorawan_registry", "gateways")]
    with pytest.raises(Conflict, match="gateway_already_registered"):
        actions.register_gateway(radio_house.actor("operator"), MAST, radio_house.operator.pk, place)


def test_a_changed_gateway_keeps_its_counters_and_says_what_changed(equipped):
    actions.change_gateway(equipped.actor("operator"), MAST, GatewayDetails("Château d’eau"))
    changed = Gateway.objects.unscoped("test").get(pk=MAST)
    assert (changed.name, changed.location, changed.uplink_count) == ("Château d’eau", None, 12_345)
    facts = journalled("lorawan.gateway_changed").get().facts
    assert (facts["before"]["name"], facts["after"]["name"]) == ("Mât du château d’eau", "Château d’eau")


def test_a_gateway_that_is_not_for_the_actor_does_not_exist(equipped):
    with pytest.raises(NotFound):
        actions.change_gateway(equipped.actor("technician"), MAST, GatewayDetails("x"))


def test_a_refused_registration_leaves_nothing_behind(equipped, monkeypatch):
    def fail(*_args):
        raise RuntimeError

    monkeypatch.setattr(actions, "write_journal", fail)
    with pytest.raises(RuntimeError):
        actions.register_device(SETUP, new(equipped.evry))
    assert not Device.objects.unscoped("test").filter(pk=FRESH).exists()
    assert connection.needs_rollback is False


ABP = AbpSession(0x260B1234, b"N" * 16, b"A" * 16, f_cnt_up=41, f_cnt_down=7, is_relaxed=True)


def abp_device(organisation, dev_eui=FRESH, session=ABP):
    return NewDevice(dev_eui, "", b"", "mclimate-vicki", "Classe 3", organisation.pk, abp=session)


def test_an_abp_device_has_its_session_from_the_start_with_its_keys_wrapped(equipped):
    device = actions.register_device(equipped.actor("operator"), abp_device(equipped.evry))
    session = Session.objects.get(device=device)
    assert (device.app_key, device.join_eui, device.is_abp, device.counters_relaxed) == (None, "", True, True)
    assert (session.dev_addr, session.f_cnt_up, session.f_cnt_down) == (0x260B1234, 40, 7)
    assert session.channel_mask == 0b111
    opened = key_ring().unwrap(bytes(session.nwk_s_key), device.pk, Purpose.NWK_S_KEY)
    assert (opened, session.s_nwk_s_int_key) == (b"N" * 16, None)
    (entry,) = journalled("lorawan.device_registered")
    assert entry.facts == {"model": "mclimate-vicki", "abp": "260B1234", "relaxed": True}


def test_the_keys_of_an_abp_device_of_1_1_go_together(equipped):
    with pytest.raises(Invalid, match="abp_keys_of_1_1"):
        AbpSession(1, b"N" * 16, b"A" * 16, s_nwk_s_int_key=b"S" * 16)


def test_a_device_of_1_1_keeps_both_root_keys_wrapped(equipped):
    given = NewDevice(FRESH, JOIN_EUI, KEY, "mclimate-vicki", "Classe 2", equipped.evry.pk, nwk_key=b"K" * 16)
    device = actions.register_device(equipped.actor("operator"), given)
    assert key_ring().unwrap(bytes(device.nwk_key), device.pk, Purpose.NWK_KEY) == b"K" * 16


def test_an_abp_device_has_no_app_key_to_show(equipped):
    device = actions.register_device(equipped.actor("operator"), abp_device(equipped.evry))
    with pytest.raises(Invalid, match="abp_has_no_app_key"):
        actions.show_key(equipped.actor("operator"), device.pk, "un motif assez long")


CSV = (
    "dev_eui;modele;nom;commune;dev_addr;nwk_s_key;app_s_key;f_cnt_up;compteur_libre;app_key\n"
    f"70b3d52dd30000b1;mclimate-vicki;Un;Évry;260b0001;{'1' * 32};{'2' * 32};5;oui;\n"
    f"70b3d52dd30000b2;mclimate-vicki;Deux;Évry;260b00;{'1' * 32};;x;peut-être;{'3' * 32}\n"
)


def test_abp_devices_are_imported_by_file_with_a_reason_for_each_wrong_cell(equipped):
    kept = actions.preview_import(equipped.actor("operator"), "abp.csv", CSV.encode())
    (row,) = kept.bad
    assert {(column, code) for column, code, _facts in row[3]} == {
        ("dev_addr", "lorawan.dev_addr.unreadable"),
        ("app_s_key", "device_csv.missing_value"),
        ("f_cnt_up", "lorawan.f_cnt.unreadable"),
        ("relaxed", "lorawan.yes_or_no"),
        ("app_key", "device_csv.not_of_abp"),
    }
    assert "1" * 32 not in str(kept.good)
    assert actions.import_devices(equipped.actor("operator"), kept.pk).count == 1
    session = Session.objects.get(device_id="70b3d52dd30000b1")
    assert (session.dev_addr, session.f_cnt_up) == (0x260B0001, 4)
    assert key_ring().unwrap(bytes(session.app_s_key), session.pk, Purpose.APP_S_KEY) == bytes.fromhex("2" * 32)

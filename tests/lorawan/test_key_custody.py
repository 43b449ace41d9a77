"""Who may see a stored key, and how all of them are wrapped anew."""

import pytest
from django.core.management import call_command
from django.urls import reverse
from tests.fixtures.radio import EVRY_VALVE, KEY, MASSY_VALVE

from maillage.identity.models import JournalEntry
from maillage.kernel.errors import Conflict, Invalid, NotFound, Refused
from maillage.lorawan import actions, key_ring, queries
from maillage.lorawan.keys import KeyRing, Purpose, kek_id
from maillage.lorawan.models import Device, Session

WHY = "L’appareil a changé de réseau"
PAGE = {"reason": WHY}


def test_the_operator_sees_a_key_against_a_reason_that_the_owner_s_journal_keeps(equipped):
    assert actions.show_key(equipped.actor("operator"), EVRY_VALVE, f"  {WHY} ") == KEY
    entry = JournalEntry.objects.get(action="lorawan.key_shown")
    assert (entry.organisation_id, entry.object_id, entry.facts) == (equipped.evry.pk, EVRY_VALVE, {"reason": WHY})


@pytest.mark.parametrize("name", ["technician", "mayor", "agent"])
def test_nobody_else_sees_a_key(equipped, name):
    with pytest.raises(Refused):
        actions.show_key(equipped.actor(name), EVRY_VALVE, WHY)


def test_a_technician_is_not_told_that_a_device_elsewhere_exists(equipped):
    with pytest.raises(NotFound):
        actions.show_key(equipped.actor("technician"), MASSY_VALVE, WHY)


def test_without_a_reason_there_is_no_key_and_no_trace(equipped):
    with pytest.raises(Invalid, match="reason_too_short"):
        actions.show_key(equipped.actor("operator"), EVRY_VALVE, "parce que")
    assert not JournalEntry.objects.filter(action="lorawan.key_shown").exists()


def test_the_page_asks_for_the_reason_before_it_shows_the_key(equipped):
    client, address = equipped.client("operator"), reverse("lorawan:show_key", args=[EVRY_VALVE])
    assert KEY.hex().upper() not in client.get(address).content.decode()
    refused = client.post(address, {"reason": "non"})
    assert refused.status_code == 422
    assert KEY.hex().upper() not in refused.content.decode()
    shown = client.post(address, PAGE)
    assert KEY.hex().upper() in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]


@pytest.mark.parametrize(("name", "status"), [("technician", 403), ("mayor", 403)])
def test_the_page_is_not_for_others(equipped, name, status):
    client = equipped.client(name)
    assert client.post(reverse("lorawan:show_key", args=[EVRY_VALVE]), PAGE).status_code == status
    if name == "technician":
        device_page = client.get(reverse("lorawan:device", args=[EVRY_VALVE])).content.decode()
        assert reverse("lorawan:show_key", args=[EVRY_VALVE]) not in device_page


@pytest.fixture
def new_ring(monkeypatch, settings):
    """The installation's key-encryption keys, with a new one in front."""
    ring = KeyRing([b"new" + bytes(29), *settings.KEY_ENCRYPTION_KEYS])
    for module in (key_ring, actions, queries):
        monkeypatch.setattr(module, "key_ring", lambda: ring)
    monkeypatch.setattr("maillage.lorawan.management.commands.rewrap_keys.key_ring", lambda: ring)
    return ring


def stored():
    devices = Device.objects.unscoped("test").values_list("pk", "app_key")
    sessions = Session.objects.values_list("pk", "nwk_s_key", "app_s_key")
    return {(pk, place): bytes(key) for pk, *keys in [*devices, *sessions] for place, key in enumerate(keys)}


def test_all_keys_are_wrapped_anew_and_open_without_the_old_kek(equipped, new_ring, capsys):
    before = stored()
    call_command("rewrap_keys")
    after = stored()
    assert {kek_id(key) for key in after.values()} == {new_ring.current_id}
    assert all(before[place] != after[place] for place in before)
    alone = KeyRing([b"new" + bytes(29)])
    assert alone.unwrap(bytes(Device.objects.unscoped("test").get(pk=EVRY_VALVE).app_key), EVRY_VALVE, Purpose.APP_KEY)
    assert "4 rows wrapped anew" in capsys.readouterr().out


def test_wrapping_anew_can_be_repeated(equipped, new_ring, capsys):
    call_command("rewrap_keys")
    after = stored()
    call_command("rewrap_keys")
    assert stored() == after
    assert "0 rows wrapped anew" in capsys.readouterr().out


def test_a_lost_kek_stops_it_with_its_name(equipped, monkeypatch):
    monkeypatch.setattr(actions, "key_ring", lambda: KeyRing([bytes(32)]))
    with pytest.raises(Conflict, match="kek_unknown"):
        list(actions.rewrap_keys(equipped.actor("operator")))


def test_a_technician_does_not_wrap_keys_anew(equipped):
    with pytest.raises(Refused):
        list(actions.rewrap_keys(equipped.actor("technician")))

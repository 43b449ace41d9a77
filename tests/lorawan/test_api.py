"""The radio network over REST: the same tenancy, the same policies, no key."""

import pytest
from tests.fixtures.radio import EVRY_SENSOR, EVRY_VALVE, JOIN_EUI, KEY, MASSY_VALVE, MAST

from maillage.lorawan.models import Device

BASE = "/api/v1/radio"
FRESH = "70b3d52dd30000aa"


def ask(equipped, person, path, status=200, **query):
    answer = equipped.client(person).get(f"{BASE}/{path}", query)
    assert answer.status_code == status, answer.content
    return answer.json()


def given(organisation, **changes):
    device = {"dev_eui": FRESH, "join_eui": JOIN_EUI, "app_key": KEY.hex(), "model": "mclimate-vicki", "name": "A"}
    return device | {"organisation_id": organisation.pk} | changes


def post(equipped, person, body):
    return equipped.client(person).post(f"{BASE}/devices", body, content_type="application/json")


@pytest.mark.parametrize("path", ["gateways", "devices", f"devices/{EVRY_VALVE}", "refusals"])
def test_mayors_and_agents_are_refused(equipped, path):
    for person in ("mayor", "agent"):
        assert ask(equipped, person, path, 403)["code"] == "lorawan.radio_not_permitted"


def test_gateways_come_with_their_counters(equipped):
    mast = ask(equipped, "operator", "gateways")[0]
    assert (mast["eui"], mast["uplink_count"], mast["online"], mast["location"]) == (MAST, 12_345, True, [2.44, 48.62])
    assert ask(equipped, "technician", "gateways") == []


def test_devices_are_paged_and_filtered(equipped):
    first = ask(equipped, "operator", "devices", limit=2)
    second = ask(equipped, "operator", "devices", limit=2, cursor=first["next_cursor"])
    euis = [item["dev_eui"] for item in first["items"] + second["items"]]
    assert sorted(euis) == sorted([EVRY_VALVE, EVRY_SENSOR, MASSY_VALVE])
    assert second["next_cursor"] is None
    silent = ask(equipped, "operator", "devices", hearing="silent")["items"]
    assert [item["dev_eui"] for item in silent] == [EVRY_SENSOR]


def test_a_technician_gets_the_devices_of_its_mandates_only(equipped):
    items = ask(equipped, "technician", "devices")["items"]
    assert {item["dev_eui"] for item in items} == {EVRY_VALVE, EVRY_SENSOR}
    assert ask(equipped, "technician", f"devices/{MASSY_VALVE}", 404)["code"] == "lorawan.device_unknown"
    ask(equipped, "technician", f"devices/{MASSY_VALVE}/frames", 404)


def test_a_device_comes_with_its_session_and_without_keys(equipped):
    found = ask(equipped, "operator", f"devices/{EVRY_VALVE.upper()}")
    assert found["session"]["dev_addr"] == "26011234"
    assert not [name for name in (*found, *found["session"]) if "key" in name]


def test_frames_are_paged_newest_first(equipped):
    first = ask(equipped, "operator", f"devices/{EVRY_VALVE}/frames", limit=2)
    second = ask(equipped, "operator", f"devices/{EVRY_VALVE}/frames", limit=2, cursor=first["next_cursor"])
    assert [item["id"] for item in first["items"] + second["items"]] == [3, 2, 1]
    assert first["items"][0]["payload"] == "011d5a78"


def test_refusals_are_told_with_their_sample(equipped):
    rows = ask(equipped, "operator", "refusals", cause="unknown_dev_addr")
    assert [(row["count"], row["sample"]) for row in rows] == [(1200, "4001")]
    assert [row["subject"] for row in ask(equipped, "technician", "refusals")] == [EVRY_SENSOR]


def test_a_device_is_registered_and_its_key_is_not_given_back(equipped):
    answer = post(equipped, "technician", given(equipped.evry))
    assert answer.status_code == 201
    assert KEY.hex() not in answer.content.decode()
    assert Device.objects.unscoped("test").get(pk=FRESH).organisation_id == equipped.evry.pk


@pytest.mark.parametrize(
    ("person", "changes", "status", "code"),
    [
        ("operator", {"dev_eui": EVRY_VALVE}, 409, "lorawan.device_already_registered"),
        ("operator", {"dev_eui": "12"}, 422, "lorawan.eui.wrong_length"),
        ("operator", {"app_key": "12"}, 422, "lorawan.key.wrong_length"),
        ("operator", {"model": "toaster"}, 422, "lorawan.model_unknown"),
        ("operator", {"name": ""}, 422, "lorawan.name.missing"),
        ("operator", {"organisation_id": 10**9}, 404, "organisation_unknown"),
        ("mayor", {}, 403, "lorawan.radio_not_permitted"),
    ],
)
def test_a_registration_that_cannot_be_is_a_problem_with_its_code(equipped, person, changes, status, code):
    answer = post(equipped, person, given(equipped.evry, **changes))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Device.objects.unscoped("test").filter(pk=FRESH).exists()


def test_a_technician_registers_nothing_elsewhere(equipped):
    assert post(equipped, "technician", given(equipped.massy)).status_code == 403


def test_the_same_registration_sent_twice_acts_once(equipped):
    client = equipped.client("operator")
    answers = [
        client.post(
            f"{BASE}/devices",
            given(equipped.evry),
            content_type="application/json",
            headers={"Idempotency-Key": "once"},
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]


ABP = {"dev_addr": "260B1234", "nwk_s_key": "1" * 32, "app_s_key": "2" * 32, "f_cnt_up": 5}


def test_an_abp_device_is_registered_with_its_session(equipped):
    answer = post(equipped, "operator", given(equipped.evry, join_eui="", app_key="", abp=ABP))
    assert (answer.status_code, answer.json()["abp"]) == (201, True)
    session = ask(equipped, "operator", f"devices/{FRESH}")["session"]
    assert (session["dev_addr"], session["f_cnt_up"], session["lorawan_1_1"]) == ("260B1234", 4, False)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"abp": ABP}, "lorawan.abp_or_otaa"),
        ({"join_eui": "", "app_key": "", "abp": {**ABP, "dev_addr": "12"}}, "lorawan.dev_addr.unreadable"),
        ({"join_eui": "", "app_key": "", "abp": {**ABP, "nwk_s_enc_key": "3" * 32}}, "lorawan.abp_keys_of_1_1"),
        ({"app_key": ""}, "lorawan.key.wrong_length"),
        ({"nwk_key": "12"}, "lorawan.key.wrong_length"),
    ],
)
def test_an_activation_that_cannot_be_is_a_problem_with_its_code(equipped, changes, code):
    answer = post(equipped, "operator", given(equipped.evry, **changes))
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert not Device.objects.unscoped("test").filter(pk=FRESH).exists()

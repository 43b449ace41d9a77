"""Groups and firmware on pages and over REST: who may, what is said, and that nothing bad is half done."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.urls import reverse
from tests.fixtures.radio import EVRY_SENSOR, EVRY_VALVE, MASSY_VALVE

from maillage.identity.models import JournalEntry
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, NotFound, Refused
from maillage.lorawan.fuota import actions as fuota
from maillage.lorawan.fuota.actions import Plan
from maillage.lorawan.models import FirmwareCampaign, MulticastGroup, MulticastMember, MulticastMessage
from maillage.lorawan.multicast import actions
from maillage.lorawan.multicast.actions import GroupMessage, NewGroup
from maillage.lorawan.regions.eu863_870 import EU863_870

BASE = "/api/v1/radio"


@pytest.fixture
def group(equipped):
    new = NewGroup("Vannes", equipped.operator.pk, 3)
    return actions.create_group(equipped.actor("operator"), new, EU863_870)


@pytest.fixture
def image(equipped):
    return fuota.upload_image(equipped.actor("operator"), equipped.operator.pk, "v2", bytes(1000))


def page(equipped, name, *args, person="operator", status=200):
    answer = equipped.client(person).get(reverse(f"lorawan:{name}", args=args))
    assert answer.status_code == status
    return answer.content.decode()


def post(equipped, route, *args, person="operator", status=302, **data):
    answer = equipped.client(person).post(reverse(f"lorawan:{route}", args=args), data)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


def journal():
    return list(JournalEntry.objects.order_by("-pk").values_list("action", flat=True)[:3])


@pytest.mark.parametrize("name", ["groups", "firmware"])
@pytest.mark.parametrize(("person", "status"), [("operator", 200), ("technician", 200), ("mayor", 403)])
def test_only_the_operator_and_technicians_see_them(equipped, name, person, status):
    page(equipped, name, person=person, status=status)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_page_is_drawn(equipped, group, image, language):
    equipped.people["operator"].user.language = language
    equipped.people["operator"].user.save()
    actor = equipped.actor("operator")
    actions.add_members(actor, group.pk, [EVRY_VALVE, MASSY_VALVE])
    message = GroupMessage(5, b"\x01\x02", clock.now() + timedelta(hours=1))
    actions.send_message(actor, group.pk, message, EU863_870)
    campaign = fuota.start_campaign(actor, group.pk, image.pk, Plan(), EU863_870)
    assert "Vannes" in page(equipped, "groups")
    assert "01 02" in page(equipped, "group", group.pk)
    assert image.sha256 in page(equipped, "firmware")
    assert "v2" in page(equipped, "campaign", campaign.pk)


def test_a_group_is_made_filled_and_closed_on_its_page(equipped):
    data = {"name": "Compteurs", "organisation": equipped.operator.pk, "device_class": "B", "data_rate": 0}
    post(equipped, "groups", **data, periodicity=4)
    made = MulticastGroup.objects.unscoped("a test").get()
    assert (made.device_class, made.periodicity, made.data_rate) == ("B", 4, 3)
    post(equipped, "add_members", made.pk, dev_euis=f"{EVRY_VALVE}\n{EVRY_SENSOR.upper()}")
    assert set(MulticastMember.objects.values_list("device_id", "slot")) == {(EVRY_VALVE, 0), (EVRY_SENSOR, 0)}
    post(equipped, "remove_member", made.pk, EVRY_SENSOR)
    post(equipped, "close_group", made.pk)
    made.refresh_from_db()
    assert made.closed_at is not None
    assert not MulticastMember.objects.exists()
    assert journal() == ["lorawan.group_closed", "lorawan.group_member_removed", "lorawan.group_members_added"]


def test_the_key_of_a_group_is_wrapped_and_never_shown(equipped, group):
    assert len(group.mc_key) > 16
    answer = equipped.client("operator").get(f"{BASE}/groups/{group.pk}").json()
    assert not [name for name in answer if "key" in name]


def test_bad_members_are_named_and_none_is_added(equipped, group):
    text = post(equipped, "add_members", group.pk, dev_euis=f"{EVRY_VALVE}\n70b3d52dd30000ff", status=422)
    assert "70b3d52dd30000ff" in text.lower()
    assert "hexad" in post(equipped, "add_members", group.pk, dev_euis="xyz", status=422)
    assert not MulticastMember.objects.exists()


def test_a_device_holds_four_groups_and_not_a_fifth(equipped):
    actor = equipped.actor("operator")
    made = [actions.create_group(actor, NewGroup(f"g{n}", equipped.operator.pk, 3), EU863_870) for n in range(5)]
    for one in made[:4]:
        assert actions.add_members(actor, one.pk, [EVRY_VALVE]) == 1
    assert actions.add_members(actor, made[0].pk, [EVRY_VALVE]) == 0
    with pytest.raises(Conflict, match="device_has_four_groups"):
        actions.add_members(actor, made[4].pk, [EVRY_VALVE])


def test_a_technician_touches_only_the_groups_of_its_mandates(equipped, group):
    technician = equipped.actor("technician")
    with pytest.raises(NotFound, match="group_unknown"):
        actions.add_members(technician, group.pk, [EVRY_VALVE])
    own = actions.create_group(technician, NewGroup("Évry", equipped.evry.pk, 3), EU863_870)
    with pytest.raises(NotFound, match="device_unknown"):
        actions.add_members(technician, own.pk, [MASSY_VALVE])
    with pytest.raises(Refused):
        actions.create_group(technician, NewGroup("x", equipped.massy.pk, 3), EU863_870)
    page(equipped, "group", group.pk, person="technician", status=404)


def test_a_session_begins_in_the_future_and_in_class_b_with_a_beacon(equipped, group):
    actor, hour = equipped.actor("operator"), timedelta(hours=1)
    actions.open_session(actor, group.pk, clock.now() + hour, hour)
    post(equipped, "open_session", group.pk, in_minutes=10, minutes=20)
    group.refresh_from_db()
    assert group.session_ends_at - group.session_starts_at == timedelta(minutes=20)
    assert group.session_starts_at.microsecond == 0
    with pytest.raises(Invalid, match="session_times"):
        actions.open_session(actor, group.pk, clock.now() - hour, hour)
    with pytest.raises(Invalid, match="session_times"):
        actions.open_session(actor, group.pk, clock.now() + hour, 10 * hour)


def test_a_message_waits_and_a_bad_one_is_refused_in_words(equipped, group):
    post(equipped, "send_message", group.pk, f_port=5, payload="0A 0b", hours=1)
    assert bytes(MulticastMessage.objects.get().payload) == b"\x0a\x0b"
    assert "hexadécimaux" in post(equipped, "send_message", group.pk, f_port=5, payload="zz", hours=1, status=422)
    long = post(equipped, "send_message", group.pk, f_port=5, payload="00" * 200, hours=1, status=422)
    assert "115" in long
    message = GroupMessage(201, b"\x01", clock.now() + timedelta(hours=1))
    with pytest.raises(Invalid, match="group_port"):
        actions.send_message(equipped.actor("operator"), group.pk, message, EU863_870)
    assert MulticastMessage.objects.count() == 1


def test_an_image_is_uploaded_started_and_stopped_on_the_pages(equipped, group):
    actions.add_members(equipped.actor("operator"), group.pk, [EVRY_VALVE])
    file = BytesIO(b"firmware" * 100)
    file.name = "v3.bin"
    post(equipped, "firmware", name="v3", organisation=equipped.operator.pk, file=file)
    image = fuota.queries.images(equipped.actor("operator")).get()
    assert image.size_bytes == 800
    start = {"group": group.pk, "image": image.pk, "redundancy_percent": 25, "lead_minutes": 5}
    post(equipped, "start_campaign", **start)
    campaign = FirmwareCampaign.objects.unscoped("a test").get()
    assert (campaign.fragment_bytes, campaign.data_fragments, campaign.redundancy) == (112, 8, 2)
    with pytest.raises(Conflict, match="group_has_campaign"):
        fuota.start_campaign(equipped.actor("operator"), group.pk, image.pk, Plan(), EU863_870)
    with pytest.raises(Conflict, match="group_has_campaign"):
        actions.close_group(equipped.actor("operator"), group.pk)
    post(equipped, "stop_campaign", campaign.pk)
    campaign.refresh_from_db()
    assert campaign.state == "stopped"
    with pytest.raises(Conflict, match="campaign_has_ended"):
        fuota.stop_campaign(equipped.actor("operator"), campaign.pk)
    assert journal() == ["lorawan.campaign_stopped", "lorawan.campaign_started", "lorawan.image_uploaded"]


def test_an_empty_group_and_an_image_that_is_too_long_are_refused(equipped, group):
    actor = equipped.actor("operator")
    image = fuota.upload_image(actor, equipped.operator.pk, "big", bytes(900_000))
    with pytest.raises(Invalid, match="group_is_empty"):
        fuota.start_campaign(actor, group.pk, image.pk, Plan(), EU863_870)
    actions.add_members(actor, group.pk, [EVRY_VALVE])
    with pytest.raises(Invalid, match="image_too_long"):
        fuota.start_campaign(actor, group.pk, image.pk, Plan(), EU863_870)
    with pytest.raises(Invalid, match="image_size"):
        fuota.upload_image(actor, equipped.operator.pk, "empty", b"")


def test_the_counter_of_a_devices_sessions_never_goes_back(equipped, group, image):
    actor = equipped.actor("operator")
    actions.add_members(actor, group.pk, [EVRY_VALVE])
    first = fuota.start_campaign(actor, group.pk, image.pk, Plan(), EU863_870)
    fuota.stop_campaign(actor, first.pk)
    second = fuota.start_campaign(actor, group.pk, image.pk, Plan(), EU863_870)
    assert second.session_cnt == first.session_cnt + 1


def test_everything_works_over_rest(equipped):
    client = equipped.client("operator")

    def send(path, body, status=201):
        answer = client.post(f"{BASE}/{path}", body, content_type="application/json")
        assert answer.status_code == status, answer.content
        return answer.json() if answer.content else None

    group = send("groups", {"name": "REST", "organisation_id": equipped.operator.pk})
    assert (group["device_class"], group["data_rate"]) == ("C", 3)
    path = f"groups/{group['id']}"
    assert send(f"{path}/members", {"dev_euis": [EVRY_VALVE, MASSY_VALVE]}, 200) == {"count": 2}
    assert client.delete(f"{BASE}/{path}/members/{MASSY_VALVE}").status_code == 204
    later = (clock.now() + timedelta(hours=1)).isoformat()
    assert send(f"{path}/sessions", {"starts_at": later, "minutes": 30}, 200)["session_starts_at"]
    assert send(f"{path}/messages", {"f_port": 9, "payload": "0102", "expires_at": later})["state"] == "queued"
    send(f"{path}/messages", {"f_port": 9, "payload": "0x", "expires_at": later}, 422)
    file = BytesIO(bytes(500))
    file.name = "a.bin"
    given = {"name": "a", "organisation_id": equipped.operator.pk, "file": file}
    image = client.post(f"{BASE}/firmware", given).json()
    campaign = send("campaigns", {"group_id": group["id"], "image_id": image["id"]})
    found = client.get(f"{BASE}/campaigns/{campaign['id']}").json()
    assert [row["dev_eui"] for row in found["receivers"]] == [EVRY_VALVE]
    assert send(f"campaigns/{campaign['id']}/stop", {}, 200)["state"] == "stopped"
    assert len(client.get(f"{BASE}/campaigns").json()) == 1
    send(f"{path}/close", {}, 204)
    assert client.get(f"{BASE}/{path}").json()["members"] == []
    assert equipped.client("mayor").get(f"{BASE}/groups").status_code == 403

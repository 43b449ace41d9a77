"""REST: approvals, undoing, many at once, exceptional periods, hours of use."""

from datetime import timedelta

import pytest
from tests.fixtures.things import logged_in

from maillage.command import queries
from maillage.command.models import SpecialPeriod
from maillage.kernel import clock

WARM = {"verb": "set_temperature", "value": 19}


@pytest.fixture
def mayor(evry):
    return logged_in(evry.mayor)


@pytest.fixture
def agent(evry):
    return logged_in(evry.agent)


@pytest.fixture
def stranger(brunoy):
    return logged_in(brunoy.mayor)


def post(client, path, body=None):
    return client.post(f"/api/v1{path}", body or {}, content_type="application/json")


def test_two_persons_agree_through_the_api(mayor, agent, stranger, evry, equipment):
    rule = post(
        mayor, f"/organisations/{evry.organisation.pk}/two-person-rules", {"solution": "access", "verb": "open"}
    )
    assert rule.status_code == 201
    asked = post(agent, "/commands", {"thing_id": equipment.gate.pk, "verb": "open", "reason": "Livraison"}).json()
    assert (asked["state"], asked["reason"]) == ("proposed", "Livraison")
    assert post(agent, f"/commands/{asked['id']}/approve").status_code == 403
    assert post(stranger, f"/commands/{asked['id']}/approve").status_code == 404
    assert post(mayor, f"/commands/{asked['id']}/approve").json()["state"] == "requested"
    assert post(mayor, f"/commands/{asked['id']}/decline").status_code == 409
    (read,) = agent.get("/api/v1/two-person-rules").json()
    assert stranger.get("/api/v1/two-person-rules").json() == []
    assert agent.delete(f"/api/v1/two-person-rules/{read['id']}").status_code == 403
    assert mayor.delete(f"/api/v1/two-person-rules/{read['id']}").status_code == 204


def test_a_command_says_when_its_device_wakes_and_is_called_back(mayor, equipment):
    heard_at = clock.now() - timedelta(minutes=4)
    equipment.valve.device.last_seen_at = heard_at
    equipment.valve.device.save()
    asked = post(mayor, "/commands", {"thing_id": equipment.valve.pk, **WARM}).json()
    read = mayor.get(f"/api/v1/commands/{asked['id']}").json()
    assert read["wakes_at"][:16] == f"{heard_at + timedelta(minutes=10):%Y-%m-%dT%H:%M}"
    undone = post(mayor, f"/commands/{asked['id']}/undo").json()
    assert (undone["id"], undone["state"]) == (asked["id"], "expired")


def test_a_command_until_an_instant_is_an_exceptional_period(mayor, equipment):
    until = (clock.now() + timedelta(hours=2)).isoformat()
    body = {"thing_id": equipment.valve.pk, **WARM, "until": until, "reason": "Réunion"}
    assert post(mayor, "/commands", body).status_code == 202
    (period,) = mayor.get(f"/api/v1/things/{equipment.valve.pk}/exceptions").json()
    assert (period["label"], period["begun_at"] is not None) == ("Réunion", True)
    ended = mayor.delete(f"/api/v1/exceptions/{period['id']}").json()
    assert ended["cancelled_at"] is not None
    naive = post(mayor, "/commands", {**body, "until": "2030-01-01T10:00:00"})
    assert (naive.status_code, naive.json()["code"]) == (422, "instant_without_offset")


def test_a_fair_is_planned_for_several_things_or_none(mayor, stranger, equipment):
    start = clock.now() + timedelta(days=2)
    fair = {
        "label": "Fête",
        "starts_at": start.isoformat(),
        "ends_at": (start + timedelta(hours=5)).isoformat(),
        **WARM,
    }
    assert post(stranger, "/exceptions", {"thing_ids": [equipment.valve.pk], **fair}).status_code == 404
    both = post(mayor, "/exceptions", {"thing_ids": [equipment.valve.pk, equipment.gate.pk], **fair})
    assert (both.status_code, SpecialPeriod.objects.unscoped("test").count()) == (422, 0)
    assert post(mayor, "/exceptions", {"thing_ids": [equipment.valve.pk], **fair}).status_code == 201


def test_many_are_asked_and_each_answers(mayor, stranger, evry, equipment):
    body = {"commune": evry.commune.pk, "solution": "heating", "verb": "set_temperature", "value": 18, "label": "Tous"}
    told = post(mayor, "/batches", body)
    assert (told.status_code, told.json()["asked"], told.json()["under_way"]) == (202, 1, 1)
    address = f"/api/v1/batches/{told.json()['id']}"
    assert mayor.get(address).json()["commands"][0]["batch"] == told.json()["id"]
    assert stranger.get(address).status_code == 404
    assert post(stranger, "/batches", body).json()["code"] == "batch_without_things"


def test_hours_of_use_are_added_and_removed(mayor, stranger, evry, equipment):
    address = f"/sites/{evry.school.pk}/hours"
    hours = {"weekdays": [1, 2], "opens": "08:00", "closes": "17:00", "school_holidays": "never"}
    assert post(stranger, address, hours).status_code == 404
    assert post(mayor, address, {**hours, "closes": "07:00"}).json()["code"] == "opening_reversed"
    added = post(mayor, address, hours)
    assert added.status_code == 201
    assert [one["weekdays"] for one in mayor.get(f"/api/v1{address}").json()] == [[1, 2]]
    assert stranger.delete(f"/api/v1/hours/{added.json()['id']}").status_code == 404
    assert mayor.delete(f"/api/v1/hours/{added.json()['id']}").status_code == 204


def test_a_line_has_its_holidays_its_season_and_its_readiness(mayor, evry, equipment):
    line = {
        **WARM,
        "weekdays": [1],
        "anchor": "clock",
        "clock_time": "08:00",
        "school_holidays": "never",
        "ready": True,
    }
    made = post(mayor, f"/things/{equipment.valve.pk}/schedule", {**line, "first_day": "2027-01-04"})
    assert (made.status_code, made.json()["school_holidays"], made.json()["ready"]) == (201, "never", True)
    gate = post(mayor, f"/things/{equipment.gate.pk}/schedule", {**line, "verb": "open", "value": None})
    assert gate.json()["code"] == "nothing_to_warm"
    (entry,) = queries.schedule_of_thing(evry.mayor, equipment.valve.pk)
    assert str(entry.first_day) == "2027-01-04"

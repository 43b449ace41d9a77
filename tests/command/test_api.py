"""The command post and its measures over REST."""

import pytest
from tests.fixtures.things import INSTALLER, logged_in

from maillage.command import queries
from maillage.command.models import Command
from maillage.lorawan.models import Downlink
from maillage.telemetry.queries import datastreams

WARM = {"verb": "set_temperature", "value": 19}
AT_EIGHT = {"verb": "open", "weekdays": [1, 2, 3, 4, 5], "anchor": "clock", "clock_time": "08:00"}


@pytest.fixture
def mayor(evry):
    return logged_in(evry.mayor)


@pytest.fixture
def stranger(brunoy):
    return logged_in(brunoy.mayor)


def post(client, path, body, **headers):
    return client.post(f"/api/v1{path}", body, content_type="application/json", headers=headers)


def test_a_command_is_accepted_and_can_be_followed(mayor, equipment):
    answer = post(mayor, "/commands", {"thing_id": equipment.valve.pk, **WARM})
    assert answer.status_code == 202
    found = mayor.get(f"/api/v1/commands/{answer.json()['id']}").json()
    assert (found["state"], found["value"], found["origin"]) == ("requested", 19, "api")
    assert [step["explanation"] for step in found["steps"]] == ["La commande attend le prochain passage de l’appareil."]


def test_the_same_key_commands_once(mayor, equipment):
    body = {"thing_id": equipment.valve.pk, **WARM}
    first, again = (post(mayor, "/commands", body, **{"Idempotency-Key": "k1"}).json() for _ in range(2))
    assert first["id"] == again["id"]
    assert Downlink.objects.count() == 1


def test_eighty_degrees_are_answered_with_a_sentence(mayor, equipment):
    answer = post(mayor, "/commands", {"thing_id": equipment.valve.pk, "verb": "set_temperature", "value": 80})
    assert (answer.status_code, answer.json()["code"]) == (422, "setpoint_out_of_bounds")
    assert answer.json()["detail"] == "80 °C est hors limites : demandez une valeur de 5 à 30 °C."
    (refused,) = mayor.get(f"/api/v1/things/{equipment.valve.pk}/commands").json()["items"]
    assert refused["state"] == "refused"
    assert refused["steps"][0]["explanation"] == answer.json()["detail"]


def test_a_refusal_leaves_its_trace_also_when_it_came_with_a_key(mayor, equipment):
    body = {"thing_id": equipment.valve.pk, "verb": "set_temperature", "value": 80}
    for _ in range(2):
        assert post(mayor, "/commands", body, **{"Idempotency-Key": "k1"}).status_code == 422
    items = mayor.get(f"/api/v1/things/{equipment.valve.pk}/commands").json()["items"]
    assert [command["state"] for command in items] == ["refused", "refused"]


def test_commands_are_paged_newest_first(mayor, equipment):
    for value in (18, 19, 20):
        post(mayor, "/commands", {"thing_id": equipment.valve.pk, "verb": "set_temperature", "value": value})
    address, values, cursor = f"/api/v1/things/{equipment.valve.pk}/commands", [], ""
    while cursor is not None:
        page = mayor.get(address, {"limit": 2, "cursor": cursor}).json()
        values += [command["value"] for command in page["items"]]
        cursor = page["next_cursor"]
    assert values == [20, 19, 18]
    assert mayor.get(address, {"cursor": "nonsense"}).status_code == 422


def test_a_schedule_is_written_read_and_previewed(mayor, equipment):
    address = f"/things/{equipment.gate.pk}/schedule"
    entry = post(mayor, address, AT_EIGHT)
    assert entry.status_code == 201
    read = mayor.get(f"/api/v1{address}").json()
    assert [one["clock_time"] for one in read["entries"]] == ["08:00:00"]
    assert len(read["next_days"]) in {20, 21, 22}
    line = f"/api/v1/schedule-entries/{entry.json()['id']}"
    off = mayor.put(f"{line}/enabled", {"enabled": False}, content_type="application/json")
    assert off.json()["enabled"] is False
    sunset = {"verb": "close", "weekdays": [7], "anchor": "sunset", "offset_minutes": -30}
    assert mayor.put(line, sunset, content_type="application/json").json()["anchor"] == "sunset"
    assert mayor.delete(line).status_code == 204
    assert mayor.get(f"/api/v1{address}").json() == {"entries": [], "next_days": []}


@pytest.mark.parametrize(
    "change",
    [
        {"clock_time": None},
        {"anchor": "sunset"},
        {"anchor": "noon"},
        {"weekdays": []},
        {"weekdays": [9]},
        {"offset_minutes": 100000, "anchor": "sunset", "clock_time": None},
        {"verb": "explode"},
    ],
)
def test_a_line_that_makes_no_sense_is_refused(mayor, equipment, change):
    answer = post(mayor, f"/things/{equipment.gate.pk}/schedule", AT_EIGHT | change)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"


def test_things_values_and_curves_are_read(mayor, evry, equipment):
    names = [thing["name"] for thing in mayor.get("/api/v1/things").json()["items"]]
    assert names == ["Radiateur", "Capteur", "Portail"]
    (gate,) = mayor.get(f"/api/v1/sites/{evry.cemetery.pk}/things").json()
    assert (gate["thing"]["name"], gate["period_s"], gate["next_expected_at"]) == (
        "Portail",
        600,
        "2026-01-01T00:10:00Z",
    )
    stream = gate["readings"][0]["datastream_id"]
    curve = mayor.get(f"/api/v1/datastreams/{stream}/series").json()
    assert (curve["points"], curve["width_s"]) == ([], 0)
    hourly = mayor.get(f"/api/v1/datastreams/{stream}/series", {"resolution": "3600"}).json()
    assert hourly["width_s"] == 3600
    assert mayor.get(f"/api/v1/datastreams/{stream}/series", {"resolution": "-1"}).status_code == 422


def test_the_mayor_of_another_commune_finds_none_of_it(mayor, stranger, evry, equipment):
    command = post(mayor, "/commands", {"thing_id": equipment.valve.pk, **WARM}).json()["id"]
    entry = post(mayor, f"/things/{equipment.gate.pk}/schedule", AT_EIGHT).json()["id"]
    stream = datastreams(INSTALLER, thing_id=equipment.valve.pk)[0].pk
    for address in (
        f"/commands/{command}",
        f"/things/{equipment.valve.pk}",
        f"/things/{equipment.valve.pk}/commands",
        f"/things/{equipment.gate.pk}/schedule",
        f"/sites/{evry.school.pk}/things",
        f"/datastreams/{stream}/series",
    ):
        assert stranger.get(f"/api/v1{address}").status_code == 404, address
    assert post(stranger, "/commands", {"thing_id": equipment.valve.pk, **WARM}).status_code == 404
    assert post(stranger, f"/things/{equipment.gate.pk}/schedule", AT_EIGHT).status_code == 404
    assert stranger.delete(f"/api/v1/schedule-entries/{entry}").status_code == 404
    assert stranger.get("/api/v1/things").json()["items"] == []
    assert Command.objects.unscoped("test").count() == 1
    assert len(queries.schedule_of_thing(INSTALLER, equipment.gate.pk)) == 1


@pytest.mark.parametrize("asked", [{"verb": "a\0b"}, {"verb": "set_temperature", "value": 1e308}])
def test_what_no_column_can_hold_and_no_eye_can_read_is_refused_in_words(mayor, equipment, asked):
    answer = post(mayor, "/commands", {"thing_id": equipment.valve.pk, **asked})
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"].endswith(".")


def test_a_nul_in_an_address_is_refused_in_words(mayor, equipment):
    answer = mayor.get("/api/v1/journal", {"person": "a\0b"})
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert mayor.get("/journal/", {"person": "a\0b"}).status_code in {200, 422}

"""The REST API of applications: by people, and by a token that opens one application alone."""

import asyncio
import json
import uuid

import pytest
from django.db import connection
from django.test import Client
from tests.fixtures.radio import EVRY_VALVE, NOW

from maillage.lorawan.integrations import actions, queries, stream
from maillage.lorawan.integrations.actions import Quotas, Target
from maillage.lorawan.integrations.models import Event, Webhook
from maillage.lorawan.models import Downlink
from maillage.web.live import Hub, Pace

ROOT = "/api/v1/radio/applications"


@pytest.fixture
def program(equipped, application):
    """A program that shows the application's token."""
    _token, clear = actions.create_token(equipped.actor("mayor"), application.pk, "Programme", None)
    return Client(headers={"Authorization": f"Bearer {clear}"})


def event(application, number, kind="up", at=NOW):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS lorawan_event_20260302 PARTITION OF lorawan_event"
            " FOR VALUES FROM ('2026-03-02T00:00Z') TO ('2026-03-03T00:00Z')"
        )
    return Event.objects.create(
        id=number,
        at=at,
        application_id=application.pk,
        dev_eui=EVRY_VALVE,
        type=kind,
        source=f"{kind}:{number}",
        body=json.dumps({"fCnt": number}),
    )


def test_a_token_of_the_application_reads_it_and_nothing_else(equipped, application, program):
    other = actions.create_application(equipped.actor("operator"), equipped.massy.pk, "À eux", Quotas())
    found = program.get(f"{ROOT}/{application.pk}").json()
    assert (found["name"], found["use"]["devices"], found["max_devices"]) == ("Bennes", 1, 2)
    devices = program.get(f"{ROOT}/{application.pk}/devices").json()["items"]
    assert [each["dev_eui"] for each in devices] == [EVRY_VALVE]
    assert program.get(f"{ROOT}/{other.pk}").status_code == 404
    for closed in (f"{ROOT}", f"{ROOT}/{application.pk}/webhooks", f"{ROOT}/{application.pk}/tokens", "/api/v1/me"):
        assert program.get(closed).status_code == 401
    assert program.get("/api/v1/radio/devices").status_code == 401


def test_a_downlink_is_queued_by_a_token_and_a_bad_one_says_what_to_change(equipped, application, program):
    path = f"{ROOT}/{application.pk}/devices/{EVRY_VALVE.upper()}/downlinks"
    wanted = {"id": str(uuid.uuid4()), "confirmed": True, "fPort": 2, "data": "AQI="}
    first = program.post(path, wanted, content_type="application/json")
    again = program.post(path, wanted, content_type="application/json")
    assert (first.status_code, first.json()["id"]) == (201, wanted["id"])
    assert again.json() == first.json()
    assert Downlink.objects.get().reference == "application"
    bad = program.post(path, {"fPort": 0, "data": "AQI="}, content_type="application/json")
    assert (bad.status_code, bad.json()["detail"]) == (422, "« fPort » vaut 0 ; il doit être compris entre 1 et 223.")
    both = program.post(path, {"fPort": 1, "data": "AQI=", "object": {}}, content_type="application/json")
    assert both.status_code == 422


def test_events_are_read_after_a_place_in_the_log(application, program):
    for number in (1, 2, 3):
        event(application, number, "log" if number == 2 else "up")
    found = program.get(f"{ROOT}/{application.pk}/events?after=1").json()
    assert [(each["id"], each["type"], each["body"]) for each in found] == [
        (2, "log", {"fCnt": 2}),
        (3, "up", {"fCnt": 3}),
    ]
    assert [each["id"] for each in program.get(f"{ROOT}/{application.pk}/events?types=log").json()] == [2]


def test_a_stream_goes_on_after_the_last_event_that_was_heard(application, db, monkeypatch):
    for number in (1, 2, 3):
        event(application, number)

    async def here(work):
        return work()

    async def run():
        hub = Hub(Pace(flush_interval_s=0))
        text = stream.follow(hub, application.pk, 1, [], lambda: True)
        frames = [await anext(text) for _ in range(3)]
        waiting = asyncio.ensure_future(anext(text))
        await asyncio.sleep(0)
        assert hub.has_subscribers(f"application.{application.pk}")
        made.append(4)
        hub.publish(f"application.{application.pk}", "{}", key="new")
        frames.append(await waiting)
        await text.aclose()
        assert hub.subscriber_count == 0
        return frames

    made = [2, 3]
    monkeypatch.setattr(stream, "_in_thread", here)
    monkeypatch.setattr(
        queries,
        "events_after",
        lambda _application, after, _types, _limit: [_Row(n) for n in made if n > after],
    )
    frames = asyncio.run(run())
    assert frames[0].startswith(": ")
    assert frames[1:] == [f'id: {n}\nevent: up\ndata: {{"fCnt": {n}}}\n\n' for n in (2, 3, 4)]


class _Row:
    type = "up"

    def __init__(self, number):
        self.pk, self.body = number, json.dumps({"fCnt": number})


def test_a_stream_ends_when_its_reader_may_see_no_more(application, monkeypatch):
    async def here(work):
        return work()

    async def run():
        return [frame async for frame in stream.follow(Hub(), application.pk, 0, [], lambda: False)]

    monkeypatch.setattr(stream, "_in_thread", here)
    monkeypatch.setattr(stream, "HEARTBEAT_S", 0.01)
    monkeypatch.setattr(queries, "events_after", lambda *_: [])
    assert asyncio.run(run())[-1] == ": still here\n\n"


def test_a_place_that_is_no_number_is_refused(application, program):
    answer = program.get(f"{ROOT}/{application.pk}/events/stream", headers={"Last-Event-ID": "abc"})
    assert (answer.status_code, answer.json()["code"]) == (422, "lorawan.event_id_unreadable")


def test_a_stream_is_served_to_a_token_and_to_nobody_else(application, program):
    answer = program.get(f"{ROOT}/{application.pk}/events/stream")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/event-stream; charset=utf-8")
    assert Client().get(f"{ROOT}/{application.pk}/events/stream").status_code == 401


def test_a_mayor_makes_a_webhook_replays_it_and_deletes_it(equipped, application):
    client, path = equipped.client("mayor"), f"{ROOT}/{application.pk}/webhooks"
    made = client.post(path, {"url": "https://93.184.216.34/x", "types": ["up"]}, content_type="application/json")
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    one = f"{path}/{made.json()['id']}"
    assert "secret" not in client.get(one).json()
    assert client.post(f"{one}/pause").json()["state"] == "paused"
    assert client.post(f"{one}/resume").json()["state"] == "active"
    event(application, 7)
    assert (
        client.post(f"{one}/replay", {"since": "2026-03-01T00:00:00Z"}, content_type="application/json").json()[
            "waiting"
        ]
        == 1
    )
    assert client.post(f"{one}/dead-letters/send-again").status_code == 404
    assert client.get(f"{one}/attempts").json() == []
    assert client.delete(one).status_code == 204
    assert Webhook.objects.count() == 0


def test_another_commune_finds_no_webhook(equipped, application):
    other = actions.create_application(equipped.actor("operator"), equipped.massy.pk, "À eux", Quotas())
    hook, _secret = actions.create_webhook(equipped.actor("operator"), other.pk, Target("https://93.184.216.34/"))
    client = equipped.client("mayor")
    assert client.get(f"{ROOT}/{other.pk}/webhooks/{hook.pk}").status_code == 404
    assert client.get(f"{ROOT}/{application.pk}/webhooks/{hook.pk}").status_code == 404
    assert [each["name"] for each in client.get(ROOT).json()] == ["Bennes"]
    assert len(equipped.client("operator").get(ROOT).json()) == 2


def test_the_operator_sells_and_a_mayor_may_not(equipped):
    given = {"organisation_id": equipped.evry.pk, "name": "Compteurs", "max_devices": 10}
    refused = equipped.client("mayor").post(ROOT, given, content_type="application/json")
    made = equipped.client("operator").post(ROOT, given, content_type="application/json")
    assert (refused.status_code, made.status_code) == (403, 201)
    quotas = f"{ROOT}/{made.json()['id']}/quotas"
    changed = equipped.client("operator").put(quotas, {"max_devices": 1}, content_type="application/json")
    assert changed.json()["max_devices"] == 1


def test_devices_are_registered_attached_and_detached_by_the_customer(equipped, application):
    client, path = equipped.client("agent"), f"{ROOT}/{application.pk}/devices"
    new = {
        "dev_eui": "70B3D52DD3000AAA",
        "join_eui": "0" * 16,
        "app_key": bytes(range(16)).hex(),
        "model": "other-class-c",
        "name": "Compteur",
    }
    assert client.post(path, new, content_type="application/json").status_code == 201
    assert client.delete(f"{path}/70b3d52dd3000aaa").status_code == 204
    attached = client.post(path, {"dev_eui": "70b3d52dd3000aaa"}, content_type="application/json")
    assert attached.json()["model"] == "other-class-c"


def test_device_models_are_listed_and_a_wrong_label_claims_nothing(equipped):
    client = equipped.client("mayor")
    models = {each["key"]: each for each in client.get("/api/v1/radio/models").json()}
    assert models["mclimate-vicki"]["measures"]["air_temperature"] == "Cel"
    claim = {"code": "nonsense", "organisation_id": equipped.evry.pk}
    assert client.post("/api/v1/radio/devices/claim", claim, content_type="application/json").status_code == 422

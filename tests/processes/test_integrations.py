"""The integrations process over a real bus, a real database, real HTTP servers and a real MQTT broker and client."""

import asyncio
import json
import threading
import time
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest
from django.db import connections
from tests.fixtures.radio import EVRY_SENSOR, EVRY_VALVE, MASSY_VALVE, build_radio_house, equip, frame

from maillage.kernel import clock
from maillage.lorawan.events import DOWNLINKS, UPLINKS, DownlinkBatch, DownlinkUpdate, Uplink, UplinkBatch
from maillage.lorawan.integrations import actions, queries
from maillage.lorawan.integrations.actions import Quotas, Target
from maillage.lorawan.integrations.commands import command
from maillage.lorawan.integrations.models import ApplicationUsage, DeadLetter, Event, Webhook, WebhookAttempt
from maillage.lorawan.integrations.store import EventStore
from maillage.lorawan.integrations.webhooks import retries
from maillage.lorawan.integrations.webhooks.courier import Couriers
from maillage.lorawan.integrations.webhooks.sender import Sender
from maillage.lorawan.integrations.webhooks.signature import signature
from maillage.lorawan.integrations.webhooks.store import HookStore
from maillage.lorawan.integrations.webhooks.values import Message
from maillage.lorawan.key_ring import key_ring
from maillage.lorawan.models import Device, Downlink, Session
from maillage.lorawan.stream import ensure_stream
from maillage.processes import bus
from maillage.processes import integrations as process

TODAY = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def house(committed_conninfo, settings):
    """Two organisations with devices. Rows are committed: other connections see them."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WEBHOOKS_MAY_BE_PRIVATE = True
    made = build_radio_house()
    equip(made)
    return made


@pytest.fixture
def evry(house):
    return application(house, house.evry, EVRY_VALVE)


@pytest.fixture
def massy(house):
    return application(house, house.massy, MASSY_VALVE)


def application(house, organisation, dev_eui, **quotas):
    operator = house.actor("operator")
    made = actions.create_application(operator, organisation.pk, f"Capteurs {organisation.slug}", Quotas(**quotas))
    actions.attach_device(operator, made.pk, dev_eui)
    return made


def heard(dev_eui, number, at=TODAY, **more):
    """An uplink in the frame log, and the message that tells of it."""
    device = Device.objects.unscoped("test").get(pk=dev_eui)
    frame(device, number, at=at, phy_payload=bytes.fromhex("40341201268001000211223344aabbccdd"), **more)
    return Uplink(number, dev_eui, device.organisation_id, at, number, {}, -97.0, 7.5, 1)


@asynccontextmanager
async def gathering(conninfo, bus_url, *messages, mqtt=None):
    """A gatherer that has taken in ``messages``, with couriers at work."""
    client = await bus.connect(bus_url, "test")
    store, hooks, sender = EventStore(conninfo), HookStore(conninfo, key_ring()), Sender(private_allowed=True)
    couriers = Couriers(hooks, sender, chance=lambda: 1.0)
    await hooks.open()
    gatherer = process.Gatherer(client, store, couriers, mqtt)
    delivering = asyncio.create_task(couriers.run())
    try:
        await ensure_stream(client.jetstream())
        for message in messages:
            await tell(client, message)
            await gatherer.step()
        yield gatherer, couriers, client
    finally:
        delivering.cancel()
        await asyncio.gather(delivering, return_exceptions=True)
        for part in (sender, hooks, store, client):
            await part.close()


async def tell(client, message):
    subject = UPLINKS if isinstance(message, UplinkBatch) else DOWNLINKS
    await client.jetstream().publish(subject, msgspec.json.encode(message))


async def until(holds, within_s=8.0):
    """``holds`` asks the database in a thread of its own."""
    end_s = time.monotonic() + within_s
    while not await asyncio.to_thread(_asked, holds):
        assert time.monotonic() < end_s, "still not so"
        await asyncio.sleep(0.05)


def _asked(holds):
    try:
        return holds()
    finally:
        connections.close_all()


def gather(conninfo, bus_url, *messages):
    async def run():
        async with gathering(conninfo, bus_url, *messages):
            return

    asyncio.run(run())


def logged(application):
    return [(each.type, json.loads(each.body)) for each in queries.events_after(application.pk, 0, [], 100)]


@contextmanager
def receiver(answer=lambda _request: 204):
    """A real HTTP server that keeps what it is sent; ``answer`` gives the status, or takes its time."""
    taken = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = (self.path, dict(self.headers), body)
            status = answer(request)
            if 200 <= status < 300:
                taken.append(request)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook?key=1", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def webhook(house, application, url, *types):
    return actions.create_webhook(house.actor("operator"), application.pk, Target(url, types))


def test_an_uplink_becomes_an_event_once_however_often_it_is_told(house, evry, committed_conninfo, bus_url):
    batch = UplinkBatch([heard(EVRY_VALVE, 7)])
    gather(committed_conninfo, bus_url, batch, batch)
    [(kind, event)] = logged(evry)
    assert kind == "up"
    assert event["deviceInfo"]["applicationName"] == "Capteurs evry"
    assert (event["data"], event["fPort"], event["adr"]) == ("AR1aeA==", 2, True)
    assert event["object"] == {"targetTemperature": 19.5, "openWindow": False}
    assert queries.use_of(evry, TODAY).uplinks == 1


def test_devices_of_nobody_and_of_others_leave_no_event(house, evry, massy, committed_conninfo, bus_url):
    gather(committed_conninfo, bus_url, UplinkBatch([heard(EVRY_SENSOR, 8), heard(MASSY_VALVE, 9)]))
    assert logged(evry) == []
    assert [event["deviceInfo"]["devEui"] for _kind, event in logged(massy)] == [MASSY_VALVE]


def test_a_device_claimed_by_somebody_else_tells_its_former_application_nothing(
    house, evry, committed_conninfo, bus_url
):
    Device.objects.unscoped("test").filter(pk=EVRY_VALVE).update(organisation=house.massy)
    gather(committed_conninfo, bus_url, UplinkBatch([heard(EVRY_VALVE, 7)]))
    assert logged(evry) == []


def test_uplinks_beyond_the_quota_are_withheld_and_said_once(house, committed_conninfo, bus_url):
    limited = application(house, house.evry, EVRY_VALVE, max_uplinks_a_day=2)
    at = TODAY.replace(hour=12)
    batch = UplinkBatch([heard(EVRY_VALVE, n, at=at + timedelta(seconds=n)) for n in range(10, 15)])
    gather(committed_conninfo, bus_url, batch)
    kinds = [kind for kind, _event in logged(limited)]
    assert kinds == ["up", "up", "log"]
    assert "quota of 2 uplinks a day" in logged(limited)[2][1]["description"]
    use = ApplicationUsage.objects.get(application=limited)
    assert (use.uplinks, use.withheld) == (2, 3)


def test_join_and_status_are_told_with_the_next_uplink(house, evry, committed_conninfo, bus_url):
    joined = clock.now() + timedelta(seconds=1)
    Session.objects.filter(device_id=EVRY_VALVE).update(joined_at=joined, dev_addr=0x260B0001)
    changes = {"battery": 254, "status_margin_db": 7, "status_at": joined}
    Device.objects.unscoped("test").filter(pk=EVRY_VALVE).update(**changes)
    first, second = (heard(EVRY_VALVE, n, at=joined + timedelta(seconds=n)) for n in (20, 21))
    gather(committed_conninfo, bus_url, UplinkBatch([first]), UplinkBatch([second]))
    assert [kind for kind, _event in logged(evry)] == ["join", "status", "up", "up"]
    assert logged(evry)[0][1]["devAddr"] == "260b0001"
    assert logged(evry)[1][1]["batteryLevel"] == 100.0


def test_what_becomes_of_a_downlink_is_told(house, evry, committed_conninfo, bus_url):
    wanted = command(EVRY_VALVE, 2, "AQI=", None, confirmed=True)
    sent = actions.enqueue_downlink(house.actor("operator"), evry.pk, wanted)
    Downlink.objects.filter(pk=sent.pk).update(f_cnt_down=41, gateway_eui="7276ff0000000001", sent_at=TODAY)
    device = Device.objects.unscoped("test").get(pk=EVRY_VALVE)
    sender = [{"eui": "7276ff0000000001", "power_dbm": 14}]
    frame(device, 50, at=TODAY, direction="down", f_cnt=41, receptions=sender, decoded=None)
    lost = DownlinkUpdate("9d2f6a1e-0000-4000-8000-000000000001", "", EVRY_VALVE, "failed", TODAY, "payload_too_long")
    updates = [
        DownlinkUpdate(str(sent.pk), "application", EVRY_VALVE, "sent", TODAY),
        DownlinkUpdate(str(sent.pk), "application", EVRY_VALVE, "acknowledged", TODAY + timedelta(seconds=2)),
        lost,
    ]
    gather(committed_conninfo, bus_url, DownlinkBatch(updates), DownlinkBatch(updates))
    events = dict(logged(evry))
    assert sorted(kind for kind, _event in logged(evry)) == ["ack", "log", "txack"]
    assert events["txack"]["txInfo"]["power"] == 14
    assert (events["txack"]["fCntDown"], events["txack"]["gatewayId"]) == (41, "7276ff0000000001")
    assert (events["ack"]["acknowledged"], events["ack"]["queueItemId"]) == (True, str(sent.pk))
    assert events["log"]["code"] == "DOWNLINK_PAYLOAD_SIZE"


def test_old_days_of_the_log_are_dropped_and_young_ones_kept(house, evry, committed_conninfo, bus_url):
    gather(committed_conninfo, bus_url, UplinkBatch([heard(EVRY_VALVE, 7)]))

    async def drop(today):
        store = EventStore(committed_conninfo)
        try:
            return await store.drop_old_days(today)
        finally:
            await store.close()

    assert asyncio.run(drop(TODAY.date() + timedelta(days=7))) == []
    assert len(logged(evry)) == 1
    assert asyncio.run(drop(TODAY.date() + timedelta(days=8))) == [f"lorawan_event_{TODAY:%Y%m%d}"]
    assert logged(evry) == []


def test_a_webhook_gets_signed_events_in_order(house, evry, committed_conninfo, bus_url):
    with receiver() as (url, taken):
        _hook, secret = webhook(house, evry, url)

        news_run = UplinkBatch([heard(EVRY_VALVE, n) for n in (7, 8, 9)])

        async def run():
            async with gathering(committed_conninfo, bus_url, news_run):
                await until(lambda: len(taken) == 3)

        asyncio.run(run())
    assert [json.loads(body)["fCnt"] for _path, _headers, body in taken] == [7, 8, 9]
    path, headers, body = taken[0]
    assert path == "/hook?key=1&event=up"
    expected = signature(secret, headers["webhook-id"], int(headers["webhook-timestamp"]), body)
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60


def test_a_slow_webhook_delays_nobody_else(house, evry, massy, committed_conninfo, bus_url):
    """The slow one holds its first message for as long as the other gets all of its own."""
    release = threading.Event()

    def dawdle(_request):
        release.wait(20)
        return 204

    with receiver(dawdle) as (slow_url, slow_taken), receiver() as (quick_url, quick_taken):
        webhook(house, evry, slow_url)
        webhook(house, evry, quick_url)
        webhook(house, massy, quick_url)
        batch = [heard(EVRY_VALVE, n) for n in range(10, 15)] + [heard(MASSY_VALVE, n) for n in range(20, 25)]

        news_run = UplinkBatch(batch)

        async def run():
            async with gathering(committed_conninfo, bus_url, news_run):
                await until(lambda: len(quick_taken) == 10)
                assert slow_taken == []
                release.set()
                await until(lambda: len(slow_taken) == 5)

        asyncio.run(run())
    release.set()
    assert [json.loads(body)["fCnt"] for _path, _headers, body in slow_taken] == [10, 11, 12, 13, 14]


def test_a_receiver_that_is_away_is_tried_again_with_the_same_id_and_gets_everything(
    house, evry, committed_conninfo, bus_url, monkeypatch
):
    monkeypatch.setattr(retries, "_FIRST_S", 0.05)
    answers, tries = iter([503, 503, 429]), []

    def unwell(request):
        tries.append(request[1]["webhook-id"])
        return next(answers, 204)

    with receiver(unwell) as (url, taken):
        hook, _secret = webhook(house, evry, url)

        news_run = UplinkBatch([heard(EVRY_VALVE, n) for n in (7, 8)])

        async def run():
            async with gathering(committed_conninfo, bus_url, news_run):
                await until(lambda: len(taken) == 2)
                await until(lambda: WebhookAttempt.objects.filter(webhook=hook).count() == 5)

        asyncio.run(run())
    assert len(tries) == 5
    assert len(set(tries)) == 2
    assert DeadLetter.objects.count() == 0
    statuses = list(WebhookAttempt.objects.filter(webhook=hook).order_by("pk").values_list("status", flat=True))
    assert statuses == [503, 503, 429, 204, 204]


def test_a_refused_message_is_put_aside_the_next_get_through_and_it_can_be_sent_again(
    house, evry, committed_conninfo, bus_url, monkeypatch
):
    monkeypatch.setattr(retries, "_FIRST_S", 0.01)
    is_mended = threading.Event()

    def picky(request):
        return 422 if json.loads(request[2])["fCnt"] == 7 and not is_mended.is_set() else 200

    with receiver(picky) as (url, taken):
        hook, _secret = webhook(house, evry, url)
        messages = UplinkBatch([heard(EVRY_VALVE, n) for n in (7, 8)])

        async def run():
            async with gathering(committed_conninfo, bus_url, messages) as (_gatherer, couriers, _client):
                await until(lambda: len(taken) == 1 and DeadLetter.objects.count() == 1)
                is_mended.set()
                await asyncio.to_thread(
                    _asked, lambda: actions.send_again(house.actor("operator"), evry.pk, hook.pk, None)
                )
                couriers.change(evry.pk)
                await until(lambda: DeadLetter.objects.count() == 0)

        asyncio.run(run())
    assert [json.loads(body)["fCnt"] for _path, _headers, body in taken] == [8, 7]


def test_everything_since_a_date_is_replayed_under_the_same_ids(house, evry, committed_conninfo, bus_url):
    since = TODAY - timedelta(hours=2)
    with receiver() as (url, taken):
        hook, _secret = webhook(house, evry, url)
        batch = UplinkBatch([heard(EVRY_VALVE, n, at=since + timedelta(hours=n - 7)) for n in (6, 7, 8)])

        async def run():
            async with gathering(committed_conninfo, bus_url, batch) as (_gatherer, couriers, _client):
                await until(lambda: len(taken) == 3)
                await asyncio.to_thread(
                    _asked, lambda: actions.replay(house.actor("operator"), evry.pk, hook.pk, since)
                )
                couriers.change(evry.pk)
                await until(lambda: len(taken) == 5)

        asyncio.run(run())
    counts = [json.loads(body)["fCnt"] for _path, _headers, body in taken]
    assert counts == [6, 7, 8, 7, 8]
    ids = [headers["webhook-id"] for _path, headers, _body in taken]
    assert ids[3:] == ids[1:3]


def test_a_courier_that_dies_goes_on_where_it_was(house, evry, committed_conninfo, bus_url):
    with receiver() as (url, taken):
        webhook(house, evry, url)

        news_first = UplinkBatch([heard(EVRY_VALVE, 7)])

        async def first():
            async with gathering(committed_conninfo, bus_url, news_first):
                await until(lambda: len(taken) == 1 and Webhook.objects.get().last_success_at is not None)

        news_second = UplinkBatch([heard(EVRY_VALVE, 8)])

        async def second():
            async with gathering(committed_conninfo, bus_url, news_second):
                await until(lambda: len(taken) == 2)

        asyncio.run(first())
        asyncio.run(second())
    assert [json.loads(body)["fCnt"] for _path, _headers, body in taken] == [7, 8]


def test_a_receiver_that_says_gone_is_left_alone(house, evry, committed_conninfo, bus_url):
    with receiver(lambda _request: 410) as (url, _taken):
        hook, _secret = webhook(house, evry, url)

        news_run = UplinkBatch([heard(EVRY_VALVE, 7)])

        async def run():
            async with gathering(committed_conninfo, bus_url, news_run):
                await until(lambda: Webhook.objects.get(pk=hook.pk).state == "gone")

        asyncio.run(run())
    assert queries.waiting_events(Webhook.objects.get(pk=hook.pk)) == 1


def test_a_private_address_is_not_connected_to_whatever_its_name_says(house, evry, committed_conninfo, bus_url):
    """The name was saved while private addresses were allowed; the sender judges again."""
    with receiver() as (url, taken):
        hook, _secret = webhook(house, evry, url.replace("127.0.0.1", "localhost"))

        async def run():
            sender = Sender(private_allowed=False)
            hooks = HookStore(committed_conninfo, key_ring())
            await hooks.open()
            async with gathering(committed_conninfo, bus_url):
                pass
            try:
                found = await hooks.hook(hook.pk)
                message = process_message()
                return await sender.send(found, message)
            finally:
                await sender.close()
                await hooks.close()

        attempt = asyncio.run(run())
    assert (attempt.status, attempt.problem, taken) == (None, "private_address", [])


def process_message():
    return Message(1, TODAY, "up", EVRY_VALVE, "{}")


def test_of_several_types_a_webhook_gets_its_own(house, evry, committed_conninfo, bus_url):
    with receiver() as (url, taken):
        webhook(house, evry, url, "log")
        bad = heard(EVRY_VALVE, 8, decoded={"error": "refused", "message": "unknown FPort"})

        news_run = UplinkBatch([heard(EVRY_VALVE, 7), bad])

        async def run():
            async with gathering(committed_conninfo, bus_url, news_run):
                await until(lambda: len(taken) == 1)

        asyncio.run(run())
    assert json.loads(taken[0][2])["code"] == "UPLINK_CODEC"
    assert Event.objects.count() == 3

"""The network server as a real process: real datagrams, real database, real bus, real kills."""

import random
import time
import uuid
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import msgspec
import nats
import psycopg
import pytest
from psycopg.types.json import Jsonb
from tests.fixtures.programs import wait_until
from tests.fixtures.server_process import ServerProcess
from tests.lorawan.radio_side import FakeDevice, FakeGateway, downlinks, register

from maillage.lorawan.events import NOTIFY_DOWNLINK, NOTIFY_REGISTRY, UPLINKS, Uplink, UplinkBatch
from maillage.lorawan.gateways.semtech_udp.values import Immediately
from maillage.lorawan.protocol.build import DataContent, build_data_uplink, open_join_accept
from maillage.lorawan.protocol.crypto import SessionCrypto, derive_session_keys
from maillage.lorawan.protocol.parse import parse_frame

pytestmark = pytest.mark.system
SEED = 1700
VICKI_REPORT = bytes.fromhex("01130a4b7f0008a0e0")


def rows(conninfo: str, query: str, *parameters) -> list[tuple]:
    with psycopg.connect(conninfo) as connection:
        return connection.execute(query, parameters).fetchall()


def accepted(conninfo: str) -> list[tuple]:
    return rows(conninfo, "SELECT dev_addr, f_cnt, id FROM lorawan_frame WHERE direction = 'up' ORDER BY id")


def until_it_answers(server, gateway: FakeGateway) -> None:
    """Ask until PULL_ACK comes: from then on it hears and can answer."""
    before = gateway.pull_acks

    def answers() -> bool:
        assert server.is_running(), server.log.read_text()
        gateway.pull()
        gateway.listen()
        return gateway.pull_acks > before

    wait_until(answers, 60)


async def published(url: str) -> list[Uplink]:
    """Everything the bus has kept."""
    client = await nats.connect(url)
    try:
        stream = client.jetstream()
        subscription = await stream.subscribe(UPLINKS, ordered_consumer=True)
        state = await stream.stream_info("LORAWAN", subjects_filter=UPLINKS)
        batches = (state.state.subjects or {}).get(UPLINKS, 0)
        messages = [await subscription.next_msg(timeout=5) for _ in range(batches)]
        return [
            uplink for message in messages for uplink in msgspec.json.decode(message.data, type=UplinkBatch).uplinks
        ]
    finally:
        await client.close()


@pytest.fixture
def gateway_at():
    opened = []

    def opening(number: int, port: int) -> FakeGateway:
        opened.append(FakeGateway(number, port))
        return opened[-1]

    yield opening
    for gateway in opened:
        gateway.close()


@pytest.fixture
async def empty_stream(nats_server):
    client = await nats.connect(nats_server.url)
    try:
        stream = client.jetstream()
        for name in [info.config.name for info in await stream.streams_info()]:
            await stream.delete_stream(name)
    finally:
        await client.close()


async def test_no_kill_lets_a_frame_be_accepted_twice_or_a_downlink_counter_be_used_twice(
    server_process, lorawan_conninfo, nats_server, empty_stream, gateway_at
):
    chance = random.Random(SEED)
    devices = [FakeDevice(number) for number in range(1, 41)]
    gateways = [gateway_at(number, server_process.port) for number in (1, 2)]
    register(lorawan_conninfo, devices, [gateway.eui for gateway in gateways])

    for _ in range(4):
        server_process.start()
        for gateway in gateways:
            until_it_answers(server_process, gateway)
        end_s = time.monotonic() + chance.uniform(0.3, 1.0)
        while time.monotonic() < end_s:
            send_a_burst(chance, devices, gateways)
        server_process.kill()

    server_process.start()
    for gateway in gateways:
        until_it_answers(server_process, gateway)
    for device in devices:  # everything that was ever sent, once more, and one new frame each
        gateways[0].push(*device.sent)
        gateways[0].push(device.uplink(confirmed=True))
    last = {(device.dev_addr, device.f_cnt) for device in devices}

    def all_heard() -> bool:
        gateways[0].listen()
        return last <= {found[:2] for found in accepted(lorawan_conninfo)}

    wait_until(all_heard, 10)
    assert server_process.stop() == 0, server_process.log.read_text()
    gateways[0].listen()
    gateways[1].listen()

    frames = accepted(lorawan_conninfo)
    assert len(frames) > 10 * len(devices)
    assert len({found[:2] for found in frames}) == len(frames), "a frame was accepted twice"

    sent = [(frame.dev_addr, frame.f_cnt_16) for frame in downlinks(gateways)]
    assert len(sent) > len(devices)
    assert len(set(sent)) == len(sent), "a downlink counter was used twice"
    reserved = dict(rows(lorawan_conninfo, "SELECT dev_addr, f_cnt_down FROM lorawan_session"))
    assert all(f_cnt < reserved[dev_addr] for dev_addr, f_cnt in sent)

    frame_of = defaultdict(set)
    for uplink in await published(nats_server.url):
        frame_of[uplink.dev_eui, uplink.f_cnt].add(uplink.frame_id)
    assert all(len(ids) == 1 for ids in frame_of.values()), "two frames were published for one counter"
    assert {frame_id for ids in frame_of.values() for frame_id in ids} == {found[2] for found in frames}


def send_a_burst(chance: random.Random, devices: list[FakeDevice], gateways: list[FakeGateway]) -> None:
    """New frames by one or both gateways, and old ones again."""
    for device in chance.sample(devices, 10):
        fresh = device.uplink(confirmed=chance.random() < 0.5)
        for gateway in gateways[: chance.randint(1, 2)]:
            gateway.push(fresh)
        gateways[0].push(chance.choice(device.sent))
    for gateway in gateways:
        gateway.listen()
    time.sleep(0.01)  # the pace of the air, not a hope


async def test_a_device_joins_is_heard_commanded_and_obeys(
    server_process, lorawan_conninfo, nats_server, empty_stream, gateway_at
):
    """The whole way, over the air: OTAA, an uplink, a class A downlink by the codec, its acknowledgement, a replay."""
    device, gateway = FakeDevice(1, model_key="mclimate-vicki"), gateway_at(1, server_process.port)
    server_process.start()
    until_it_answers_after_registration(server_process, lorawan_conninfo, device, gateway)

    gateway.push(device.join_request(1))
    accept = open_join_accept(parse_frame(next_downlink(gateway)), device.app_key)
    keys = derive_session_keys(device.app_key, accept.join_nonce, accept.net_id, 1)
    crypto = SessionCrypto(*keys)
    gateway.push(device.join_request(1))  # a replay

    queue(lorawan_conninfo, device, {"setTargetTemperature": 19}, confirmed=True)
    gateway.push(build_data_uplink(crypto, DataContent(accept.dev_addr, 0, 2, VICKI_REPORT)))
    frame = parse_frame(next_downlink(gateway))
    assert crypto.signs_downlink(frame, 0)
    assert frame.confirmed
    gateway.push(build_data_uplink(crypto, DataContent(accept.dev_addr, 1, 2, VICKI_REPORT, ack=True)))

    def acknowledged() -> bool:
        return rows(lorawan_conninfo, "SELECT state, attempts FROM lorawan_downlink") == [("acknowledged", 1)]

    wait_until(acknowledged, 10)
    wait_until(lambda: ("join_replayed", device.dev_eui) in refusals(lorawan_conninfo), 10)
    heard = rows(lorawan_conninfo, "SELECT decoded FROM lorawan_frame WHERE direction = 'up' ORDER BY id")
    assert len(heard) == 2
    assert all("error" not in decoded for (decoded,) in heard)
    assert server_process.stop() == 0
    assert all(uplink.measures for uplink in await published(nats_server.url))


async def test_a_relay_of_class_c_is_reached_without_waiting_for_it(
    server_process, lorawan_conninfo, nats_server, gateway_at
):
    device, gateway = FakeDevice(1, model_key="dragino-lt22222l"), gateway_at(1, server_process.port)
    register(lorawan_conninfo, [device], [gateway.eui])
    server_process.start()
    until_it_answers(server_process, gateway)
    gateway.push(device.uplink())
    wait_until(lambda: len(accepted(lorawan_conninfo)) == 1, 10)
    queue(lorawan_conninfo, device, None, payload=b"\x02\x01\x11", f_port=2)
    next_downlink(gateway)
    assert isinstance(gateway.pull_responses[-1].packet.schedule, Immediately)
    queue(lorawan_conninfo, device, {"nonsense": True})
    wait_until(lambda: len(rows(lorawan_conninfo, "SELECT 1 FROM lorawan_downlink WHERE state = 'failed'")) == 1, 10)
    ((cause, detail),) = rows(lorawan_conninfo, "SELECT cause, detail FROM lorawan_downlink WHERE state = 'failed'")
    assert cause.startswith("codec_")
    assert detail


def test_a_second_process_is_refused_with_a_clear_sentence(server_process, lorawan_conninfo, nats_server, tmp_path):
    server_process.start()
    wait_until(lambda: b"listening" in server_process.log.read_bytes(), 60)
    second = ServerProcess(tmp_path / "second", lorawan_conninfo, nats_server.url)
    second.log.parent.mkdir()
    second.start()
    assert second.wait() != 0
    assert "lorawan.shard-owned" in second.log.read_text()
    assert server_process.is_running()


def next_downlink(gateway: FakeGateway) -> bytes:
    before = len(gateway.pull_responses)

    def came() -> bool:
        gateway.listen()
        return len(gateway.pull_responses) > before

    wait_until(came, 10)
    return gateway.pull_responses[-1].packet.phy_payload


def until_it_answers_after_registration(server, conninfo: str, device: FakeDevice, gateway: FakeGateway) -> None:
    """Registered while the server runs: it learns of it by an announcement."""
    wait_until(lambda: b"listening" in server.log.read_bytes(), 60)
    register(conninfo, [device], [gateway.eui], joined=False)
    with psycopg.connect(conninfo) as connection:
        connection.execute("SELECT pg_notify(%s, %s)", (NOTIFY_REGISTRY, "gateways"))
        connection.execute("SELECT pg_notify(%s, %s)", (NOTIFY_REGISTRY, device.dev_eui))
    until_it_answers(server, gateway)


def queue(conninfo: str, device: FakeDevice, data: dict | None, *, payload=None, f_port=None, confirmed=False) -> None:
    """A row of the queue and its announcement, in one transaction."""
    now = datetime.now(UTC)
    with psycopg.connect(conninfo) as connection:
        connection.execute(
            "INSERT INTO lorawan_downlink (id, device_id, reference, data, f_port, payload, confirmed, state, cause,"
            " detail, created_at, expires_at, attempts, gateway_eui)"
            " VALUES (%s, %s, 'command', %s, %s, %s, %s, 'queued', '', '', %s, %s, 0, '')",
            (
                uuid.uuid4(),
                device.dev_eui,
                None if data is None else Jsonb(data),
                f_port,
                payload,
                confirmed,
                now,
                now + timedelta(hours=1),
            ),
        )
        connection.execute("SELECT pg_notify(%s, %s)", (NOTIFY_DOWNLINK, device.dev_eui))


def refusals(conninfo: str) -> set[tuple]:
    return set(rows(conninfo, "SELECT cause, subject FROM lorawan_refusal"))

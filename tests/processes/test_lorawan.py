"""The network server as a real process: real datagrams, real database, real bus, real kills."""

import random
import time
from collections import defaultdict

import msgspec
import nats
import psycopg
import pytest
from tests.fixtures.programs import wait_until
from tests.lorawan.radio_side import FakeDevice, FakeGateway, downlinks, register

from maillage.lorawan.events import UPLINKS, Uplink, UplinkBatch

pytestmark = pytest.mark.system
SEED = 1700


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

    wait_until(answers, 20)


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
async def empty_stream(nats_server):
    client = await nats.connect(nats_server.url)
    try:
        stream = client.jetstream()
        for name in [info.config.name for info in await stream.streams_info()]:
            await stream.delete_stream(name)
    finally:
        await client.close()


async def test_no_kill_lets_a_frame_be_accepted_twice_or_a_downlink_counter_be_used_twice(
    server_process, lorawan_conninfo, nats_server, empty_stream
):
    chance = random.Random(SEED)
    devices = [FakeDevice(number) for number in range(1, 41)]
    gateways = [FakeGateway(number, server_process.port) for number in (1, 2)]
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
    for gateway in gateways:
        gateway.close()


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

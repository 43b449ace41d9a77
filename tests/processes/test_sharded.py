"""The network server as several processes: gateways here, shards there, and nothing lost when one of them dies."""

import random
import signal
import time
from collections import Counter

import nats
import pytest
from tests.fixtures.programs import serving, short_folder, wait_until
from tests.fixtures.server_process import ServerProcess
from tests.lorawan.radio_side import FakeDevice, FakeGateway, downlinks, register
from tests.processes.test_lorawan import accepted, next_downlink, queue, rows, until_it_answers

from maillage.config.data_folder import DataFolder
from maillage.lorawan.protocol.build import DataContent, build_data_uplink, open_join_accept
from maillage.lorawan.protocol.crypto import SessionCrypto, derive_session_keys
from maillage.lorawan.protocol.parse import parse_frame
from maillage.processes.nats import embedded_server

pytestmark = pytest.mark.system
SHARDS = 4
SEED = 868
MOVED_WITHIN_S = 10.0


class Network:
    """One process for the gateways, two for the shards."""

    def __init__(self, folder, conninfo: str, nats_url: str) -> None:
        self.conninfo = conninfo
        self.edge = self._process(folder / "edge", nats_url, "lorawan-gateways")
        self.servers = [self._process(folder / name, nats_url, "lorawan-server") for name in ("one", "two")]
        self.gateway = FakeGateway(1, self.edge.port)

    def start(self) -> None:
        for process in (*self.servers, self.edge):
            process.start()
        until_it_answers(self.edge, self.gateway)
        wait_until(lambda: self.logs().count(" devices") == SHARDS, 60)

    def close(self) -> None:
        self.gateway.close()
        for process in (self.edge, *self.servers):
            if process.is_running():
                process.kill()

    def shards_held(self) -> int:
        query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s"
        return rows(self.conninfo, query, 0x4C6F5261)[0][0]

    def logs(self) -> str:
        return "\n".join(process.log.read_text() for process in (self.edge, *self.servers))

    def _process(self, folder, nats_url: str, name: str) -> ServerProcess:
        folder.mkdir()
        return ServerProcess(folder, self.conninfo, nats_url, name, SHARDS)


@pytest.fixture
def network(tmp_path, lorawan_conninfo, nats_server):
    opened = Network(tmp_path, lorawan_conninfo, nats_server.url)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
async def nothing_waits_on_the_bus(nats_server):
    client = await nats.connect(nats_server.url)
    try:
        stream = client.jetstream()
        for name in [info.config.name for info in await stream.streams_info()]:
            await stream.delete_stream(name)
    finally:
        await client.close()


def all_accepted(network: Network, devices: list[FakeDevice]) -> bool:
    """Every frame that a device ever sent is in the log."""
    network.gateway.pull()
    network.gateway.listen()
    heard = Counter(dev_addr for dev_addr, _, _ in accepted(network.conninfo))
    return all(heard[device.dev_addr] == device.f_cnt + 1 for device in devices)


def test_a_device_joins_is_heard_and_commanded_across_processes(network):
    """RX1 opens one second after the uplink: the order crosses two processes in time."""
    device, gateway = FakeDevice(1, model_key="mclimate-vicki"), network.gateway
    register(network.conninfo, [device], [gateway.eui], joined=False)
    network.start()

    gateway.push(device.join_request(1))
    accept = open_join_accept(parse_frame(next_downlink(gateway)), device.app_key)
    crypto = SessionCrypto(*derive_session_keys(device.app_key, accept.join_nonce, accept.net_id, 1))
    queue(network.conninfo, device, {"setTargetTemperature": 19}, confirmed=True)
    gateway.push(build_data_uplink(crypto, DataContent(accept.dev_addr, 0, 2, bytes.fromhex("01130a4b7f0008a0e0"))))
    frame = parse_frame(next_downlink(gateway))

    assert crypto.signs_downlink(frame, 0)
    gateway.push(build_data_uplink(crypto, DataContent(accept.dev_addr, 1, 2, b"\x01", ack=True)))
    state = "SELECT state, attempts FROM lorawan_downlink"
    wait_until(lambda: rows(network.conninfo, state) == [("acknowledged", 1)], 10)


def test_killing_a_server_moves_its_shards_and_loses_no_frame_and_repeats_no_counter(network):
    chance = random.Random(SEED)
    devices = [FakeDevice(number) for number in range(1, 41)]
    register(network.conninfo, devices, [network.gateway.eui])
    network.start()

    def burst() -> None:
        for device in chance.sample(devices, 10):
            network.gateway.push(device.uplink(confirmed=True))
        network.gateway.listen()
        time.sleep(0.02)  # the pace of the air, not a hope

    for _ in range(20):
        burst()
    network.servers[0].kill()
    killed_s = time.monotonic()
    for _ in range(20):
        burst()
    wait_until(lambda: network.shards_held() == SHARDS, MOVED_WITHIN_S)
    wait_until(lambda: all_accepted(network, devices), 60)
    moved_s = time.monotonic() - killed_s

    assert moved_s < MOVED_WITHIN_S, network.logs()
    frames = accepted(network.conninfo)
    assert len({found[:2] for found in frames}) == len(frames), "a frame was accepted twice"
    sent = [(frame.dev_addr, frame.f_cnt_16) for frame in downlinks([network.gateway])]
    assert sent
    assert len(set(sent)) == len(sent), "a downlink counter was used twice"
    assert network.servers[1].stop() == 0, network.logs()
    assert network.edge.stop() == 0, network.logs()


def test_a_server_that_stands_still_loses_its_shards_to_another(network):
    device = FakeDevice(1)
    register(network.conninfo, [device], [network.gateway.eui])
    network.start()
    stopped, other = network.servers
    stopped.send(signal.SIGSTOP)

    try:
        wait_until(lambda: other.log.read_text().count("devices") == SHARDS, 2 * MOVED_WITHIN_S)
    finally:
        stopped.send(signal.SIGCONT)
    network.gateway.push(device.uplink())
    wait_until(lambda: all_accepted(network, [device]), 10)
    wait_until(lambda: "is let go" in stopped.log.read_text(), 60)


def test_while_the_bus_is_away_what_is_heard_waits_on_disk(tmp_path, lorawan_conninfo):
    devices = [FakeDevice(number) for number in range(1, 9)]
    with short_folder() as folder:
        bus = embedded_server(DataFolder(folder))
        bus.create()
        running = lambda: serving(bus.argv(), folder / "nats.log", bus.is_ready, signal.SIGTERM)  # noqa: E731
        network = Network(tmp_path, lorawan_conninfo, bus.url)
        register(lorawan_conninfo, devices, [network.gateway.eui])
        try:
            with running():
                network.start()
                network.gateway.push(*(device.uplink() for device in devices))
                wait_until(lambda: all_accepted(network, devices), 10)
            for _ in range(5):
                network.gateway.push(*(device.uplink() for device in devices))
                until_it_answers(network.edge, network.gateway)
            assert len(accepted(lorawan_conninfo)) == len(devices)
            with running():
                wait_until(lambda: all_accepted(network, devices), 30)
        finally:
            network.close()

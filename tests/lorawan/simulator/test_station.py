"""Simulated gateways that speak Basics Station, against the real station server with a handler of the tests' own."""

import asyncio
from datetime import UTC, datetime

import pytest
from tests.lorawan.simulator.network import Network
from tests.lorawan.simulator.test_run import FLEET, KEY

from maillage.kernel import clock
from maillage.kernel.errors import Invalid
from maillage.lorawan.gateways.basics_station.downlinks import in_rx1
from maillage.lorawan.gateways.basics_station.server import StationServer
from maillage.lorawan.regions.eu863_870 import EU863_870
from maillage.lorawan.simulator.flash import Flash
from maillage.lorawan.simulator.run import Runner, Server
from maillage.lorawan.simulator.station import read_access
from maillage.lorawan.simulator.town import Options, Town


class NetworkOverStations:
    """Answers joins in their first window; keeps what the stations say."""

    def __init__(self, server: StationServer) -> None:
        self.network = Network({bytes.fromhex("70b3d57ed0000001"): bytes.fromhex(KEY)})
        self.server = server
        self.seen_by, self.reported, self.silent, self.malformed = set(), [], [], []
        self.uplink = asyncio.Event()

    def admit(self, eui, peer, address, at):
        return ""

    def seen(self, eui, at):
        self.seen_by.add(eui)

    def heard(self, eui, packet, at, now_s):
        answer = self.network.take(packet)
        if answer is not None:
            rate = EU863_870.data_rate_index(answer.data_rate)
            order = in_rx1(len(self.reported), answer.phy_payload, rate, answer.frequency_hz, 5, packet.context)
            assert self.server.transmit(eui, order, 8.0)
        if self.network.received:
            self.uplink.set()

    def transmitted(self, eui, token, at, now_s):
        self.reported.append(token)

    def unreported(self, eui, token, at, now_s):
        self.silent.append(token)

    def refused(self, eui, address, text, at):
        self.malformed.append(text)


async def test_a_device_joins_and_reports_through_simulated_stations(tmp_path):
    server = StationServer(EU863_870, clock.now, clock.monotonic_s)
    network = NetworkOverStations(server)
    port = await server.start(network, "127.0.0.1", 0, None)
    flash = Flash(tmp_path / "flash.jsonl")
    town = Town(FLEET, flash, Options(), clock.monotonic_s() + 3, datetime(2025, 1, 15, tzinfo=UTC))
    runner = Runner(town, Server("127.0.0.1", 9, stations=2, station_port=port))
    await runner.start()
    try:
        async with asyncio.timeout(25):
            await network.uplink.wait()
    finally:
        await runner.stop()
        await server.close()
        flash.close()
    assert network.network.received[0][2] is not None
    assert network.seen_by == {gateway.eui for gateway in town.gateways}
    assert network.reported
    assert not network.malformed
    assert town.tally.joined == 1


def test_a_folder_whose_files_cannot_be_used_is_named(tmp_path):
    (tmp_path / "tc.uri").write_text("wss://lns:3001")
    with pytest.raises(Invalid) as refusal:
        read_access(tmp_path)
    assert refusal.value.facts["folder"] == str(tmp_path)


def test_without_tls_only_the_address_is_needed(tmp_path):
    (tmp_path / "tc.uri").write_text("ws://lns:3003\n")
    assert read_access(tmp_path).uri == "ws://lns:3003"

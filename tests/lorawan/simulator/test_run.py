"""The runner over real UDP sockets on this machine, against a server made of the pure protocol."""

import asyncio
from datetime import UTC, datetime

from tests.lorawan.simulator.network import Network

from maillage.kernel import clock
from maillage.lorawan.gateways.semtech_udp.protocol import decode, encode_pull_ack, encode_pull_resp, encode_push_ack
from maillage.lorawan.gateways.semtech_udp.values import PullAck, PullData, PullResp, PushAck, PushData, TxAck
from maillage.lorawan.simulator.flash import Flash
from maillage.lorawan.simulator.fleet import DeviceEntry, Fleet, GatewayEntry
from maillage.lorawan.simulator.run import Runner, Server
from maillage.lorawan.simulator.town import Options, Town

KEY = "2b7e151628aed2a6abf7158809cf4f3c"
FLEET = Fleet(
    7,
    [GatewayEntry(f"24e124fffe00000{n}", f"mairie {n}", 2.4430 + n / 1000, 48.6243) for n in (1, 2)],
    [],
    [
        DeviceEntry(
            "70b3d57ed0000001", "70b3d57ed0000000", KEY, "dragino-lt22222l", 2.4422, 48.6243, 600.0, confirmed=False
        )
    ],
)


class NetworkOverUdp(asyncio.DatagramProtocol):
    def __init__(self):
        self.network = Network({bytes.fromhex("70b3d57ed0000001"): bytes.fromhex(KEY)})
        self.pulls, self.tx_acks, self.seen = {}, [], set()
        self.uplink = asyncio.Event()

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        message = decode(data)
        if isinstance(message, PullData):
            self.pulls[message.gateway_eui] = addr
            self.transport.sendto(encode_pull_ack(PullAck(message.token)), addr)
        elif isinstance(message, PushData):
            self.transport.sendto(encode_push_ack(PushAck(message.token)), addr)
            for packet in message.packets:
                self.take(message.gateway_eui, packet)
        elif isinstance(message, TxAck):
            self.tx_acks.append(message)

    def take(self, eui, packet):
        if packet.phy_payload in self.seen:
            return
        self.seen.add(packet.phy_payload)
        answer = self.network.take(packet)
        if answer is not None:
            self.transport.sendto(encode_pull_resp(PullResp(77, answer)), self.pulls[eui])
        else:
            self.uplink.set()


async def test_a_device_joins_and_reports_over_real_sockets(tmp_path):
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(NetworkOverUdp, local_addr=("127.0.0.1", 0))
    flash = Flash(tmp_path / "flash.jsonl")
    town = Town(FLEET, flash, Options(), clock.monotonic_s(), datetime(2025, 1, 15, tzinfo=UTC))
    runner = Runner(town, Server("127.0.0.1", transport.get_extra_info("sockname")[1]))
    await runner.start()
    try:
        await asyncio.wait_for(server.uplink.wait(), 20)
    finally:
        await runner.stop()
        flash.close()
        transport.close()
        await asyncio.sleep(0)
    assert len(server.pulls) == 2
    assert [(ack.token, ack.accepted) for ack in server.tx_acks] == [(77, True)]
    assert server.network.received[0][1:3] == (0, 2)
    assert any(gateway.counts.acknowledged for gateway in town.gateways)


async def test_without_a_server_the_simulator_goes_on(tmp_path):
    flash = Flash(tmp_path / "flash.jsonl")
    town = Town(FLEET, flash, Options(), clock.monotonic_s(), datetime(2025, 1, 15, tzinfo=UTC))
    runner = Runner(town, Server("127.0.0.1", 9))
    await runner.start()
    async with asyncio.timeout(10):
        while not any(uplink.unreachable for uplink in runner.uplinks):  # noqa: ASYNC110 - the kernel tells when it likes
            await asyncio.sleep(0.02)
    await runner.stop()
    flash.close()

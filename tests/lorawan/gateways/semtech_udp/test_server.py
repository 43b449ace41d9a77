"""The socket itself, over the loopback."""

import asyncio
import socket
from datetime import UTC, datetime

import pytest
from tests.lorawan.radio_side import SF7, FakeGateway

from maillage.kernel.errors import Unavailable
from maillage.lorawan.gateways.semtech_udp.protocol import decode, encode_push_data
from maillage.lorawan.gateways.semtech_udp.server import SemtechUdpServer
from maillage.lorawan.gateways.semtech_udp.values import Immediately, PushAck, PushData, TxPacket

PACKET = TxPacket(Immediately(), 869_525_000, 14, SF7, b"\x60\x01")


class Desk:
    """Knows one gateway and keeps what it is told."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.refusals: list[tuple] = []
        self.reports: list[str] = []
        self.pulls = 0

    def knows(self, gateway_eui):
        return gateway_eui == (0xAA555A0000000001).to_bytes(8, "big")

    def pushed(self, message, _at, _now_s):
        self.frames += [packet.phy_payload for packet in message.packets]

    def pulled(self, _gateway_eui, _at):
        self.pulls += 1

    def transmitted(self, message, _at, _now_s):
        self.reports.append(message.status)

    def refused(self, gateway_eui, peer, _datagram, _at):
        self.refusals.append((gateway_eui, peer))

    def batch_ended(self):
        return


@pytest.fixture
async def served():
    desk, server = Desk(), SemtechUdpServer(lambda: datetime(2026, 3, 1, tzinfo=UTC), lambda: 0.0)
    port = server.start(desk, "127.0.0.1", 0)
    gateways = [FakeGateway(number, port) for number in (1, 2)]
    yield desk, server, gateways
    for gateway in gateways:
        gateway.close()
    server.close()


async def until(holds) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - what is waited for happens on a socket
            await asyncio.sleep(0.001)


async def test_a_burst_is_drained_whole(served):
    desk, _, (gateway, _) = served
    for number in range(600):
        gateway.push(number.to_bytes(20, "big"))
    await until(lambda: len(desk.frames) == 600)


async def test_push_data_is_acknowledged_with_its_token(served):
    _, server, _ = served
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.setblocking(False)
        port = server._socket.getsockname()[1]
        message = PushData(0x1234, (0xAA555A0000000001).to_bytes(8, "big"))
        peer.sendto(encode_push_data(message), ("127.0.0.1", port))
        async with asyncio.timeout(5):
            answer = await asyncio.get_running_loop().sock_recv(peer, 100)
    assert decode(answer) == PushAck(0x1234)


async def test_a_downlink_takes_the_path_of_the_last_pull_and_its_fate_comes_back(served):
    desk, server, (gateway, _) = served
    assert not server.transmit(gateway.eui, 7, PACKET, 0.0), "no path yet"
    gateway.pull()
    await until(lambda: desk.pulls)
    assert server.transmit(gateway.eui, 7, PACKET, 1.0)

    def reported() -> bool:
        gateway.listen()
        return bool(desk.reports)

    await until(reported)
    assert gateway.pull_responses[0].packet == PACKET
    assert not server.transmit(gateway.eui, 8, PACKET, 500.0), "a path not renewed is closed"


async def test_a_stranger_is_refused_without_an_answer(served):
    desk, _, (_, stranger) = served
    stranger.pull()
    stranger.push(bytes(20))
    await until(lambda: len(desk.refusals) == 2)
    stranger.listen()
    assert desk.refusals == [(stranger.eui, "127.0.0.1")] * 2
    assert (stranger.pull_acks, desk.frames) == (0, [])


async def test_rubbish_is_refused_and_the_next_datagram_is_taken(served):
    desk, _, (gateway, _) = served
    gateway._socket.send(b"\x02\x00\x00\x00" + gateway.eui + b"{not json")
    gateway._socket.send(b"x")
    gateway.push(bytes(20))
    await until(lambda: desk.frames)
    assert desk.refusals == [(None, "127.0.0.1")] * 2


async def test_a_port_that_is_taken_is_a_clear_refusal(served):
    _, server, _ = served
    port = server._socket.getsockname()[1]
    second = SemtechUdpServer(lambda: datetime(2026, 3, 1, tzinfo=UTC), lambda: 0.0)
    with pytest.raises(Unavailable, match="port-taken"):
        second.start(Desk(), "127.0.0.1", port)

"""Plays a fleet against a real server: one UDP socket or station a gateway, one timer for everything that happens."""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import cast

from maillage.kernel import clock
from maillage.lorawan.gateways.semtech_udp.errors import DatagramError
from maillage.lorawan.gateways.semtech_udp.protocol import (
    decode,
    encode_pull_data,
    encode_push_data,
    encode_tx_ack,
)
from maillage.lorawan.gateways.semtech_udp.values import (
    PullData,
    PullResp,
    PushAck,
    PushData,
    RxPacket,
    TxAck,
    TxPacket,
    TxStatus,
)
from maillage.lorawan.simulator.flash import Flash
from maillage.lorawan.simulator.fleet import FOLDER, fleet_file, read_fleet, read_rooms, resumed, write_rooms
from maillage.lorawan.simulator.gateway import SimulatedGateway
from maillage.lorawan.simulator.station import Access, StationLink, read_access
from maillage.lorawan.simulator.town import Options, Tally, Town

_PULL_EVERY_S = 5.0
_STAT_EVERY_S = 30.0
_KEEP_ROOMS_EVERY_S = 60.0
_IDLE_S = 1.0
_STAT_TIME = "%Y-%m-%d %H:%M:%S GMT"
_TOKENS = 1 << 16

Transmit = Callable[[TxPacket], TxStatus]


@dataclass(frozen=True, slots=True)
class Server:
    """Where gateways send to. The first ``stations`` of them speak Basics Station.

    Without TLS on ``station_port``, unless ``credentials`` has a folder with their EUI: then as its files say.
    """

    host: str
    port: int
    stations: int = 0
    station_port: int = 0
    credentials: Path | None = None


class Uplink(asyncio.DatagramProtocol):
    """A gateway's connection with the server."""

    def __init__(self, gateway: SimulatedGateway, transmit: Transmit) -> None:
        self.refused_datagrams = 0
        self.unreachable = 0
        self._gateway = gateway
        self._transmit = transmit
        self._token = 0
        self._transport: asyncio.DatagramTransport | None = None
        self._closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Python 3.11's own datagram transport does not inherit from DatagramTransport.
        self._transport = cast("asyncio.DatagramTransport", transport)
        self.pull()

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:  # noqa: ARG002 - connected
        try:
            message = decode(data)
        except DatagramError:
            self.refused_datagrams += 1
            return
        if isinstance(message, PullResp):
            status = self._transmit(message.packet)
            self._send(encode_tx_ack(TxAck(message.token, self._gateway.eui, status)))
        elif isinstance(message, PushAck):
            self._gateway.counts.acknowledged += 1

    def error_received(self, exc: Exception) -> None:  # noqa: ARG002 - the server is not up (yet)
        self.unreachable += 1

    def pull(self) -> None:
        """Keep the way back open."""
        self._send(encode_pull_data(PullData(self._next_token(), self._gateway.eui)))

    def push(self, packets: tuple[RxPacket, ...]) -> None:
        self._push(PushData(self._next_token(), self._gateway.eui, packets))

    def report(self) -> None:
        stat = self._gateway.stat(clock.now().strftime(_STAT_TIME))
        self._push(PushData(self._next_token(), self._gateway.eui, stat=stat))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._closed.set()

    async def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
            await self._closed.wait()

    def _push(self, message: PushData) -> None:
        self._gateway.counts.pushes += 1
        self._send(encode_push_data(message))

    def _send(self, datagram: bytes) -> None:
        if self._transport is not None:
            self._transport.sendto(datagram)

    def _next_token(self) -> int:
        self._token = (self._token + 1) % _TOKENS
        return self._token


class Runner:
    """The town in real time. ``start`` it, ``stop`` it."""

    def __init__(self, town: Town, server: Server) -> None:
        self._town = town
        self._server = server
        self.uplinks: list[Uplink | StationLink] = []
        self._timer: asyncio.TimerHandle | None = None
        self._periodic: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Open a socket a gateway and begin."""
        loop = asyncio.get_running_loop()
        remote = (self._server.host, self._server.port)
        for index, gateway in enumerate(self._town.gateways):
            if index < self._server.stations:
                self._start_station(gateway, index)
                continue
            uplink = Uplink(gateway, self._transmitter(index))
            await loop.create_datagram_endpoint(lambda uplink=uplink: uplink, remote_addr=remote)  # type: ignore[misc]
            self.uplinks.append(uplink)
        self._periodic = [
            asyncio.create_task(_spread(_PULL_EVERY_S, [uplink.pull for uplink in self.uplinks])),
            asyncio.create_task(_spread(_STAT_EVERY_S, [uplink.report for uplink in self.uplinks])),
        ]
        self._pump()

    def _start_station(self, gateway: SimulatedGateway, index: int) -> None:
        link = StationLink(gateway, self._transmitter(index), _access(self._server, gateway))
        link.start()
        self.uplinks.append(link)

    async def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for task in self._periodic:
            task.cancel()
        await asyncio.gather(*self._periodic, return_exceptions=True)
        for uplink in self.uplinks:
            await uplink.close()

    def _pump(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        now_s = clock.monotonic_s()
        next_s = self._town.advance(now_s)
        self._flush()
        wait_s = _IDLE_S if next_s is None else max(0.0, next_s - clock.monotonic_s())
        self._timer = asyncio.get_running_loop().call_later(wait_s, self._pump)

    def _flush(self) -> None:
        """One datagram a gateway with all that it heard since the last one."""
        heard = sorted(self._town.outbox, key=itemgetter(0))
        self._town.outbox.clear()
        for gateway, copies in groupby(heard, key=itemgetter(0)):
            self.uplinks[gateway].push(tuple(packet for _, packet in copies))

    def _transmitter(self, index: int) -> Transmit:
        def transmit(packet: TxPacket) -> TxStatus:
            status = self._town.transmit(index, packet, clock.monotonic_s())
            asyncio.get_running_loop().call_soon(self._pump)
            return status

        return transmit


def _access(server: Server, gateway: SimulatedGateway) -> Access:
    folder = server.credentials / gateway.eui.hex() if server.credentials is not None else None
    if folder is not None and folder.is_dir():
        return read_access(folder)
    return Access(f"ws://{server.host}:{server.station_port}")


async def _spread(period_s: float, acts: list[Callable[[], None]]) -> None:
    """Each act once a period, evenly spread over it."""
    while True:
        for act in acts:
            await asyncio.sleep(period_s / len(acts))
            act()


async def simulate(data_folder: Path, server: Server, options: Options, watch: Callable[[Tally], None]) -> None:
    """Play the fleet of a data folder until SIGTERM or SIGINT; ``watch`` is called every minute and at the end."""
    fleet = read_fleet(fleet_file(data_folder))
    rooms_file = data_folder / FOLDER / "rooms.json"
    flash = Flash(data_folder / FOLDER / "flash.jsonl")
    fleet = resumed(fleet, read_rooms(rooms_file))
    town = Town(fleet, flash, options, clock.monotonic_s(), clock.now())
    runner, stopped = Runner(town, server), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await runner.start()
    try:
        while not await _set_within(stopped, _KEEP_ROOMS_EVERY_S):
            write_rooms(rooms_file, town.rooms_at(clock.monotonic_s()))
            watch(town.tally)
    finally:
        await runner.stop()
        write_rooms(rooms_file, town.rooms_at(clock.monotonic_s()))
        flash.close()
        watch(town.tally)


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True

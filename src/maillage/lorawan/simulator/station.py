"""A simulated gateway that speaks LoRa Basics Station: discovery, its own 64-bit clock, downlinks at their time.

Like a real one it reads ``tc.uri`` and, for TLS, ``tc.trust``, ``tc.crt`` and ``tc.key`` from a folder.
"""

import asyncio
import logging
import random
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path

from msgspec import UNSET
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from maillage.kernel import clock
from maillage.kernel.errors import Invalid
from maillage.lorawan.gateways.basics_station.errors import StationError
from maillage.lorawan.gateways.basics_station.frames import message_of
from maillage.lorawan.gateways.basics_station.identity import id6
from maillage.lorawan.gateways.basics_station.messages import (
    Downlink,
    RouterConfig,
    RouterQuery,
    TimeSyncDown,
    TimeSyncUp,
    Transmitted,
    UpInfo,
    UpMessage,
    Version,
)
from maillage.lorawan.gateways.basics_station.protocol import read_down, read_router_info, write
from maillage.lorawan.gateways.semtech_udp.values import AtTmst, Immediately, RxPacket, Schedule, TxPacket, TxStatus
from maillage.lorawan.simulator.gateway import SimulatedGateway

log = logging.getLogger(__name__)
_SESSION_SHIFT = 48
_MASK_32 = 0xFFFF_FFFF
_RETRY_S = (0.5, 2.0)
_WITHIN_S = 10.0
_POWER_DBM = 16
_SECOND_US = 1_000_000

Transmit = Callable[[TxPacket], TxStatus]


@dataclass(frozen=True, slots=True)
class Access:
    """Where a station connects, and with what; ``tls`` None for ``ws``."""

    uri: str
    tls: ssl.SSLContext | None = None


def read_access(folder: Path) -> Access:
    """The credential files of a station's folder. ``Invalid`` says which one cannot be used."""
    try:
        uri = (folder / "tc.uri").read_text(encoding="ascii").strip()
        if not uri.startswith("wss:"):
            return Access(uri)
        tls = ssl.create_default_context(cafile=folder / "tc.trust")
        tls.load_cert_chain(folder / "tc.crt", folder / "tc.key")
    except (OSError, ValueError) as error:
        raise Invalid("simulator.bad_station", folder=str(folder), problem=str(error)) from error
    return Access(uri, tls)


class StationLink:
    """A gateway's connection with the server, made again whenever it breaks. ``start`` it, ``close`` it."""

    def __init__(self, gateway: SimulatedGateway, transmit: Transmit, access: Access) -> None:
        self.refused_messages = 0
        self.unreachable = 0
        self.config: RouterConfig | None = None
        self.time: TimeSyncDown | None = None
        self.connections = 0
        self._gateway = gateway
        self._transmit = transmit
        self._access = access
        self._session = random.randrange(1, 128) << _SESSION_SHIFT  # noqa: S311 - tells two starts apart
        self._socket: ClientConnection | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_up(self) -> bool:
        """Connected and configured."""
        return self._socket is not None and self.config is not None

    def start(self) -> None:
        self._spawn(self._run())

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def push(self, packets: tuple[RxPacket, ...]) -> None:
        """Forward what was heard; a station that is not connected has nowhere to keep it."""
        for packet in packets:
            data_rate = self._gateway.region.data_rate_index(packet.data_rate)
            if self.is_up and data_rate is not None:
                info = UpInfo(0, self._xtime(packet.tmst_us), 0, packet.rssi_dbm, packet.snr_db or 0.0)
                self._say(message_of(packet.phy_payload, data_rate, packet.frequency_hz, info))

    def pull(self) -> None:
        """The connection itself keeps the way back open."""

    def report(self) -> None:
        """The protocol knows no reports: its time is asked for instead, as a station with GPS does."""
        if self.is_up:
            self._say(TimeSyncUp(self._now_us()))

    async def _run(self) -> None:
        while True:
            try:
                await self._connect_once()
            except (OSError, TimeoutError, WebSocketException, StationError) as error:
                self.unreachable += 1
                log.debug("Station %s: %s", self._gateway.eui.hex(), error)
            finally:
                self._socket = self.config = None
            await asyncio.sleep(random.uniform(*_RETRY_S))  # noqa: S311 - so that not all come back at once

    async def _connect_once(self) -> None:
        uri = await self._discover()
        async with connect(uri, ssl=self._access.tls, compression=None, open_timeout=_WITHIN_S) as socket:
            version = Version("2.0.6(maillage)", model="simulated", features="prod")
            await socket.send(write(version), text=True)
            self._socket = socket
            async for text in socket:
                self._take(text if isinstance(text, bytes) else text.encode())

    async def _discover(self) -> str:
        address = f"{self._access.uri}/router-info"
        async with connect(address, ssl=self._access.tls, compression=None, open_timeout=_WITHIN_S) as socket:
            await socket.send(write(RouterQuery(id6(self._gateway.eui))), text=True)
            async with asyncio.timeout(_WITHIN_S):
                answer = read_router_info(await socket.recv(decode=False))
        if answer.error or not answer.uri:
            raise ConnectionRefusedError(answer.error)
        return answer.uri

    def _take(self, text: bytes) -> None:
        try:
            message = read_down(text)
            packets = self._packets(message) if isinstance(message, Downlink) else []
        except (StationError, ValueError):  # the latter: a pdu that is not hexadecimal
            self.refused_messages += 1
            return
        if isinstance(message, RouterConfig):
            self.config, self.connections = message, self.connections + 1
            self._say(TimeSyncUp(self._now_us()))
        elif isinstance(message, TimeSyncDown):
            self.time = message
        else:
            self._send_on_air(message, packets)

    def _send_on_air(self, order: Downlink, packets: list[TxPacket]) -> None:
        """The first window that is still possible; as the protocol has it, nothing is said when there is none."""
        for packet in packets:
            now_us = self._now_us()
            if self._transmit(packet) is TxStatus.NONE:
                schedule = packet.schedule
                ahead_us = (schedule.tmst_us - now_us) & _MASK_32 if isinstance(schedule, AtTmst) else 0
                self._spawn(self._tell(order, now_us + ahead_us, ahead_us / _SECOND_US))
                return

    def _packets(self, order: Downlink) -> list[TxPacket]:
        if order.xtime is UNSET or order.rx_delay_s is UNSET:
            return self._packet(Immediately(), order, order.rx2_data_rate, order.rx2_frequency_hz)
        if order.xtime >> _SESSION_SHIFT != self._session >> _SESSION_SHIFT:
            return []  # of before our last start
        at_us = order.xtime + max(order.rx_delay_s, 1) * _SECOND_US
        first, second = AtTmst(at_us & _MASK_32), AtTmst((at_us + _SECOND_US) & _MASK_32)
        return [
            *self._packet(first, order, order.rx1_data_rate, order.rx1_frequency_hz),
            *self._packet(second, order, order.rx2_data_rate, order.rx2_frequency_hz),
        ]

    def _packet(self, schedule: Schedule, order: Downlink, data_rate: object, frequency_hz: object) -> list[TxPacket]:
        if not isinstance(data_rate, int) or not isinstance(frequency_hz, int):
            return []
        rates = self._gateway.region.data_rates
        rate = rates[data_rate] if data_rate < len(rates) else None
        return [] if rate is None else [TxPacket(schedule, frequency_hz, _POWER_DBM, rate, bytes.fromhex(order.pdu))]

    async def _tell(self, order: Downlink, at_us: int, after_s: float) -> None:
        await asyncio.sleep(after_s)
        self._say(Transmitted(order.diid, order.dev_eui, 0, self._session | at_us, clock.now().timestamp()))

    def _say(self, message: UpMessage) -> None:
        if self._socket is not None:
            self._spawn(self._send(self._socket, write(message)))

    async def _send(self, socket: ClientConnection, text: bytes) -> None:
        try:
            await socket.send(text, text=True)
        except WebSocketException:
            self.unreachable += 1

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _now_us(self) -> int:
        return round((clock.monotonic_s() - self._gateway.boot_s) * _SECOND_US)

    def _xtime(self, tmst_us: int) -> int:
        """The full clock at a 32-bit instant of the last hour."""
        now_us = self._now_us()
        return self._session | (now_us - ((now_us - tmst_us) & _MASK_32))

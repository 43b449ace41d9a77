"""The WebSocket server that stations connect to (LNS). Everything else is the handler's."""

import asyncio
import contextlib
import logging
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from maillage.kernel.errors import Unavailable
from maillage.lorawan.gateways.basics_station.errors import StationError
from maillage.lorawan.gateways.basics_station.frames import rx_packet_of
from maillage.lorawan.gateways.basics_station.identity import id6, read_identity
from maillage.lorawan.gateways.basics_station.messages import (
    DataFrameUp,
    Downlink,
    DownMessage,
    JoinRequestUp,
    ProprietaryUp,
    RadioUp,
    RouterConfig,
    RouterInfo,
    TimeSyncDown,
    TimeSyncUp,
    Transmitted,
    UpMessage,
    Version,
)
from maillage.lorawan.gateways.basics_station.peer import Peer, peer_of
from maillage.lorawan.gateways.basics_station.protocol import (
    MESSAGE_MAX_BYTES,
    read_router_query,
    read_up,
    with_mux_time,
    write,
)
from maillage.lorawan.gateways.basics_station.router_config import router_config
from maillage.lorawan.gateways.basics_station.station_clock import StationClock
from maillage.lorawan.gateways.context import StationContext
from maillage.lorawan.gateways.semtech_udp.values import RxPacket
from maillage.lorawan.protocol.gps_time import to_gps
from maillage.lorawan.regions.region import Region

log = logging.getLogger(__name__)
DISCOVERY_PATH = "/router-info"
_LINK_PATH = re.compile(r"/gateway/([0-9a-f]{16})")
_MUXS = id6(bytes(8))
_FIRST_MESSAGE_S = 30.0
_PING_EVERY_S, _PONG_WITHIN_S = 30.0, 20.0
_MAX_PENDING = 64
_POLICY_VIOLATION = 1008
_MICROSECOND = timedelta(microseconds=1)


class StationHandler(Protocol):
    """What the server does with what stations say."""

    def admit(self, gateway_eui: bytes, peer: Peer | None, address: str, at: datetime) -> str:
        """Empty when the gateway may connect, else why not; asked again at each message."""

    def heard(self, gateway_eui: bytes, packet: RxPacket, at: datetime, now_s: float) -> None: ...

    def seen(self, gateway_eui: bytes, at: datetime) -> None: ...

    def answered(self, gateway_eui: bytes, round_trip_s: float) -> None:
        """A ping came back after so long."""

    def transmitted(self, gateway_eui: bytes, token: int, at: datetime, now_s: float) -> None: ...

    def unreported(self, gateway_eui: bytes, token: int, at: datetime, now_s: float) -> None:
        """The station never said that the frame went on the air."""

    def refused(self, gateway_eui: bytes | None, address: str, text: bytes, at: datetime) -> None:
        """A message that is none."""


@dataclass(slots=True, eq=False)
class _Link:
    """One connected station. ``pending`` are downlinks it has not reported yet."""

    eui: bytes
    peer: Peer | None
    socket: ServerConnection
    address: str
    pending: dict[int, asyncio.TimerHandle] = field(default_factory=dict)


class StationServer:
    """``now`` and ``monotonic_s`` are the clocks of the edge."""

    def __init__(self, region: Region, now: Callable[[], datetime], monotonic_s: Callable[[], float]) -> None:
        self._region = region
        self._now = now
        self._monotonic_s = monotonic_s
        self._handler: StationHandler | None = None
        self._config: RouterConfig | None = None
        self._servers: list[Server] = []
        self._links: dict[bytes, _Link] = {}
        self._clocks: dict[bytes, StationClock] = {}
        self._sending: set[asyncio.Task[None]] = set()

    async def start(self, handler: StationHandler, host: str, port: int, tls: ssl.SSLContext | None) -> int:
        """Listen, over TLS or not; may be called for several ports. Returns the port.

        Raises ``Unavailable`` when it is taken, ``StationError`` for a region whose plan no station can be told.
        """
        self._handler, self._config = handler, router_config(self._region)
        try:
            server = await serve(
                self._connected,
                host,
                port,
                ssl=tls,
                max_size=MESSAGE_MAX_BYTES,
                compression=None,
                ping_interval=None,
                server_header=None,
            )
        except OSError as error:
            raise Unavailable("lorawan.port-taken", port=port, reason=str(error.strerror)) from error
        self._servers.append(server)
        return int(next(iter(server.sockets)).getsockname()[1])

    async def close(self) -> None:
        servers, self._servers = self._servers, []
        for server in servers:
            server.close()
        for server in servers:
            await server.wait_closed()

    def is_linked(self, gateway_eui: bytes) -> bool:
        return gateway_eui in self._links

    def still_knows(self, gateway_eui: bytes, context: StationContext) -> bool:
        """Whether the station is linked and its clock is the one of that uplink."""
        return self.is_linked(gateway_eui) and self._clocks[gateway_eui].epoch == context.epoch

    def transmit(self, gateway_eui: bytes, message: Downlink, report_within_s: float) -> bool:
        """Hand a downlink over; its ``diid`` comes back by ``transmitted`` or ``unreported``. False: no way to it."""
        link = self._links.get(gateway_eui)
        if link is None or len(link.pending) >= _MAX_PENDING:
            return False
        later = asyncio.get_running_loop().call_later(report_within_s, self._give_up, link, message.diid)
        link.pending[message.diid] = later
        task = asyncio.create_task(self._send(link.socket, message))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
        return True

    async def _connected(self, socket: ServerConnection) -> None:
        path = socket.request.path if socket.request is not None else ""
        try:
            if path == DISCOVERY_PATH:
                await self._discover(socket)
            elif found := _LINK_PATH.fullmatch(path):
                await self._admit(socket, bytes.fromhex(found[1]))
            else:
                await socket.close(_POLICY_VIOLATION, "no such path")
        except (ConnectionClosed, TimeoutError) as error:
            log.debug("Station at %s: %s", _address(socket), error)

    async def _discover(self, socket: ServerConnection) -> None:
        async with asyncio.timeout(_FIRST_MESSAGE_S):
            text = await socket.recv(decode=False)
        try:
            eui = read_identity(read_router_query(text).router)
        except StationError as error:
            self._handler_now.refused(None, _address(socket), text, self._now())
            answer = RouterInfo("", error=str(error))
        else:
            answer = self._directions(socket, eui)
        await socket.send(write(answer), text=True)

    def _directions(self, socket: ServerConnection, eui: bytes) -> RouterInfo:
        """To where it came: the same host and port, its own path."""
        refusal = self._handler_now.admit(eui, peer_of(socket.transport), _address(socket), self._now())
        if refusal:
            return RouterInfo(id6(eui), error=refusal)
        scheme = "wss" if socket.transport.get_extra_info("ssl_object") is not None else "ws"
        host = socket.request.headers["Host"] if socket.request is not None else ""
        return RouterInfo(id6(eui), _MUXS, f"{scheme}://{host}/gateway/{eui.hex()}")

    async def _admit(self, socket: ServerConnection, eui: bytes) -> None:
        link = _Link(eui, peer_of(socket.transport), socket, _address(socket))
        if refusal := self._handler_now.admit(eui, link.peer, link.address, self._now()):
            await socket.close(_POLICY_VIOLATION, refusal)
            return
        async with asyncio.timeout(_FIRST_MESSAGE_S):
            text = await socket.recv(decode=False)
        if not isinstance(self._read(link, text), Version):
            await socket.close(_POLICY_VIOLATION, "version expected")
            return
        if self._config is not None:
            await self._send(socket, self._config)
        await self._serve(link)

    async def _serve(self, link: _Link) -> None:
        before = self._links.get(link.eui)
        self._links[link.eui] = link
        self._clocks.setdefault(link.eui, StationClock())
        log.info("Station %s has connected from %s", link.eui.hex(), link.address)
        if before is not None:  # it reconnects sooner than we notice that the old connection is dead
            await before.socket.close()
        pinging = asyncio.create_task(self._keep_alive(link))
        try:
            await self._listen(link)
        finally:
            pinging.cancel()
            self._forget(link)

    async def _listen(self, link: _Link) -> None:
        while True:
            text = await link.socket.recv(decode=False)
            at = self._now()
            if refusal := self._handler_now.admit(link.eui, link.peer, link.address, at):
                await link.socket.close(_POLICY_VIOLATION, refusal)
                return
            message = self._read(link, text)
            if message is not None:
                await self._take(link, message, text, at)

    async def _take(self, link: _Link, message: UpMessage, text: bytes, at: datetime) -> None:
        self._handler_now.seen(link.eui, at)
        if isinstance(message, JoinRequestUp | DataFrameUp | ProprietaryUp):
            self._hear(link, message, text, at)
        elif isinstance(message, Transmitted):
            self._report(link, message, at)
        elif isinstance(message, TimeSyncUp):
            gps_us = to_gps(at) // _MICROSECOND
            await self._send(link.socket, TimeSyncDown(gps_us, txtime=message.txtime))

    def _hear(self, link: _Link, message: RadioUp, text: bytes, at: datetime) -> None:
        now_s, clock = self._monotonic_s(), self._clocks[link.eui]
        if clock.heard(message.upinfo.xtime, now_s):
            log.warning("Station %s: its clock is another one since %s", link.eui.hex(), at)
        try:
            packet = rx_packet_of(message, self._region, clock.epoch)
        except StationError:
            self._handler_now.refused(link.eui, link.address, text, at)
        else:
            self._handler_now.heard(link.eui, packet, at, now_s)

    def _report(self, link: _Link, message: Transmitted, at: datetime) -> None:
        """One that came too late, or of another time, means nothing."""
        waiting = link.pending.pop(message.diid, None)
        if waiting is not None:
            waiting.cancel()
            self._handler_now.transmitted(link.eui, message.diid, at, self._monotonic_s())

    def _give_up(self, link: _Link, token: int) -> None:
        if link.pending.pop(token, None) is not None:
            self._handler_now.unreported(link.eui, token, self._now(), self._monotonic_s())

    def _forget(self, link: _Link) -> None:
        """What it had to send will never be reported."""
        if self._links.get(link.eui) is link:
            del self._links[link.eui]
            log.info("Station %s is gone", link.eui.hex())
        for token, waiting in list(link.pending.items()):
            waiting.cancel()
            self._give_up(link, token)

    def _read(self, link: _Link, text: bytes) -> UpMessage | None:
        try:
            return read_up(text)
        except StationError:
            self._handler_now.refused(link.eui, link.address, text, self._now())
            return None

    async def _keep_alive(self, link: _Link) -> None:
        """A station without traffic is seen all the same; one that does not answer any more is let go."""
        while True:
            at = self._now()
            try:
                async with asyncio.timeout(_PONG_WITHIN_S):
                    round_trip_s = await (await link.socket.ping())
            except (ConnectionClosed, TimeoutError):
                await link.socket.close()
                return
            if refusal := self._handler_now.admit(link.eui, link.peer, link.address, at):
                await link.socket.close(_POLICY_VIOLATION, refusal)
                return
            self._handler_now.seen(link.eui, at)
            self._handler_now.answered(link.eui, round_trip_s)
            await asyncio.sleep(_PING_EVERY_S)

    async def _send(self, socket: ServerConnection, message: DownMessage) -> None:
        with contextlib.suppress(ConnectionClosed):
            await socket.send(write(with_mux_time(message, self._now())), text=True)

    @property
    def _handler_now(self) -> StationHandler:
        if self._handler is None:
            raise RuntimeError("a station server that was not started")
        return self._handler


def _address(socket: ServerConnection) -> str:
    remote = socket.remote_address
    return str(remote[0]) if remote else ""

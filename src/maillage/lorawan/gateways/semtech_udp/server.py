"""The UDP socket gateways talk to: drained in batches, acknowledged at once. Everything else is the handler's."""

import asyncio
import logging
import socket
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from maillage.kernel.errors import Unavailable
from maillage.lorawan.gateways.semtech_udp.errors import DatagramError
from maillage.lorawan.gateways.semtech_udp.protocol import (
    decode,
    encode_pull_ack,
    encode_pull_resp,
    encode_push_ack,
)
from maillage.lorawan.gateways.semtech_udp.values import PullAck, PullData, PullResp, PushAck, PushData, TxAck, TxPacket

log = logging.getLogger(__name__)
Address = tuple[str, int]
_BATCH = 256
_DATAGRAM_MAX_BYTES = 65_535
_RECEIVE_BUFFER_BYTES = 16 * 1024 * 1024
# A gateway renews its path every 10 s or so (PULL_DATA); a path older than this is taken for closed.
_PATH_KEPT_S = 120.0


class PacketHandler(Protocol):
    """What the server does with what gateways say. Times are those of the batch of datagrams."""

    def knows(self, gateway_eui: bytes) -> bool:
        """Whether the gateway is registered. Unknown ones are not answered."""

    def pushed(self, message: PushData, at: datetime, now_s: float) -> None: ...

    def pulled(self, gateway_eui: bytes, at: datetime) -> None: ...

    def transmitted(self, message: TxAck, at: datetime, now_s: float) -> None: ...

    def refused(self, gateway_eui: bytes | None, peer: str, datagram: bytes, at: datetime) -> None:
        """A datagram that is malformed, or (``gateway_eui`` given) of an unknown gateway."""

    def batch_ended(self) -> None: ...


class SemtechUdpServer:
    """``now`` and ``monotonic_s`` are the clocks of the edge."""

    def __init__(self, now: Callable[[], datetime], monotonic_s: Callable[[], float]) -> None:
        self._now = now
        self._monotonic_s = monotonic_s
        self._handler: PacketHandler | None = None
        self._socket: socket.socket | None = None
        self._paths: dict[bytes, tuple[Address, float]] = {}

    def start(self, handler: PacketHandler, host: str, port: int) -> int:
        """Listen; returns the port (of use when 0 was asked). ``Unavailable`` when it is taken."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        udp = socket.socket(family, socket.SOCK_DGRAM)
        udp.setblocking(False)
        _enlarge_buffer(udp)
        try:
            udp.bind((host, port))
        except OSError as error:
            udp.close()
            raise Unavailable("lorawan.port-taken", port=port, reason=str(error.strerror)) from error
        self._socket, self._handler = udp, handler
        asyncio.get_running_loop().add_reader(udp, self._readable)
        return int(udp.getsockname()[1])

    def close(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def transmit(self, gateway_eui: bytes, token: int, packet: TxPacket, now_s: float) -> bool:
        """PULL_RESP by the path of the last PULL_DATA; False when there is none."""
        if not self.reaches(gateway_eui, now_s):
            return False
        address, _ = self._paths[gateway_eui]
        return self._send(encode_pull_resp(PullResp(token, packet)), address)

    def reaches(self, gateway_eui: bytes, now_s: float) -> bool:
        """Whether the gateway's last PULL_DATA has opened a path that is still young enough."""
        _, seen_s = self._paths.get(gateway_eui, (None, float("-inf")))
        return now_s - seen_s <= _PATH_KEPT_S

    def _readable(self) -> None:
        """Until the socket is empty, or long enough for the loop to look elsewhere."""
        udp, handler = self._socket, self._handler
        if udp is None or handler is None:
            return
        at, now_s = self._now(), self._monotonic_s()
        for _ in range(_BATCH):
            try:
                datagram, address = udp.recvfrom(_DATAGRAM_MAX_BYTES)
            except (BlockingIOError, InterruptedError):
                break
            except OSError as error:  # an ICMP answer to something sent earlier
                log.debug("UDP: %s", error)
                continue
            self._take(handler, datagram, address, at, now_s)
        handler.batch_ended()

    def _take(self, handler: PacketHandler, datagram: bytes, address: Address, at: datetime, now_s: float) -> None:
        try:
            message = decode(datagram)
        except DatagramError:
            handler.refused(None, address[0], datagram, at)
            return
        match message:
            case PushData() | PullData() | TxAck():
                if not handler.knows(message.gateway_eui):
                    handler.refused(message.gateway_eui, address[0], datagram, at)
                    return
                self._answer(handler, message, address, at, now_s)
            case _:
                handler.refused(None, address[0], datagram, at)

    def _answer(
        self, handler: PacketHandler, message: PushData | PullData | TxAck, address: Address, at: datetime, now_s: float
    ) -> None:
        if isinstance(message, PushData):
            self._send(encode_push_ack(PushAck(message.token, message.version)), address)
            handler.pushed(message, at, now_s)
        elif isinstance(message, PullData):
            self._paths[message.gateway_eui] = (address, now_s)
            self._send(encode_pull_ack(PullAck(message.token, message.version)), address)
            handler.pulled(message.gateway_eui, at)
        else:
            handler.transmitted(message, at, now_s)

    def _send(self, datagram: bytes, address: Address) -> bool:
        if self._socket is None:
            return False
        try:
            self._socket.sendto(datagram, address)
        except OSError as error:
            log.warning("UDP: nothing sent to %s: %s", address[0], error)
            return False
        return True


def _enlarge_buffer(udp: socket.socket) -> None:
    """What arrives while a commit or a garbage collection runs must wait, not be lost. More than allowed: the most."""
    try:
        udp.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_RCVBUFFORCE", 33), _RECEIVE_BUFFER_BYTES)
    except OSError:
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)

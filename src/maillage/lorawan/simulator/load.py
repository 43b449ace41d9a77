"""Many devices, many gateways, little else: uplinks by the thousand for measuring a server.

Sessions are activated beforehand from keys that follow from a seed, so that whoever measures can register the same
devices. Frames are genuine (counter, encryption, MIC); only the radio is left out. One process, one thread.
"""

import hashlib
import socket
import time
from array import array
from binascii import b2a_base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from struct import Struct
from typing import Self

from maillage.kernel import clock
from maillage.lorawan.gateways.semtech_udp.protocol import PULL_RESP, PUSH_ACK, PUSH_DATA, encode_pull_data
from maillage.lorawan.gateways.semtech_udp.values import PullData
from maillage.lorawan.protocol.build import DataContent, build_data_uplink
from maillage.lorawan.protocol.crypto import SessionCrypto
from maillage.lorawan.regions.eu863_870 import EU863_870

_HEAD = Struct(">BHB8s")
_ELSYS = Struct(">BhBBBHBBBH")
_ELSYS_PORT = 5
_RXPK = (
    b'{"tmst":%d,"freq":%s,"modu":"LORA","datr":"SF7BW125","codr":"4/5","rssi":%d,"lsnr":%.1f,'
    b'"size":%d,"stat":1,"chan":%d,"rfch":0,"data":"%s"}'
)
_FREQUENCIES = tuple(
    (index, f"{channel.frequency_hz / 1e6:.1f}".encode())
    for index, channel in enumerate(EU863_870.default_channels + EU863_870.extra_channels)
)
_COUNTER = 1 << 32
_TOKENS = 1 << 16
_DATAGRAM_MAX = 2048
_DEV_ADDR_BASE = 0x26000000
_RECEIVE_BUFFER = 1 << 20


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """``copies`` gateways hear each frame; gateways forward once a ``tick_s``, as packet forwarders poll."""

    devices: int = 20_000
    gateways: int = 30
    copies: int = 3
    tick_s: float = 0.01
    seed: int = 1


@dataclass(frozen=True, slots=True)
class LoadSession:
    """An activated device to be registered with the server before the load begins."""

    dev_eui: str
    app_key: bytes
    dev_addr: int
    nwk_s_key: bytes
    app_s_key: bytes


@dataclass(slots=True)
class Sent:
    """What left, and what came back. ``late_s`` is how far behind its pace the generator fell at worst."""

    uplinks: int = 0
    copies: int = 0
    datagrams: int = 0
    bytes: int = 0
    dropped: int = 0
    push_acks: int = 0
    downlinks: int = 0
    late_s: float = 0.0


def load_session(plan: LoadPlan, index: int) -> LoadSession:
    """Device ``index`` of a plan: the same for the same seed."""
    digest = hashlib.sha512(f"maillage-load/{plan.seed}/{index}".encode()).digest()
    return LoadSession(f"70b3d5fffe{index:06x}", digest[:16], _DEV_ADDR_BASE + index, digest[16:32], digest[32:48])


def load_sessions(plan: LoadPlan) -> Iterator[LoadSession]:
    """Every device of a plan, in order."""
    return (load_session(plan, index) for index in range(plan.devices))


def load_gateways(plan: LoadPlan) -> list[str]:
    """The EUIs of a plan's gateways."""
    return [f"24e124fffe{index:06x}" for index in range(plan.gateways)]


class LoadGenerator:
    """Uplinks of a plan to one server. Use as a context manager; sockets are opened at once.

    ``last_sent_s[i]`` is the monotonic second at which device ``i`` sent last, for measuring latency.
    """

    def __init__(self, plan: LoadPlan, host: str, port: int) -> None:
        self.plan = plan
        self.sent = Sent()
        self.f_cnt_up = array("L", bytes(8 * plan.devices))
        self.last_sent_s = array("d", bytes(8 * plan.devices))
        self._sessions = [_crypto(session) for session in load_sessions(plan)]
        self._euis = [bytes.fromhex(eui) for eui in load_gateways(plan)]
        self._sockets = [_connected(host, port) for _ in self._euis]
        self._waiting: list[list[bytes]] = [[] for _ in self._euis]
        self._next = 0
        self._token = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for one in self._sockets:
            one.close()

    def open_ways_back(self) -> None:
        """PULL_DATA from every gateway; send it again every few seconds during a long run."""
        for one, eui in zip(self._sockets, self._euis, strict=True):
            self._send(one, encode_pull_data(PullData(self._next_token(), eui)))

    def burst(self, count: int) -> None:
        """``count`` uplinks at once, each of the next device in turn, each heard by ``copies`` gateways."""
        now_s = clock.monotonic_s()
        for _ in range(count):
            self._uplink(self._next, now_s)
            self._next = (self._next + 1) % self.plan.devices
        self._flush()

    def run(self, uplinks_per_s: float, duration_s: float, between: Callable[[], None] | None = None) -> Sent:
        """A steady load, one burst a tick; ``between`` is called after each tick. Returns the running total."""
        started_s, done = clock.monotonic_s(), 0
        total = round(uplinks_per_s * duration_s)
        while done < total:
            elapsed_s = clock.monotonic_s() - started_s
            due = min(total, int(uplinks_per_s * (elapsed_s + self.plan.tick_s)))
            self.burst(due - done)
            done = due
            self.drain()
            if between is not None:
                between()
            spare_s = started_s + done / uplinks_per_s - clock.monotonic_s()
            self.sent.late_s = max(self.sent.late_s, -spare_s - self.plan.tick_s)
            if spare_s > 0:
                time.sleep(min(spare_s, self.plan.tick_s))
        return self.sent

    def drain(self) -> None:
        """Read and count what the server sent back."""
        for one in self._sockets:
            while (datagram := _received(one)) is not None:
                kind = datagram[3] if len(datagram) > 3 else -1  # noqa: PLR2004 - the type is the fourth byte
                self.sent.push_acks += kind == PUSH_ACK
                self.sent.downlinks += kind == PULL_RESP

    def _uplink(self, index: int, now_s: float) -> None:
        f_cnt = self.f_cnt_up[index]
        self.f_cnt_up[index] = f_cnt + 1
        self.last_sent_s[index] = now_s
        content = DataContent(_DEV_ADDR_BASE + index, f_cnt, _ELSYS_PORT, _room_report(index, f_cnt))
        phy = build_data_uplink(self._sessions[index], content)
        data, size = b2a_base64(phy, newline=False), len(phy)
        channel, megahertz = _FREQUENCIES[(index + f_cnt) % len(_FREQUENCIES)]
        tmst = int(now_s * 1e6) % _COUNTER
        first = index % self.plan.gateways
        for copy in range(self.plan.copies):
            rssi_dbm = -60 - 7 * copy - (index + f_cnt) % 11
            snr_db = 9.5 - 3 * copy
            text = _RXPK % (tmst, megahertz, rssi_dbm, snr_db, size, channel, data)
            self._waiting[(first + copy) % self.plan.gateways].append(text)
        self.sent.uplinks += 1
        self.sent.copies += self.plan.copies

    def _flush(self) -> None:
        """One datagram a gateway with all it heard in the tick."""
        for one, eui, waiting in zip(self._sockets, self._euis, self._waiting, strict=True):
            if waiting:
                head = _HEAD.pack(2, self._next_token(), PUSH_DATA, eui)
                self._send(one, head + b'{"rxpk":[' + b",".join(waiting) + b"]}")
                waiting.clear()

    def _send(self, one: socket.socket, datagram: bytes) -> None:
        try:
            one.send(datagram)
        except (BlockingIOError, ConnectionRefusedError):
            self.sent.dropped += 1
            return
        self.sent.datagrams += 1
        self.sent.bytes += len(datagram)

    def _next_token(self) -> int:
        self._token = (self._token + 1) % _TOKENS
        return self._token


def _crypto(session: LoadSession) -> SessionCrypto:
    return SessionCrypto(session.nwk_s_key, session.app_s_key)


def _room_report(index: int, f_cnt: int) -> bytes:
    """An Elsys ERS report whose values change from frame to frame."""
    return _ELSYS.pack(0x01, 180 + (index + f_cnt) % 60, 0x02, 45, 0x04, 300, 0x05, f_cnt % 8, 0x07, 3600)


def _connected(host: str, port: int) -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
    one.setblocking(False)
    one.connect((host, port))
    return one


def _received(one: socket.socket) -> bytes | None:
    try:
        return one.recv(_DATAGRAM_MAX)
    except (BlockingIOError, ConnectionRefusedError):
        return None

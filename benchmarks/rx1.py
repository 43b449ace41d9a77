"""How many confirmed uplinks are answered in their first window when every gateway is 100 ms away, each way.

The real server process and database. A gateway here is a socket that stamps what it sends as heard 100 ms ago, counts
what it gets as arrived 100 ms later, and acknowledges another 100 ms after that. An answer is in time when it arrives
40 ms before its window, which a concentrator needs.
"""

import heapq
import random
import selectors
import socket
from dataclasses import dataclass, field

from benchmarks.fixture import Fleet, populate
from benchmarks.installation import HOST, installed
from benchmarks.report import Report, quantile
from maillage.kernel import clock
from maillage.lorawan.gateways.semtech_udp.protocol import decode, encode_pull_data, encode_push_data, encode_tx_ack
from maillage.lorawan.gateways.semtech_udp.values import AtTmst, PullData, PullResp, PushData, RxPacket, TxAck
from maillage.lorawan.protocol.build import DataContent, build_data_uplink
from maillage.lorawan.protocol.crypto import SessionCrypto
from maillage.lorawan.protocol.frames import DataDownlink
from maillage.lorawan.protocol.parse import parse_frame
from maillage.lorawan.regions.data_rate import LoRaDataRate
from maillage.lorawan.regions.eu863_870 import EU863_870
from maillage.lorawan.simulator.load import LoadPlan, load_gateways, load_session

UPLINKS = 5_000
"""The aim is told of 100,000: 500 s at this rate, within the legal air time of 200 gateways."""
PER_S = 200.0
BACK_HAUL_S = 0.1
PLAN = LoadPlan(devices=0, gateways=200, copies=2)
_DEVICES = Fleet(0, 4_000, "elsys-ers", "heating", 20)
_REPORT, _PORT = bytes.fromhex("0100d2022d04012c0502070e10"), 5
_SF7 = LoRaDataRate(7, 125_000)
_LEAD_S = 0.04
_COUNTER = 1 << 32
_HALF = 1 << 31
_DATAGRAM_MAX = 2048
_PULL_EVERY_S = 10.0
_CHANNELS = EU863_870.default_channels + EU863_870.extra_channels


@dataclass(slots=True)
class Waiting:
    """An uplink whose answer has not come: when it ended, on its gateways' counter, and where it was."""

    ended_us: int
    frequency_hz: int


@dataclass(slots=True)
class Seen:
    sent: int = 0
    in_rx1: int = 0
    in_rx2: int = 0
    late: int = 0
    slack_s: list[float] = field(default_factory=list)


class Masts:
    """All gateways of the plan, one socket each; ``tmst`` is the monotonic clock's microseconds."""

    def __init__(self, port: int) -> None:
        self._selector = selectors.DefaultSelector()
        self.sockets: list[tuple[bytes, socket.socket]] = []
        for eui in load_gateways(PLAN):
            one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            one.setblocking(False)
            one.connect((HOST, port))
            self._selector.register(one, selectors.EVENT_READ, (bytes.fromhex(eui), one))
            self.sockets.append((bytes.fromhex(eui), one))
        self._acks: list[tuple[float, int, bytes, socket.socket]] = []
        self.waiting: dict[int, Waiting] = {}
        self.seen = Seen()
        self._pulled_s = float("-inf")

    def push(self, number: int, phy: bytes, dev_addr: int, channel: int) -> None:
        """Two of them heard it end 100 ms ago."""
        ended_us = round((clock.monotonic_s() - BACK_HAUL_S) * 1e6) % _COUNTER
        frequency_hz = _CHANNELS[channel].frequency_hz
        self.waiting[dev_addr] = Waiting(ended_us, frequency_hz)
        self.seen.sent += 1
        for copy in range(PLAN.copies):
            eui, one = self.sockets[(number + copy * 7) % len(self.sockets)]
            packet = RxPacket(ended_us, frequency_hz, _SF7, -80.0 - copy, 7.0, phy)
            one.send(encode_push_data(PushData(number & 0xFFFF, eui, (packet,))))

    def serve(self, until_s: float) -> None:
        """Take what comes, acknowledge what is due."""
        while (now_s := clock.monotonic_s()) < until_s:
            if now_s - self._pulled_s > _PULL_EVERY_S:
                self._pulled_s = now_s
                for eui, one in self.sockets:
                    one.send(encode_pull_data(PullData(0, eui)))
            while self._acks and self._acks[0][0] <= now_s:
                _, token, eui, one = heapq.heappop(self._acks)
                one.send(encode_tx_ack(TxAck(token, eui)))
            next_s = min(until_s, self._acks[0][0]) if self._acks else until_s
            for key, _ in self._selector.select(max(next_s - now_s, 0)):
                eui, one = key.data
                self._take(eui, one)

    def close(self) -> None:
        for _, one in self.sockets:
            one.close()
        self._selector.close()

    def _take(self, eui: bytes, one: socket.socket) -> None:
        message = decode(one.recv(_DATAGRAM_MAX))
        if not isinstance(message, PullResp):
            return
        now_s = clock.monotonic_s()
        heapq.heappush(self._acks, (now_s + 2 * BACK_HAUL_S, message.token, eui, one))
        frame = parse_frame(message.packet.phy_payload)
        when = message.packet.schedule
        if not isinstance(frame, DataDownlink) or not isinstance(when, AtTmst):
            return
        waiting = self.waiting.pop(frame.dev_addr, None)
        if waiting is None:
            return
        arrives_us = round((now_s + BACK_HAUL_S) * 1e6)
        slack_s = ((when.tmst_us - arrives_us + _HALF) % _COUNTER - _HALF) / 1e6
        if slack_s < _LEAD_S:
            self.seen.late += 1
        elif message.packet.frequency_hz == waiting.frequency_hz:
            self.seen.in_rx1 += 1
            self.seen.slack_s.append(slack_s)
        else:
            self.seen.in_rx2 += 1


def run() -> Report:
    """Uplinks at a steady rate, each from a device that has rested for twenty seconds."""
    with installed(lambda connection: populate(connection, PLAN, [_DEVICES]), ("lorawan",)) as place:
        masts = Masts(place.lorawan_port)
        seen = _send_all(masts)
        masts.close()
    ordered = sorted(seen.slack_s)
    missed = seen.sent - seen.in_rx1
    row = {
        "confirmed uplinks": seen.sent,
        "in RX1": seen.in_rx1,
        "in RX2": seen.in_rx2,
        "too late": seen.late,
        "no answer": missed - seen.in_rx2 - seen.late,
        "RX1 missed, %": round(100 * missed / seen.sent, 3),
        "slack p50 ms": round(quantile(ordered, 0.5) * 1e3),
        "slack p1 ms": round(quantile(ordered, 0.01) * 1e3),
        "least slack ms": round((ordered[0] if ordered else float("nan")) * 1e3),
    }
    title = "Confirmed uplinks answered in their first window, gateways 100 ms away"
    return Report("rx1", title, [row], {"uplinks per second": PER_S})


def _send_all(masts: Masts) -> Seen:
    chance = random.Random(1)
    sessions = [load_session(PLAN, index) for index in range(_DEVICES.count)]
    cryptos = [SessionCrypto(one.nwk_s_key, one.app_s_key) for one in sessions]
    masts.serve(clock.monotonic_s() + 0.5)
    started_s = clock.monotonic_s()
    for number in range(UPLINKS):
        masts.serve(started_s + number / PER_S)
        index, turn = number % len(sessions), number // len(sessions)
        content = DataContent(sessions[index].dev_addr, turn, _PORT, _REPORT, confirmed=True)
        channel = chance.randrange(len(_CHANNELS))
        masts.push(number, build_data_uplink(cryptos[index], content), sessions[index].dev_addr, channel)
    masts.serve(clock.monotonic_s() + 3.0)
    return masts.seen

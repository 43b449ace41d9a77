"""A few devices of our own, whose every frame is timed: from the gateways' datagrams to the event of its values.

They send at random instants, beside whatever load there is. A device sends again only after ``DEVICE_REST_S``, so that
an event needs no more than its thing to be matched with its frame.
"""

import asyncio
import random
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import msgspec
import nats
from nats.aio.msg import Msg

from benchmarks.fixture import Fleet, thing_id
from benchmarks.installation import HOST, Installation
from maillage.kernel import clock
from maillage.lorawan.gateways.semtech_udp.protocol import encode_pull_data, encode_push_data
from maillage.lorawan.gateways.semtech_udp.values import PullData, PushData, RxPacket
from maillage.lorawan.protocol.build import DataContent, build_data_uplink
from maillage.lorawan.protocol.crypto import SessionCrypto
from maillage.lorawan.regions.data_rate import LoRaDataRate
from maillage.lorawan.simulator.load import LoadPlan, load_gateways, load_session
from maillage.telemetry.events import LIVE_OBSERVATIONS, LiveObservationBatch

DEVICE_REST_S = 8.0
ROOM_REPORT = bytes.fromhex("0100d2022d04012c0502070e10")  # Elsys ERS: 21 °C, 45 %, 300 lx, 2 movements, 3.6 V
ROOM_PORT = 5
_FREQUENCY_HZ = 868_100_000
_SF7 = LoRaDataRate(7, 125_000)
_RSSI_DBM = (-70.0, -80.0, -90.0)


class ProbeDevice:
    """One activated device and three gateways that hear it."""

    def __init__(self, index: int, gateways: Sequence[str], host: str, port: int) -> None:
        session = load_session(LoadPlan(), index)
        self.thing_id = thing_id(index)
        self.dev_addr = session.dev_addr
        self.crypto = SessionCrypto(session.nwk_s_key, session.app_s_key)
        self._gateways = [bytes.fromhex(gateways[(index + copy) % len(gateways)]) for copy in range(len(_RSSI_DBM))]
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.connect((host, port))
        self._f_cnt = 0

    @property
    def socket(self) -> socket.socket:
        """Where its gateways are answered."""
        return self._socket

    @property
    def gateways(self) -> list[bytes]:
        return self._gateways

    def send(self, payload: bytes = ROOM_REPORT, port: int = ROOM_PORT) -> float:
        """One frame, heard three times. Returns the monotonic second before the first datagram left."""
        phy = build_data_uplink(self.crypto, DataContent(self.dev_addr, self._f_cnt, port, payload))
        self._f_cnt += 1
        datagrams = [
            encode_push_data(PushData(self._f_cnt & 0xFFFF, gateway, (self._packet(rssi_dbm, phy),)))
            for gateway, rssi_dbm in zip(self._gateways, _RSSI_DBM, strict=True)
        ]
        sent_s = clock.monotonic_s()
        for datagram in datagrams:
            self._socket.send(datagram)
        return sent_s

    def open_ways_back(self) -> None:
        """PULL_DATA from each of its gateways, to its socket."""
        for token, gateway in enumerate(self._gateways):
            self._socket.send(encode_pull_data(PullData(token, gateway)))

    def close(self) -> None:
        self._socket.close()

    def _packet(self, rssi_dbm: float, phy: bytes) -> RxPacket:
        tmst_us = int(clock.monotonic_s() * 1e6) & 0xFFFF_FFFF
        return RxPacket(tmst_us, _FREQUENCY_HZ, _SF7, rssi_dbm, 7.0, phy)


@dataclass(slots=True)
class Watch:
    """Latencies, in seconds, as seen by one kind of listener; what is still waited for, by thing."""

    latencies_s: list[float] = field(default_factory=list)
    waiting: dict[int, float] = field(default_factory=dict)

    def sent(self, thing: int, at_s: float) -> None:
        self.waiting[thing] = at_s

    def seen(self, thing: int, at_s: float) -> None:
        sent_s = self.waiting.pop(thing, None)
        if sent_s is not None:
            self.latencies_s.append(at_s - sent_s)

    def take(self) -> tuple[list[float], int]:
        """What was measured since the last call, and how many frames nobody told us about."""
        taken, lost = self.latencies_s, len(self.waiting)
        self.latencies_s, self.waiting = [], {}
        return taken, lost


class Probe:
    """The devices of ``fleet``, sending ``per_s`` frames a second altogether, in a commune after the other."""

    def __init__(self, place: Installation, plan: LoadPlan, fleet: Fleet, per_s: float) -> None:
        if fleet.count / per_s < DEVICE_REST_S:
            raise ValueError(f"{fleet.count} devices are too few for {per_s} frames a second")
        gateways, a_commune = load_gateways(plan), fleet.things_a_commune
        in_turn = sorted(range(fleet.count), key=lambda number: (number % a_commune, number // a_commune))
        self._devices = [ProbeDevice(fleet.first + n, gateways, HOST, place.lorawan_port) for n in in_turn]
        self._interval_s = 1 / per_s
        self._random = random.Random(1)
        self.watches: list[Watch] = []
        self.sent = 0

    def watch(self) -> Watch:
        """A new listener's book; every frame sent from now on is entered in it."""
        self.watches.append(Watch())
        return self.watches[-1]

    async def run(self, duration_s: float) -> None:
        """Frames at random instants for ``duration_s``."""
        end_s = clock.monotonic_s() + duration_s
        while clock.monotonic_s() < end_s:
            device = self._devices[self.sent % len(self._devices)]
            sent_s = device.send()
            self.sent += 1
            for watch in self.watches:
                watch.sent(device.thing_id, sent_s)
            await asyncio.sleep(self._interval_s * self._random.uniform(0.5, 1.5))

    def close(self) -> None:
        for device in self._devices:
            device.close()


async def watch_the_bus(place: Installation, watch: Watch, fleet: Fleet) -> Callable[[], Awaitable[None]]:
    """Enter into ``watch`` the live values that the telemetry writer tells of ``fleet``. Returns what ends it."""
    things = range(thing_id(fleet.first), thing_id(fleet.first + fleet.count))
    client = await nats.connect(place.nats_url, pending_size=64 * 1024 * 1024)
    decoder = msgspec.json.Decoder(LiveObservationBatch)

    async def told(message: Msg) -> None:
        seen_s = clock.monotonic_s()
        for observation in decoder.decode(message.data).observations:
            if observation.thing_id in things:
                watch.seen(observation.thing_id, seen_s)

    await client.subscribe(LIVE_OBSERVATIONS, cb=told, pending_bytes_limit=256 * 1024 * 1024)
    return client.close

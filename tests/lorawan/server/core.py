"""The real core of the server over the real database: no process, no socket, no bus; time is what the test says.

``kill`` leaves everything in memory behind, as ``kill -9`` does; ``start`` loads what the database has.
"""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from tests.lorawan.radio_side import KEYS

from maillage.kernel.errors import Conflict
from maillage.lorawan.codecs.registry import load_models
from maillage.lorawan.codecs.values import Decoded
from maillage.lorawan.gateways.semtech_udp.values import RxPacket
from maillage.lorawan.regions.eu863_870 import EU863_870
from maillage.lorawan.server.assembly import World, assemble
from maillage.lorawan.server.changes import Changes
from maillage.lorawan.server.opportunities import Opportunity
from maillage.lorawan.server.queries import Reader
from maillage.lorawan.server.queue_keeper import QueueKeeper
from maillage.lorawan.server.registry import Registry
from maillage.lorawan.server.settings import ServerSettings
from maillage.lorawan.server.sharding import ALONE
from maillage.lorawan.store import Store

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
GATEWAY_EUI = "aa555a0000000001"
MODELS = dict(load_models())
MODELS["of-1.1"] = replace(MODELS["elsys-ers"], key="of-1.1", lorawan_version="1.1")


class NoCodecs:
    async def decode(self, batch):
        return [Decoded({}, {}) for _ in batch]

    async def encode(self, model_key, data):
        raise AssertionError("payloads are given as bytes here")


class NoBus:
    async def publish(self, subject, message):
        pass

    async def tell(self, subject, message):
        pass


@dataclass
class Air:
    """What the gateway was told to send."""

    sent: list[tuple[int, Opportunity, bytes]] = field(default_factory=list)

    def reaches(self, gateway_eui):
        return True

    def transmit(self, token, opportunity, phy_payload):
        self.sent.append((token, opportunity, phy_payload))
        return True


class Core:
    def __init__(self, conninfo: str, settings: ServerSettings | None = None) -> None:
        self.now_s, self.air = 1000.0, Air()
        self._conninfo, self._settings = conninfo, settings or ServerSettings()
        self._seed = 0

    async def start(self) -> None:
        self.store, self.reader = Store(self._conninfo, ALONE, KEYS), Reader(self._conninfo, KEYS)
        await self._take_shard()
        await self.store.keep_partitions(START.date(), 100_000)
        self.registry = Registry()
        self.assembly = assemble(self._world(), self._settings, self.registry)
        self.steps = self.assembly.steps
        queue = QueueKeeper(self.reader, NoCodecs(), self.registry, self.steps.book, self.now)
        self.changes = Changes(self.reader, self.registry, queue)
        await self.changes.load_all()

    async def _take_shard(self) -> None:
        """PostgreSQL gives the lock of a connection that was cut back a moment later."""
        async with asyncio.timeout(5):
            while True:
                try:
                    return await self.store.connect()
                except Conflict:
                    await asyncio.sleep(0.01)

    async def kill(self) -> None:
        await self.store.close()
        await self.reader.close()

    def now(self) -> datetime:
        return START + timedelta(seconds=self.now_s)

    def hear(self, phy_payload: bytes, frequency_hz: int, data_rate, snr_db: float = 7.0) -> None:
        """A gateway forwards a frame."""
        packet = RxPacket(int(self.now_s * 1e6) & 0xFFFFFFFF, frequency_hz, data_rate, -80.0, snr_db, phy_payload)
        gateway = self.registry.gateways[bytes.fromhex(GATEWAY_EUI)]
        self.steps.sieve.heard(gateway, packet, self.now(), self.now_s)

    async def settle(self) -> list[tuple[Opportunity, bytes]]:
        """End the windows; what the gateway was told to send since the last call."""
        self.now_s += 0.25
        await self.assembly.server.tick()
        taken, self.air.sent = self.air.sent, []
        for token, _opportunity, _phy in taken:
            self.steps.transmitter.reported(token, "NONE", self.now(), self.now_s)
        return [(opportunity, phy_payload) for _token, opportunity, phy_payload in taken]

    def causes(self) -> list[str]:
        return [key.cause for key, found in self.steps.refusals.take().items() for _ in range(found.count)]

    def _world(self) -> World:
        return World(
            models=MODELS,
            region=EU863_870,
            codecs=NoCodecs(),
            store=self.store,
            house=self.store,
            log_reader=self.reader,
            bus=NoBus(),
            radio=self.air,
            cursor=0,
            now=self.now,
            monotonic_s=lambda: self.now_s,
            random_bits=self._bits,
            new_id=uuid4,
        )

    def _bits(self, count: int) -> int:
        self._seed += 1
        return self._seed * 40_503 % (1 << count)


class Radio:
    """A simulated device and the core: both ways, with what gets lost."""

    def __init__(self, core: Core, device) -> None:
        self.core, self.device = core, device
        self.dev_nonce = -1

    async def join(self, *, lost=False, unheard=False):
        self.dev_nonce += 1
        return await self._exchange(self.device.join(self.dev_nonce, self.next_s()), lost=lost, unheard=unheard)

    async def rejoin(self, kind, *, lost=False, unheard=False):
        return await self._exchange(self.device.rejoin(kind, self.next_s()), lost=lost, unheard=unheard)

    async def uplink(self, f_port=5, data=b"\x01\x00\xe2", *, confirmed=False, lost=False, unheard=False):
        sent = self.device.uplink(f_port, data, self.next_s(), confirmed=confirmed)
        return await self._exchange(sent, lost=lost, unheard=unheard)

    def next_s(self) -> float:
        self.core.now_s += 600.0
        return self.core.now_s

    async def _exchange(self, sent, *, lost=False, unheard=False):
        """``unheard``: no gateway hears the device; ``lost``: the device does not hear the answer."""
        self.last = sent
        if unheard:
            return []
        self.core.now_s = sent.end_s
        self.core.hear(sent.phy_payload, sent.frequency_hz, sent.data_rate)
        self.answers = await self.core.settle()
        return [] if lost else [self._heard(sent, *answer) for answer in self.answers]

    def _heard(self, sent, opportunity, phy_payload):
        begun_us = int(sent.end_s * 1e6) & 0xFFFFFFFF
        after_s = ((opportunity.tmst_us - begun_us) & 0xFFFFFFFF) / 1e6
        return self.device.hear(phy_payload, sent.end_s + after_s, opportunity.frequency_hz, opportunity.data_rate, 5.0)

"""The whole server and a town of devices in one simulated time: no socket, no database, hours in seconds.

The server's steps, its scheduler and its duty ledger are the real ones; gateways are told and heard with a delay.
"""

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

from maillage.lorawan.gateways.semtech_udp.values import PushData, TxAck, TxPacket
from maillage.lorawan.regions.eu863_870 import EU863_870
from maillage.lorawan.server.assembly import World, assemble
from maillage.lorawan.server.gateway_desk import SemtechRadio
from maillage.lorawan.server.registry import DeviceState, GatewayState, Registry
from maillage.lorawan.server.settings import ServerSettings
from maillage.lorawan.simulator.fleet import DeviceEntry, Fleet, GatewayEntry
from maillage.lorawan.simulator.town import Options, Town

START = datetime(2026, 3, 1, 12, 0, 40, tzinfo=UTC)
JOIN_EUI = "70b3d57ed0000001"
_TICK_S = 0.015


class MemoryStore:
    """Remembers what was committed; ``pings`` and ``changes`` in order."""

    def __init__(self) -> None:
        self.frames, self.changes, self.pings, self.joined = [], [], [], 0
        self._id = 0

    async def connect(self) -> None: ...

    async def reserve_frame_ids(self, count):
        self._id += count
        return list(range(self._id - count + 1, self._id + 1))

    async def commit_group(self, group):
        self.frames += group.frames
        self.changes += group.changes
        self.pings += group.pings

    async def is_committed(self, group):
        return False

    async def commit_joins(self, joins):
        self.joined += len(joins)
        return {join.device.dev_eui for join in joins}

    async def committed_joins(self, joins):
        return set()

    async def keep_house(self, work): ...


class MemoryFlash:
    """A simulator's memory that nothing outlives."""

    def __init__(self) -> None:
        self._nonces = {}

    def next_dev_nonce(self, dev_eui):
        self._nonces[dev_eui] = self._nonces.get(dev_eui, 0) + 1
        return self._nonces[dev_eui]

    def kept(self, dev_eui):
        return {}

    def keep(self, dev_eui, kept): ...


class Silent:
    """A bus that nobody reads and a log that nobody reads back."""

    async def publish(self, subject, message): ...

    async def tell(self, subject, message): ...

    async def uplinks_after(self, frame_id, limit):
        return []


def fleet_of(devices: list[DeviceEntry], gateways: int = 1) -> Fleet:
    masts = [GatewayEntry(f"aa555a00000000{n:02x}", f"mast {n}", 2.0 + n / 100, 48.0) for n in range(gateways)]
    return Fleet(1, masts, [], devices)


def device(number: int, model: str = "elsys-ers", period_s: float = 600.0, **options) -> DeviceEntry:
    longitude = 2.0 + options.pop("east", 0) / 100
    eui, key = f"a81758fffe{number:06x}", f"{number:032x}"
    return DeviceEntry(eui, JOIN_EUI, key, model, longitude, 48.001 + number / 100_000, period_s, **options)


class SimulatedNetwork:
    """``back_haul_s`` is one way. ``run`` it on; ``every_second`` is called besides the server's own work."""

    def __init__(self, fleet: Fleet, *, loss: float = 0.0, back_haul_s: float = 0.02, store=None, **settings) -> None:
        self.now_s, self.back_haul_s = 0.0, back_haul_s
        self.town = Town(fleet, MemoryFlash(), Options(loss=loss, collisions=False), 0.0, START)
        self.store = store or MemoryStore()
        self._fleet = fleet
        self._nonces = iter(range(1, 1 << 24))
        self.registry = Registry()
        self.registry.put_gateways([GatewayState(one.eui, 1) for one in fleet.gateways])
        for one in fleet.devices:
            key = bytes.fromhex(one.app_key)
            self.registry.put_device(DeviceState(one.dev_eui, 1, one.join_eui, key, one.model, 0, -1))
        self.settings = ServerSettings(**settings)
        self.start_server()
        self._second_s, self._tick_due = 0.0, False
        self.every_second: list[Callable] = []
        self.told: list[tuple[str, TxPacket]] = []
        self._events, self._count, self._index = [], 0, {one.eui: n for n, one in enumerate(fleet.gateways)}

    def start_server(self, registry: Registry | None = None) -> None:
        """A server that remembers nothing but what ``registry`` holds."""
        self.registry, silent = registry or self.registry, Silent()
        self.world = World(
            models={},
            region=EU863_870,
            codecs=silent,
            store=self.store,
            house=self.store,
            log_reader=silent,
            bus=silent,
            radio=SemtechRadio(self, lambda: self.now_s),
            cursor=0,
            now=self.now,
            monotonic_s=lambda: self.now_s,
            random_bits=lambda _: next(self._nonces),
            new_id=uuid4,
        )
        self.assembly = assemble(self.world, self.settings, self.registry)

    def now(self) -> datetime:
        return START + timedelta(seconds=self.now_s)

    def node(self, number: int):
        return self.town.nodes[number]

    async def run(self, seconds: float) -> None:
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            town_s = self.town.advance(self.now_s)
            self._push()
            while self._events and self._events[0][0] <= self.now_s:
                heapq.heappop(self._events)[2]()
            if self.now_s >= self._second_s:
                self._second_s = self.now_s + 1.0
                self.assembly.server.look_after_downlinks()
                for work in self.every_second:
                    await work()
                self._tick_due = True
            if self._tick_due:
                self._tick_due = False
                await self.assembly.server.tick()
            event_s = self._events[0][0] if self._events else end_s
            self.now_s = max(min(town_s or end_s, event_s, self._second_s, end_s), self.now_s + 1e-6)

    def _tick(self) -> None:
        self._tick_due = True

    # --- the gateways' side of the socket

    def reaches(self, gateway_eui: bytes, now_s: float) -> bool:
        return True

    def transmit(self, gateway_eui: bytes, token: int, packet: TxPacket, now_s: float) -> bool:
        self.told.append((gateway_eui.hex(), packet))
        self._at(now_s + self.back_haul_s, lambda: self._arrives(gateway_eui, token, packet))
        return True

    def _arrives(self, gateway_eui: bytes, token: int, packet: TxPacket) -> None:
        status = self.town.transmit(self._index[gateway_eui.hex()], packet, self.now_s)
        ack = TxAck(token, gateway_eui, status)
        self._at(self.now_s + self.back_haul_s, lambda: self.assembly.desk.transmitted(ack, self.now(), self.now_s))

    def _push(self) -> None:
        heard, self.town.outbox[:] = list(self.town.outbox), []
        for gateway, packet in heard:
            message = PushData(0, self.town.gateways[gateway].eui, (packet,))
            self._at(self.now_s + self.back_haul_s, partial(self._heard, message))

    def _heard(self, message: PushData) -> None:
        self.assembly.desk.pushed(message, self.now(), self.now_s)
        self._at(self.now_s + self.settings.dedup_window_s + _TICK_S, self._tick)

    def _at(self, at_s: float, act: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (at_s, self._count, act))

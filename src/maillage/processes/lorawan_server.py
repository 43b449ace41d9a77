"""A part of a network server of several processes: it takes shards that nobody holds and serves them.

A shard is held by the database session that commits it. That session ends with its process at once, and with a process
that stands still after some seconds (``store``): whoever sees the shard free takes it, loads it, and goes on with what
the stream has kept for it.
"""

import asyncio
import logging
from dataclasses import replace

import uvloop
from nats.aio.client import Client

from maillage.config import environment
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Unavailable
from maillage.lorawan.bridge.server_side import BridgeRadio, ShardDesk
from maillage.lorawan.bridge.shard_bus import ShardBus
from maillage.lorawan.codecs.pool import CodecPool
from maillage.lorawan.repository.shelf import all_models
from maillage.lorawan.server.bus import NatsBus
from maillage.lorawan.server.queries import Reader
from maillage.lorawan.server.settings import ServerSettings
from maillage.lorawan.server.sharding import Shard
from maillage.lorawan.store import Store
from maillage.processes import bus
from maillage.processes.lorawan import Addresses, addresses_of, start_log, stop_event
from maillage.processes.lorawan_shard import Codecs, RunningShard, ShardParts, every, settle_memory

log = logging.getLogger(__name__)
_LOOK_EVERY_S = 0.5
# Who holds shards already waits a little longer before taking another, so that peers that start together share.
_MODESTY_S = 0.3
_MODESTY_MAX_S = 1.0
_BEAT_S = 1.0


def main() -> None:
    """Serve until SIGTERM."""
    start_log()
    env = environment.read()
    uvloop.run(serve(addresses_of(env), ServerSettings(region=env.lorawan_region), env.shards))


async def serve(addresses: Addresses, settings: ServerSettings, count: int) -> None:
    """Hold what is free of ``count`` shards; at SIGTERM or SIGINT finish what was begun and let go."""
    stop = stop_event()
    client, house_bus = await bus.connect(addresses.nats_url, "maillage lorawan server"), NatsBus(addresses.nats_url)
    models = dict(all_models(addresses.shelf))
    try:
        async with CodecPool(models) as pool, asyncio.TaskGroup() as tasks:
            codecs = Codecs(addresses.shelf, models, pool)
            holder = ShardHolder(addresses, settings, count, client, house_bus, codecs, stop, tasks)
            running = [tasks.create_task(one) for one in (house_bus.run(), codecs.follow(), holder.take_free_ones())]
            await stop.wait()
            await holder.let_go()
            for task in running:
                task.cancel()
    finally:
        await asyncio.gather(house_bus.close(), client.close())


class ShardHolder:
    """The shards of this process."""

    def __init__(  # noqa: PLR0913, PLR0917 - what the process has opened
        self,
        addresses: Addresses,
        settings: ServerSettings,
        count: int,
        client: Client,
        house_bus: NatsBus,
        codecs: Codecs,
        stop: asyncio.Event,
        tasks: asyncio.TaskGroup,
    ) -> None:
        self._addresses = addresses
        self._settings = settings
        self._count = count
        self._client = client
        self._bus = house_bus
        self._codecs = codecs
        self._stop = stop
        self._tasks = tasks
        self._held: dict[int, asyncio.Task[None]] = {}

    async def take_free_ones(self) -> None:
        while not self._stop.is_set():
            await self._take_one()
            await asyncio.sleep(_LOOK_EVERY_S + min(_MODESTY_S * len(self._held), _MODESTY_MAX_S))

    async def let_go(self) -> None:
        """Each shard finishes by itself once told to stop."""
        await asyncio.gather(*self._held.values())

    async def _take_one(self) -> None:
        for index in range(self._count):
            if index in self._held:
                continue
            shard = Shard(index, self._count)
            store = Store(self._addresses.database_conninfo, shard, self._addresses.keys)
            try:
                await store.connect()
            except Conflict:
                await store.close()
            except Unavailable as error:
                await store.close()
                log.warning("Waiting for the database: %s", error)
                return
            else:
                self._held[index] = self._tasks.create_task(self._hold(shard, store))
                return

    async def _hold(self, shard: Shard, store: Store) -> None:
        """Until told to stop, or until somebody else has the shard."""
        reader = Reader(self._addresses.database_conninfo, self._addresses.keys, shard)
        try:
            await self._serve(shard, store, reader)
        except* (Conflict, Unavailable) as group:
            log.warning("Shard %s is let go: %s", shard, group.exceptions[0])
        finally:
            await asyncio.gather(store.close(), reader.close())
            self._held.pop(shard.index, None)

    async def _serve(self, shard: Shard, store: Store, reader: Reader) -> None:
        shard_bus = ShardBus(self._client, shard.index, clock.monotonic_s)
        radio = BridgeRadio(shard.index, shard_bus, clock.now, clock.monotonic_s)
        settings = replace(self._settings, shard=shard)
        conninfo = self._addresses.database_conninfo
        parts = ShardParts(conninfo, settings, store, reader, self._bus, self._codecs, radio)
        running = await RunningShard.prepare(parts)
        desk, server = _desk(running, radio), running.assembly.server

        async def hold() -> None:
            try:
                await store.beat()
            except Unavailable:
                await store.connect()  # Conflict: somebody has come meanwhile

        async with asyncio.TaskGroup() as tasks:
            work = [tasks.create_task(one) for one in (*running.work(), every(_BEAT_S, hold))]
            await running.listener.loaded.wait()
            settle_memory()
            await shard_bus.start(desk.fate, radio.present)
            log.info("shard %s: %d devices", shard, len(running.registry.devices))
            taking = tasks.create_task(shard_bus.run(desk.copies, lambda: server.settled_s))
            await self._stop.wait()
            taking.cancel()
            await running.finish()
            await shard_bus.settle(server.settled_s)
            await shard_bus.stop()
            for task in work:
                task.cancel()


def _desk(running: RunningShard, radio: BridgeRadio) -> ShardDesk:
    steps = running.assembly.steps
    return ShardDesk(
        running.registry,
        steps.sieve,
        steps.decoder,
        steps.transmitter,
        steps.refusals,
        radio,
        running.assembly.clocks,
        now=clock.now,
        monotonic_s=clock.monotonic_s,
    )

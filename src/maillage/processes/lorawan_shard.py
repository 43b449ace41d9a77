"""One shard of the network server, from its database to its ticks; how frames come in and go out is the caller's."""

import asyncio
import contextlib
import gc
import logging
import secrets
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass

from maillage.kernel import clock
from maillage.kernel.errors import Invalid, Unavailable
from maillage.lorawan.codecs.model import DeviceModel
from maillage.lorawan.codecs.pool import CodecPool
from maillage.lorawan.events import LIVE_GATEWAYS
from maillage.lorawan.multicast.driver import GroupDriver
from maillage.lorawan.multicast.store import GroupStore
from maillage.lorawan.repository.shelf import Shelf, all_models
from maillage.lorawan.server.announcements import downlink_message
from maillage.lorawan.server.assembly import Assembly, World, assemble, driver
from maillage.lorawan.server.bus import NatsBus
from maillage.lorawan.server.changes import Changes
from maillage.lorawan.server.duty import HOUR
from maillage.lorawan.server.listener import Listener
from maillage.lorawan.server.queries import Reader
from maillage.lorawan.server.queue_keeper import QueueKeeper
from maillage.lorawan.server.registry import Registry
from maillage.lorawan.server.settings import ServerSettings
from maillage.lorawan.server.transmitter import Radio
from maillage.lorawan.store import Store

log = logging.getLogger(__name__)
_RETRY_S = 1.0
_LAST_TICKS_S = 0.5
_LAST_PUBLICATIONS_S = 2.0
_PARTITIONS_EVERY_S = 3600.0
_LOOK_FOR_MODELS_EVERY_S = 10.0
_LOOK_AFTER_DOWNLINKS_EVERY_S = 1.0
_CARRY_GROUPS_ON_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Codecs:
    """The device models as the shelf holds them, and the workers that run their codecs. Shared by shards."""

    shelf: Shelf
    models: dict[str, DeviceModel]
    pool: CodecPool

    async def follow(self) -> None:
        """After an import: the same mapping, which the server's parts hold, with other contents."""
        generation = self.shelf.generation
        while True:
            await asyncio.sleep(_LOOK_FOR_MODELS_EVERY_S)
            if generation != (generation := self.shelf.generation):
                self._take_up()

    def _take_up(self) -> None:
        try:
            fresh = all_models(self.shelf)
        except Invalid as error:
            log.error("The imported device models cannot be read, the known ones stay: %s", error)  # noqa: TRY400
            return
        self.models.clear()
        self.models.update(fresh)
        self.pool.replace_models(fresh)
        log.info("%d device models", len(fresh))


@dataclass(frozen=True, slots=True)
class ShardParts:
    """What is open while a shard runs. ``store`` holds the shard's lock."""

    conninfo: str
    settings: ServerSettings
    store: Store
    reader: Reader
    bus: NatsBus
    codecs: Codecs
    radio: Radio
    groups: GroupStore | None = None
    """Only of a shard that is alone: the members of a group may live in several."""


@dataclass(frozen=True, slots=True)
class RunningShard:
    """A shard with its memory; it hears and sends by its ``assembly``."""

    parts: ShardParts
    registry: Registry
    assembly: Assembly
    queue: QueueKeeper
    changes: Changes
    listener: Listener
    driver: GroupDriver | None

    @classmethod
    async def prepare(cls, parts: ShardParts) -> "RunningShard":
        """What must be known before anything is loaded: the log's days, what was published, what was sent."""
        settings, reader = parts.settings, parts.reader
        registry = Registry(settings.live_contexts)
        world = _world(parts, await reader.publication_cursor())
        assembly = assemble(world, settings, registry)
        queue = QueueKeeper(reader, parts.codecs.pool, registry, assembly.steps.book, clock.now, settings.shard)
        changes = Changes(reader, registry, queue)
        await parts.store.keep_partitions(clock.now().date(), settings.frame_retention_days)
        assembly.steps.publisher.downlinks([downlink_message(change) for change in await reader.recent_changes()])
        # The law counts an hour of transmissions, whatever restarts in between.
        now = clock.now()
        assembly.ledger.recall(await reader.sent_since(now - HOUR), now, clock.monotonic_s())
        groups = None if parts.groups is None else driver(assembly, world, parts.groups, registry)
        return cls(parts, registry, assembly, queue, changes, Listener(parts.conninfo, changes), groups)

    def work(self) -> list[Coroutine[None, None, None]]:
        """Everything that runs side by side, the bus and the codecs' shelf apart. ``listener.loaded`` comes first."""
        steps, settings = self.assembly.steps, self.parts.settings
        return [
            self.listener.run(),
            steps.decoder.run(),
            steps.publisher.run(),
            self.assembly.server.run(),
            self.changes.run(),
            every(settings.flush_interval_s, self._flush),
            every(_LOOK_AFTER_DOWNLINKS_EVERY_S, self._look_after_downlinks),
            every(settings.downlink_poll_s, self.queue.load),
            every(_PARTITIONS_EVERY_S, self._keep_partitions),
            self._carry_groups_on(),
        ]

    async def finish(self) -> None:
        """Nothing new is heard: let open windows close and be committed, publish what is left."""
        await asyncio.sleep(self.parts.settings.dedup_window_s + _LAST_TICKS_S)
        await self.assembly.steps.housekeeper.flush()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_PUBLICATIONS_S):
                await self.assembly.steps.publisher.drained()

    async def _flush(self) -> None:
        steps = self.assembly.steps
        await steps.publisher.tell(LIVE_GATEWAYS, await steps.housekeeper.flush())

    async def _look_after_downlinks(self) -> None:
        self.assembly.server.look_after_downlinks()

    async def _carry_groups_on(self) -> None:
        """Once sessions are loaded: which of them are in class B, then groups and campaigns."""
        await self.listener.loaded.wait()
        await until_available(self._restore_class_b)
        if self.driver is None:
            log.warning("Multicast groups are carried on by a network server that is one process only")
            return
        await every(_CARRY_GROUPS_ON_EVERY_S, self.driver.step)

    async def _restore_class_b(self) -> None:
        self.assembly.steps.class_b.restore(await self.parts.reader.ping_slots())

    async def _keep_partitions(self) -> None:
        await self.parts.store.keep_partitions(clock.now().date(), self.parts.settings.frame_retention_days)


def _world(parts: ShardParts, cursor: int) -> World:
    return World(
        models=parts.codecs.models,
        region=parts.settings.region,
        codecs=parts.codecs.pool,
        store=parts.store,
        house=parts.store,
        log_reader=parts.reader,
        bus=parts.bus,
        radio=parts.radio,
        cursor=cursor,
        now=clock.now,
        monotonic_s=clock.monotonic_s,
        random_bits=secrets.randbits,
        new_id=uuid.uuid4,
    )


async def every(interval_s: float, work: Callable[[], Awaitable[None]]) -> None:
    """Again and again; what the database has no time for is put off."""
    while True:
        await asyncio.sleep(interval_s)
        try:
            await work()
        except Unavailable as error:
            log.warning("Put off: %s", error)


async def until_available(work: Callable[[], Awaitable[None]]) -> None:
    """Try until the database answers."""
    while True:
        try:
            await work()
        except Unavailable as error:
            log.warning("Waiting for the database: %s", error)
            await asyncio.sleep(_RETRY_S)
        else:
            return


def settle_memory() -> None:
    """What was loaded stays: keep the collector away from it, and let it come less often than every 700 objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)

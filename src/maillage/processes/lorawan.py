"""The LoRaWAN network server as a process: gateways on UDP 1700, sessions in memory, everything else durable first."""

import asyncio
import contextlib
import gc
import logging
import secrets
import signal
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass

import uvloop

from maillage.config import environment
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, Unavailable
from maillage.lorawan.codecs.model import DeviceModel
from maillage.lorawan.codecs.pool import CodecPool
from maillage.lorawan.events import LIVE_GATEWAYS
from maillage.lorawan.gateways.semtech_udp.server import SemtechUdpServer
from maillage.lorawan.keys import KeyRing
from maillage.lorawan.repository.shelf import Shelf, all_models
from maillage.lorawan.server.announcements import downlink_message
from maillage.lorawan.server.assembly import Assembly, World, assemble
from maillage.lorawan.server.bus import NatsBus
from maillage.lorawan.server.changes import Changes
from maillage.lorawan.server.duty import HOUR
from maillage.lorawan.server.gateway_desk import SemtechRadio
from maillage.lorawan.server.listener import Listener
from maillage.lorawan.server.queries import Reader
from maillage.lorawan.server.queue_keeper import QueueKeeper
from maillage.lorawan.server.registry import Registry
from maillage.lorawan.server.settings import ServerSettings
from maillage.lorawan.store import Store

log = logging.getLogger(__name__)
_RETRY_S = 1.0
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - gateways are outside
_LAST_TICKS_S = 0.5
_LAST_PUBLICATIONS_S = 2.0
_PARTITIONS_EVERY_S = 3600.0
_LOOK_FOR_MODELS_EVERY_S = 10.0
_LOOK_AFTER_DOWNLINKS_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the process listens and what it connects to."""

    database_conninfo: str
    nats_url: str
    udp_host: str
    udp_port: int
    keys: KeyRing
    shelf: Shelf


def main() -> None:
    """Serve until SIGTERM. Raises ``Conflict`` when another process owns the shard."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    env = environment.read()
    addresses = Addresses(
        env.database_conninfo,
        env.nats_url,
        _EVERYWHERE,
        env.lorawan_port,
        KeyRing(env.key_encryption_keys),
        Shelf(env.device_models),
    )
    uvloop.run(serve(addresses, ServerSettings(region=env.lorawan_region)))


async def serve(addresses: Addresses, settings: ServerSettings) -> None:
    """Take the shard, load, listen; at SIGTERM or SIGINT finish what was begun."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    store = Store(addresses.database_conninfo, settings.shard, addresses.keys)
    reader = Reader(addresses.database_conninfo, addresses.keys)
    bus, udp = NatsBus(addresses.nats_url), SemtechUdpServer(clock.now, clock.monotonic_s)
    try:
        await _until_available(store.connect)
        models = dict(all_models(addresses.shelf))
        async with CodecPool(models) as codecs:
            parts = _Parts(addresses, settings, store, reader, bus, udp, codecs, models)
            await _serve(parts, stop)
    finally:
        udp.close()
        await asyncio.gather(bus.close(), store.close(), reader.close())


@dataclass(frozen=True, slots=True)
class _Parts:
    """What is open while the process runs."""

    addresses: Addresses
    settings: ServerSettings
    store: Store
    reader: Reader
    bus: NatsBus
    udp: SemtechUdpServer
    codecs: CodecPool
    models: dict[str, DeviceModel]


async def _serve(parts: _Parts, stop: asyncio.Event) -> None:
    registry = Registry(parts.settings.live_contexts)
    cursor = await parts.reader.publication_cursor(parts.settings.shard)
    assembly = assemble(_world(parts, cursor), parts.settings, registry)
    queue = QueueKeeper(parts.reader, parts.codecs, registry, assembly.steps.book, clock.now)
    changes = Changes(parts.reader, registry, queue)
    await parts.store.keep_partitions(clock.now().date(), parts.settings.frame_retention_days)
    assembly.steps.publisher.downlinks([downlink_message(change) for change in await parts.reader.recent_changes()])
    await _recall_duty(parts, assembly)
    listener = Listener(parts.addresses.database_conninfo, changes)
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(work) for work in (listener.run(), *_work(parts, assembly, changes, queue))]
            await listener.loaded.wait()
            _settle_memory()
            port = parts.udp.start(assembly.desk, parts.addresses.udp_host, parts.addresses.udp_port)
            log.info("%d devices, %d gateways; listening on UDP %d", *_sizes(registry), port)
            await stop.wait()
            await _finish(parts, assembly)
            for task in running:
                task.cancel()
    except* (Conflict, Unavailable) as group:
        raise group.exceptions[0] from None


async def _recall_duty(parts: _Parts, assembly: Assembly) -> None:
    """The law counts an hour of transmissions, whatever restarts in between."""
    now = clock.now()
    assembly.ledger.recall(await parts.reader.sent_since(now - HOUR), now, clock.monotonic_s())


def _world(parts: _Parts, cursor: int) -> World:
    return World(
        models=parts.models,
        region=parts.settings.region,
        codecs=parts.codecs,
        store=parts.store,
        house=parts.store,
        log_reader=parts.reader,
        bus=parts.bus,
        radio=SemtechRadio(parts.udp, clock.monotonic_s),
        cursor=cursor,
        now=clock.now,
        monotonic_s=clock.monotonic_s,
        random_bits=secrets.randbits,
    )


def _work(parts: _Parts, assembly: Assembly, changes: Changes, queue: QueueKeeper) -> list[Coroutine[None, None, None]]:
    """Everything that runs side by side."""
    settings, steps, server = parts.settings, assembly.steps, assembly.server

    async def flush() -> None:
        await steps.publisher.tell(LIVE_GATEWAYS, await steps.housekeeper.flush())

    async def look_after_downlinks() -> None:
        server.look_after_downlinks()

    async def keep_partitions() -> None:
        await parts.store.keep_partitions(clock.now().date(), settings.frame_retention_days)

    generation = parts.addresses.shelf.generation

    async def take_up_models() -> None:
        nonlocal generation
        if generation != (generation := parts.addresses.shelf.generation):
            _take_up_models(parts)

    return [
        parts.bus.run(),
        steps.decoder.run(),
        steps.publisher.run(),
        server.run(),
        changes.run(),
        _every(settings.flush_interval_s, flush),
        _every(_LOOK_AFTER_DOWNLINKS_EVERY_S, look_after_downlinks),
        _every(settings.downlink_poll_s, queue.load),
        _every(_PARTITIONS_EVERY_S, keep_partitions),
        _every(_LOOK_FOR_MODELS_EVERY_S, take_up_models),
    ]


def _take_up_models(parts: _Parts) -> None:
    """After an import: the same mapping, which the server's parts hold, with other contents."""
    try:
        fresh = all_models(parts.addresses.shelf)
    except Invalid as error:
        log.error("The imported device models cannot be read, the known ones stay: %s", error)  # noqa: TRY400
        return
    parts.models.clear()
    parts.models.update(fresh)
    parts.codecs.replace_models(fresh)
    log.info("%d device models", len(fresh))


async def _every(interval_s: float, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(interval_s)
        try:
            await work()
        except Unavailable as error:
            log.warning("Put off: %s", error)


async def _finish(parts: _Parts, assembly: Assembly) -> None:
    """Hear nothing new, let open windows close and be committed, publish what is left."""
    parts.udp.close()
    await asyncio.sleep(parts.settings.dedup_window_s + _LAST_TICKS_S)
    await assembly.steps.housekeeper.flush()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LAST_PUBLICATIONS_S):
            await assembly.steps.publisher.drained()


def _settle_memory() -> None:
    """What was loaded stays: keep the collector away from it, and let it come less often than every 700 objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def _sizes(registry: Registry) -> tuple[int, int]:
    return len(registry.devices), len(registry.gateways)


async def _until_available(work: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await work()
        except Unavailable as error:
            log.warning("Waiting for the database: %s", error)
            await asyncio.sleep(_RETRY_S)
        else:
            return

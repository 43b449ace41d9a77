"""The LoRaWAN network server as a process: gateways by UDP and WebSocket, sessions in memory, all else durable."""

import asyncio
import contextlib
import gc
import logging
import secrets
import signal
import ssl
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from maillage.config import environment
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, Unavailable
from maillage.lorawan.codecs.model import DeviceModel
from maillage.lorawan.codecs.pool import CodecPool
from maillage.lorawan.events import LIVE_GATEWAYS
from maillage.lorawan.gateways.authority_folder import AuthorityFolder
from maillage.lorawan.gateways.basics_station.cups_server import CupsServer
from maillage.lorawan.gateways.basics_station.errors import StationError
from maillage.lorawan.gateways.basics_station.server import StationServer
from maillage.lorawan.gateways.semtech_udp.server import SemtechUdpServer
from maillage.lorawan.gateways.store import CertificateStore
from maillage.lorawan.keys import KeyRing
from maillage.lorawan.multicast.store import GroupStore
from maillage.lorawan.repository.shelf import Shelf, all_models
from maillage.lorawan.server.announcements import downlink_message
from maillage.lorawan.server.assembly import Assembly, World, assemble, driver
from maillage.lorawan.server.bus import NatsBus
from maillage.lorawan.server.changes import Changes
from maillage.lorawan.server.duty import HOUR
from maillage.lorawan.server.gateway_desk import SemtechRadio
from maillage.lorawan.server.listener import Listener
from maillage.lorawan.server.queries import Reader
from maillage.lorawan.server.queue_keeper import QueueKeeper
from maillage.lorawan.server.registry import Registry
from maillage.lorawan.server.settings import ServerSettings
from maillage.lorawan.server.station_desk import GatewayRadio, StationDesk
from maillage.lorawan.server.station_updates import StationUpdates
from maillage.lorawan.store import Store

log = logging.getLogger(__name__)
_RETRY_S = 1.0
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - gateways are outside
_LOCAL = "127.0.0.1"
_LAST_TICKS_S = 0.5
_LAST_PUBLICATIONS_S = 2.0
_PARTITIONS_EVERY_S = 3600.0
_LOOK_FOR_MODELS_EVERY_S = 10.0
_LOOK_AFTER_DOWNLINKS_EVERY_S = 1.0
_CARRY_GROUPS_ON_EVERY_S = 1.0
_NOTE_CERTIFICATES_EVERY_S = 1.0
_LOOK_AFTER_TLS_EVERY_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the process listens and what it connects to."""

    database_conninfo: str
    nats_url: str
    udp_host: str
    udp_port: int
    keys: KeyRing
    shelf: Shelf
    stations: "StationAddresses"


@dataclass(frozen=True, slots=True)
class StationAddresses:
    """Where stations connect: LNS over TLS on ``port``, CUPS on the next, LNS without TLS on the one after that.

    ``names`` are those of the server's certificate; ``plain_host`` where the port without TLS is open.
    """

    port: int
    host: str
    plain_host: str
    names: tuple[str, ...]
    authority_folder: Path


def main() -> None:
    """Serve until SIGTERM. Raises ``Conflict`` when another process owns the shard."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("websockets").setLevel(logging.WARNING)  # it tells of every connection
    env = environment.read()
    plain_host = _EVERYWHERE if env.station_plain else _LOCAL
    addresses = Addresses(
        env.database_conninfo,
        env.nats_url,
        _EVERYWHERE,
        env.lorawan_port,
        KeyRing(env.key_encryption_keys),
        Shelf(env.device_models),
        StationAddresses(env.station_port, _EVERYWHERE, plain_host, env.allowed_hosts, env.data.authority),
    )
    uvloop.run(serve(addresses, ServerSettings(region=env.lorawan_region)))


async def serve(addresses: Addresses, settings: ServerSettings) -> None:
    """Take the shard, load, listen; at SIGTERM or SIGINT finish what was begun."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    store = Store(addresses.database_conninfo, settings.shard, addresses.keys)
    reader = Reader(addresses.database_conninfo, addresses.keys)
    groups = GroupStore(addresses.database_conninfo, addresses.keys)
    bus, udp = NatsBus(addresses.nats_url), SemtechUdpServer(clock.now, clock.monotonic_s)
    stations = _Stations(
        AuthorityFolder(addresses.stations.authority_folder),
        CertificateStore(addresses.database_conninfo),
        StationServer(settings.region, clock.now, clock.monotonic_s),
    )
    try:
        await _until_available(store.connect)
        models = dict(all_models(addresses.shelf))
        async with CodecPool(models) as codecs:
            parts = _Parts(addresses, settings, store, reader, bus, udp, stations, codecs, models, groups)
            await _serve(parts, stop)
    finally:
        udp.close()
        await asyncio.gather(bus.close(), store.close(), reader.close(), groups.close(), stations.close())


@dataclass(frozen=True, slots=True)
class _Stations:
    """Everything of Basics Station."""

    folder: AuthorityFolder
    certificates: CertificateStore
    lns: StationServer
    cups: CupsServer = field(default_factory=CupsServer)

    async def start(self, desk: StationDesk, where: StationAddresses) -> ssl.SSLContext:
        """Listen. In a region that no station can be told, only say so."""
        tls = self.folder.server_context(where.names, clock.now())
        authority = self.folder.authority(clock.now())
        updates = StationUpdates(desk, self.certificates, authority, where.port, clock.now)
        try:
            await self.lns.start(desk, where.host, where.port, tls)
        except StationError as error:
            log.warning("Basics Station is not spoken in this region (%s): gateways come by Semtech UDP", error)
            return tls
        await self.cups.start(updates.answer, where.host, where.port + 1, tls)
        await self.lns.start(desk, where.plain_host, where.port + 2, None)
        log.info("listening to stations on TCP %d, CUPS on %d, without TLS on %s:%d", *_ports(where))
        return tls

    async def stop_listening(self) -> None:
        await asyncio.gather(self.lns.close(), self.cups.close())

    async def close(self) -> None:
        await self.stop_listening()
        await self.certificates.close()


def _ports(where: StationAddresses) -> tuple[int, int, str, int]:
    return where.port, where.port + 1, where.plain_host, where.port + 2


@dataclass(frozen=True, slots=True)
class _Parts:
    """What is open while the process runs."""

    addresses: Addresses
    settings: ServerSettings
    store: Store
    reader: Reader
    bus: NatsBus
    udp: SemtechUdpServer
    stations: _Stations
    codecs: CodecPool
    models: dict[str, DeviceModel]
    groups: GroupStore


async def _serve(parts: _Parts, stop: asyncio.Event) -> None:
    registry = Registry(parts.settings.live_contexts)
    cursor = await parts.reader.publication_cursor(parts.settings.shard)
    world = _world(parts, cursor)
    assembly = assemble(world, parts.settings, registry)
    groups = driver(assembly, world, parts.groups, registry)
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
            running.append(tasks.create_task(_every(_CARRY_GROUPS_ON_EVERY_S, groups.step)))
            assembly.steps.class_b.restore(await parts.reader.ping_slots())
            _settle_memory()
            port = parts.udp.start(assembly.desk, parts.addresses.udp_host, parts.addresses.udp_port)
            tls = await parts.stations.start(assembly.station_desk, parts.addresses.stations)
            running.append(tasks.create_task(_every(_LOOK_AFTER_TLS_EVERY_S, _renewing(parts, tls))))
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
        radio=GatewayRadio(SemtechRadio(parts.udp, clock.monotonic_s), parts.stations.lns, clock.monotonic_s),
        cursor=cursor,
        now=clock.now,
        monotonic_s=clock.monotonic_s,
        random_bits=secrets.randbits,
        new_id=uuid.uuid4,
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

    async def note_certificates() -> None:
        used = assembly.station_desk.certificates_used.items()
        fresh = {serial: at for serial, at in used if serial not in noted_before}
        if fresh:
            await parts.stations.certificates.note_use(fresh)
            noted_before.update(fresh)

    noted_before: set[str] = set()
    return [
        parts.bus.run(),
        steps.decoder.run(),
        steps.publisher.run(),
        server.run(),
        changes.run(),
        _every(settings.flush_interval_s, flush),
        _every(_LOOK_AFTER_DOWNLINKS_EVERY_S, look_after_downlinks),
        _every(settings.downlink_poll_s, queue.load),
        _every(_NOTE_CERTIFICATES_EVERY_S, note_certificates),
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
    await parts.stations.stop_listening()
    await asyncio.sleep(parts.settings.dedup_window_s + _LAST_TICKS_S)
    await assembly.steps.housekeeper.flush()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LAST_PUBLICATIONS_S):
            await assembly.steps.publisher.drained()


def _renewing(parts: _Parts, tls: ssl.SSLContext) -> Callable[[], Awaitable[None]]:
    """The server's certificate is replaced before it expires; connections that stand keep the old one."""

    async def renew() -> None:
        tls.load_cert_chain(parts.stations.folder.server_file(parts.addresses.stations.names, clock.now()))

    return renew


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

"""The LoRaWAN network server as one process: gateways by UDP and WebSocket, sessions in memory, all else durable.

``lorawan_gateways`` and ``lorawan_server`` are the same in several processes.
"""

import asyncio
import logging
import signal
from dataclasses import dataclass

import uvloop

from maillage.config import environment
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Unavailable
from maillage.lorawan.codecs.pool import CodecPool
from maillage.lorawan.gateways.semtech_udp.server import SemtechUdpServer
from maillage.lorawan.keys import KeyRing
from maillage.lorawan.multicast.store import GroupStore
from maillage.lorawan.repository.shelf import Shelf, all_models
from maillage.lorawan.server.bus import NatsBus
from maillage.lorawan.server.gateway_desk import SemtechRadio
from maillage.lorawan.server.queries import Reader
from maillage.lorawan.server.settings import ServerSettings
from maillage.lorawan.server.station_desk import GatewayRadio
from maillage.lorawan.store import Store
from maillage.processes.lorawan_shard import Codecs, RunningShard, ShardParts, every, settle_memory, until_available
from maillage.processes.lorawan_stations import StationAddresses, Stations

log = logging.getLogger(__name__)
EVERYWHERE = "0.0.0.0"  # noqa: S104 - gateways are outside
_LOCAL = "127.0.0.1"
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
    stations: StationAddresses


def main() -> None:
    """Serve until SIGTERM. Raises ``Conflict`` when another process owns the shard."""
    start_log()
    env = environment.read()
    uvloop.run(serve(addresses_of(env), ServerSettings(region=env.lorawan_region)))


def start_log() -> None:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("websockets").setLevel(logging.WARNING)  # it tells of every connection


def addresses_of(env: environment.Environment) -> Addresses:
    plain_host = EVERYWHERE if env.station_plain else _LOCAL
    return Addresses(
        env.database_conninfo,
        env.nats_url,
        EVERYWHERE,
        env.lorawan_port,
        KeyRing(env.key_encryption_keys),
        Shelf(env.device_models),
        StationAddresses(env.station_port, EVERYWHERE, plain_host, env.allowed_hosts, env.data.authority),
    )


async def serve(addresses: Addresses, settings: ServerSettings) -> None:
    """Take the shard, load, listen; at SIGTERM or SIGINT finish what was begun."""
    stop = stop_event()
    store = Store(addresses.database_conninfo, settings.shard, addresses.keys)
    reader = Reader(addresses.database_conninfo, addresses.keys, settings.shard)
    groups = GroupStore(addresses.database_conninfo, addresses.keys)
    bus, udp = NatsBus(addresses.nats_url), SemtechUdpServer(clock.now, clock.monotonic_s)
    stations = Stations.of(addresses.database_conninfo, settings.region, addresses.stations)
    radio = GatewayRadio(SemtechRadio(udp, clock.monotonic_s), stations.lns, clock.monotonic_s)
    try:
        await until_available(store.connect)
        models = dict(all_models(addresses.shelf))
        async with CodecPool(models) as pool:
            codecs = Codecs(addresses.shelf, models, pool)
            parts = ShardParts(addresses.database_conninfo, settings, store, reader, bus, codecs, radio, groups)
            await _serve(addresses, await RunningShard.prepare(parts), udp, stations, stop)
    finally:
        udp.close()
        await asyncio.gather(bus.close(), store.close(), reader.close(), groups.close(), stations.close())


def stop_event() -> asyncio.Event:
    """Set at SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def _serve(
    addresses: Addresses, shard: RunningShard, udp: SemtechUdpServer, stations: Stations, stop: asyncio.Event
) -> None:
    assembly, parts = shard.assembly, shard.parts

    async def note_certificates() -> None:
        await stations.note_use(assembly.station_desk)

    try:
        async with asyncio.TaskGroup() as tasks:
            work = [*shard.work(), parts.bus.run(), parts.codecs.follow()]
            work.append(every(_NOTE_CERTIFICATES_EVERY_S, note_certificates))
            running = [tasks.create_task(one) for one in work]
            await shard.listener.loaded.wait()
            settle_memory()
            port = udp.start(assembly.desk, addresses.udp_host, addresses.udp_port)
            tls = await stations.start(assembly.station_desk, addresses.stations)
            renew = stations.renewing(addresses.stations, tls)
            running.append(tasks.create_task(every(_LOOK_AFTER_TLS_EVERY_S, renew)))
            sizes = len(shard.registry.devices), len(shard.registry.gateways)
            log.info("%d devices, %d gateways; listening on UDP %d", *sizes, port)
            await stop.wait()
            udp.close()
            await stations.stop_listening()
            await shard.finish()
            for task in running:
                task.cancel()
    except* (Conflict, Unavailable) as group:
        raise group.exceptions[0] from None

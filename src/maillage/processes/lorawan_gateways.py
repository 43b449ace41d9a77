"""The gateways' side of a network server of several processes: sockets, air time, and the bus to the shards.

It holds no session and no key. While the bus is away, what is heard waits on disk.
"""

import asyncio
import logging
import secrets
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path

import msgspec
import uvloop
from nats.aio.client import Client
from nats.errors import Error as NatsError

from maillage.config import environment
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Unavailable
from maillage.lorawan.bridge.gateway_bus import GatewayBus
from maillage.lorawan.bridge.gateway_side import CopyRouter, OrderDesk, presence
from maillage.lorawan.bridge.messages import Order
from maillage.lorawan.bridge.server_side import PRESENCE_EVERY_S
from maillage.lorawan.events import LIVE_GATEWAYS
from maillage.lorawan.gateways.semtech_udp.server import SemtechUdpServer
from maillage.lorawan.server.duty import HOUR, DutyLedger
from maillage.lorawan.server.gateway_desk import GatewayDesk, SemtechRadio
from maillage.lorawan.server.housekeeper import Housekeeper
from maillage.lorawan.server.listener import Listener
from maillage.lorawan.server.opportunities import RadioPlan
from maillage.lorawan.server.queries import Reader
from maillage.lorawan.server.refusals import RefusalLog
from maillage.lorawan.server.registry import Registry
from maillage.lorawan.server.scheduler import Scheduler
from maillage.lorawan.server.settings import ServerSettings
from maillage.lorawan.server.sharding import ALONE
from maillage.lorawan.server.station_desk import GatewayRadio, StationDesk
from maillage.lorawan.spool import Spool
from maillage.lorawan.store import Store
from maillage.processes import bus
from maillage.processes.lorawan import Addresses, addresses_of, start_log, stop_event
from maillage.processes.lorawan_shard import every
from maillage.processes.lorawan_stations import Stations

log = logging.getLogger(__name__)
_NOTE_CERTIFICATES_EVERY_S = 1.0
_LOOK_AFTER_TLS_EVERY_S = 24 * 3600.0
_FORGET_EVERY_S = 10.0
_ENCODER = msgspec.json.Encoder()


def main() -> None:
    """Serve until SIGTERM."""
    start_log()
    env = environment.read()
    spool = env.data_folder / "lorawan" / "heard"
    uvloop.run(serve(addresses_of(env), ServerSettings(region=env.lorawan_region), env.shards, spool))


async def serve(addresses: Addresses, settings: ServerSettings, shards: int, spool: Path) -> None:
    """Listen and hand on; at SIGTERM or SIGINT finish what was begun."""
    stop = stop_event()
    client = await bus.connect(addresses.nats_url, "maillage lorawan gateways")
    reader = Reader(addresses.database_conninfo, addresses.keys)
    store = Store(addresses.database_conninfo, ALONE, addresses.keys)  # its shard is never taken: it keeps house only
    stations = Stations.of(addresses.database_conninfo, settings.region, addresses.stations)
    side = GatewaySide(addresses, settings, shards, client, Spool(spool), reader, store, stations)
    try:
        await side.run(stop)
    finally:
        side.udp.close()
        await asyncio.gather(store.close(), reader.close(), stations.close(), client.close())


class GatewaySide:
    """Everything of the process, put together."""

    def __init__(  # noqa: PLR0913, PLR0917 - what the process has opened
        self,
        addresses: Addresses,
        settings: ServerSettings,
        shards: int,
        client: Client,
        spool: Spool,
        reader: Reader,
        store: Store,
        stations: Stations,
    ) -> None:
        self.udp = SemtechUdpServer(clock.now, clock.monotonic_s)
        self._addresses = addresses
        self._client = client
        self._reader = reader
        self._stations = stations
        self._origin = secrets.token_hex(8)
        self._registry = Registry()
        refusals, self._ledger = RefusalLog(), DutyLedger(settings.region)
        plan = RadioPlan(settings.region, settings.transmit_margin_s, settings.max_eirp_dbm)
        scheduler = Scheduler.of(plan, self._ledger, self._registry)
        self._bus = GatewayBus(client, self._origin, spool)
        self._radio = GatewayRadio(SemtechRadio(self.udp, clock.monotonic_s), stations.lns, clock.monotonic_s)
        self._orders = OrderDesk(self._radio, scheduler, self._bus)
        router = CopyRouter(self._origin, shards, self._bus, refusals)
        self._desk = GatewayDesk(self._registry, router, router, self._orders, refusals, scheduler.clocks)
        self._station_desk = StationDesk(self._registry, router, router, self._orders, refusals, scheduler)
        self._housekeeper = Housekeeper(store, self._registry, refusals)
        self._listener = Listener(addresses.database_conninfo, _Gateways(reader, self._registry))

    async def run(self, stop: asyncio.Event) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(one) for one in (self._listener.run(), self._bus.run())]
                await self._listener.loaded.wait()
                now = clock.now()
                self._ledger.recall(await self._reader.sent_since(now - HOUR), now, clock.monotonic_s())
                running += [tasks.create_task(one) for one in await self._listen()]
                await stop.wait()
                self.udp.close()
                await self._stations.stop_listening()
                await self._bus.finish()
                await self._flush()
                for task in running:
                    task.cancel()
        except* (Conflict, Unavailable) as group:
            raise group.exceptions[0] from None

    async def _listen(self) -> list[Coroutine[None, None, None]]:
        where = self._addresses.stations
        await self._bus.start(self._ordered)
        port = self.udp.start(self._desk, self._addresses.udp_host, self._addresses.udp_port)
        tls = await self._stations.start(self._station_desk, where)
        log.info("%d gateways; listening on UDP %d", len(self._registry.gateways), port)
        return [
            every(PRESENCE_EVERY_S, self._say_who_is_here),
            every(2.0, self._flush),
            every(_FORGET_EVERY_S, self._forget_old),
            every(_NOTE_CERTIFICATES_EVERY_S, self._note_certificates),
            every(_LOOK_AFTER_TLS_EVERY_S, self._stations.renewing(where, tls)),
        ]

    def _ordered(self, order: Order) -> None:
        self._orders.ordered(order, clock.now(), clock.monotonic_s())

    async def _say_who_is_here(self) -> None:
        self._bus.here(presence(self._origin, self._registry, self._radio.reaches))

    async def _flush(self) -> None:
        batch = await self._housekeeper.flush()
        if batch.gateways and self._client.is_connected:
            with suppress(NatsError, OSError):
                await self._client.publish(LIVE_GATEWAYS, _ENCODER.encode(batch))

    async def _forget_old(self) -> None:
        self._orders.forget_old(clock.monotonic_s())

    async def _note_certificates(self) -> None:
        await self._stations.note_use(self._station_desk)


class _Gateways:
    """The list of gateways follows the database; devices are the shards' business."""

    def __init__(self, reader: Reader, registry: Registry) -> None:
        self._reader = reader
        self._registry = registry
        self._tasks: set[asyncio.Task[None]] = set()

    async def load_all(self) -> None:
        self._registry.put_gateways(await self._reader.gateways())

    def announced(self, channel: str, payload: str) -> None:  # noqa: ARG002 - as the listener says it
        if payload == "gateways":
            task = asyncio.get_running_loop().create_task(self._reload())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _reload(self) -> None:
        """An outage breaks the listening, too, and after it everything is loaded anew."""
        try:
            await self.load_all()
        except Unavailable as error:
            log.warning("The list of gateways waits for the database: %s", error)

"""The integrations process: the network's news into the event log, and from there to MQTT, webhooks and open streams.

News is acknowledged once its events are durable. MQTT and each webhook then read the log from their own places, which
the database keeps: stopped at any moment, this process goes on where each of them was.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
import uvloop
from django.conf import settings
from nats.aio.client import Client
from nats.aio.msg import Msg
from psycopg import AsyncConnection, InterfaceError, OperationalError

from maillage.kernel import clock
from maillage.kernel.errors import Unavailable
from maillage.lorawan.device_models import device_models
from maillage.lorawan.events import DOWNLINKS, UPLINKS, DownlinkBatch, DownlinkUpdate, Uplink, UplinkBatch
from maillage.lorawan.integrations.events import LIVE_EVENTS, NOTIFY_INTEGRATIONS, LiveEvents
from maillage.lorawan.integrations.intake import Intake
from maillage.lorawan.integrations.mqtt.broker_file import read_address
from maillage.lorawan.integrations.store import EventStore
from maillage.lorawan.integrations.webhooks.courier import Couriers
from maillage.lorawan.integrations.webhooks.sender import Sender
from maillage.lorawan.integrations.webhooks.store import HookStore
from maillage.lorawan.key_ring import key_ring
from maillage.processes import bus
from maillage.processes.command import Desk
from maillage.processes.mqtt_desk import MqttDesk
from maillage.processes.running import told_to_stop, until_terminated
from maillage.telemetry.database import conninfo

FOLLOWING = bus.Following("integrations", (UPLINKS, DOWNLINKS))
RETRY_S = 1.0
DROP_DAYS_EVERY = timedelta(hours=1)
_LOG = logging.getLogger(__name__)
_ENCODER = msgspec.json.Encoder()
_UPLINKS = msgspec.json.Decoder(UplinkBatch)
_DOWNLINKS = msgspec.json.Decoder(DownlinkBatch)


def main() -> None:
    """Work until SIGTERM."""
    uvloop.run(_run())


class Gatherer:
    """Follows the network and writes the event log; tells those who read it. ``mqtt`` None: no broker here."""

    def __init__(self, client: Client, store: EventStore, couriers: Couriers, mqtt: MqttDesk | None) -> None:
        self._client = client
        self._reader = bus.Reader(client, FOLLOWING)
        self._store = store
        self._couriers = couriers
        self._mqtt = mqtt

    async def run(self) -> None:
        """Follow until cancelled."""
        while not told_to_stop():
            await self.step()

    async def step(self) -> int:
        """Take in what the bus has now; returns how many applications have new events. Waits for the database."""
        messages = await self._reader.fetch()
        if not messages:
            return 0
        uplinks, updates = _news(messages)
        fresh = await self._write_patiently(uplinks, updates, messages)
        await bus.acknowledge(messages)
        await self.tell(fresh)
        return len(fresh)

    async def tell(self, applications: set[UUID]) -> None:
        """Those who read the log may look again."""
        if not applications:
            return
        self._couriers.feed(applications)
        if self._mqtt is not None:
            self._mqtt.feed()
        live = LiveEvents(sorted(str(application) for application in applications))
        await bus.publish_live(self._client, LIVE_EVENTS, _ENCODER.encode(live))

    async def _write_patiently(
        self, uplinks: Sequence[Uplink], updates: Sequence[DownlinkUpdate], messages: Sequence[Msg]
    ) -> set[UUID]:
        while True:
            try:
                known = await self._store.known(uplinks, updates)
                harvest = intake().harvest(known, updates)
                return await self._store.write(harvest, clock.now())
            except Unavailable as problem:
                _LOG.warning("the database does not answer, %d messages wait: %s", len(messages), problem)
                await bus.keep_waiting(messages)
                await asyncio.sleep(RETRY_S)


def intake() -> Intake:
    """With the models known now: an import may have brought others."""
    return Intake(device_models(), settings.LORAWAN_REGION)


async def listen(address: str, couriers: Couriers, mqtt: MqttDesk | None) -> None:
    """Hear, until cancelled, what people change."""
    while True:
        try:
            async with contextlib.aclosing(_notices(address)) as notices:
                async for application_id in notices:
                    couriers.change(application_id)
                    if mqtt is not None:
                        mqtt.change()
        except (OperationalError, InterfaceError) as problem:
            _LOG.warning("the database does not answer: %s", problem)
        await asyncio.sleep(RETRY_S)


async def drop_old_days(store: EventStore) -> None:
    """Forget, until cancelled, the days past their retention."""
    while True:
        try:
            await store.drop_old_days(clock.now().date())
        except Unavailable as problem:
            _LOG.warning("old events stay a while: %s", problem)
        await asyncio.sleep(DROP_DAYS_EVERY.total_seconds())


def _news(messages: Sequence[Msg]) -> tuple[list[Uplink], list[DownlinkUpdate]]:
    """What they tell, in order; one that nobody can read is put aside, or it would come for ever."""
    uplinks: list[Uplink] = []
    updates: list[DownlinkUpdate] = []
    for message in messages:
        try:
            if message.subject == DOWNLINKS:
                updates += _DOWNLINKS.decode(message.data).updates
            else:
                uplinks += _UPLINKS.decode(message.data).uplinks
        except msgspec.MsgspecError as problem:
            _LOG.error("a message of %d bytes is no batch: %s", len(message.data), problem)
    return uplinks, updates


async def _notices(address: str) -> AsyncGenerator[UUID | None, None]:
    """Applications that were changed; None first, for what was said before we listened."""
    async with await AsyncConnection.connect(
        address, autocommit=True, application_name="maillage integrations listener"
    ) as connection:
        await connection.execute(f"LISTEN {NOTIFY_INTEGRATIONS}")
        yield None
        async for notice in connection.notifies():
            yield UUID(notice.payload)


async def _run() -> None:
    address = conninfo()
    client = await bus.connect(settings.ENVIRONMENT.nats_url, "integrations")
    store, hooks = EventStore(address), HookStore(address, key_ring())
    sender, desk = Sender(private_allowed=settings.WEBHOOKS_MAY_BE_PRIVATE), Desk()
    couriers = Couriers(hooks, sender)
    broker = read_address(settings.MQTT_BROKER_FILE)
    mqtt = MqttDesk(broker, store, desk, intake) if broker is not None else None
    gatherer = Gatherer(client, store, couriers, mqtt)
    jobs = [gatherer.run(), couriers.run(), listen(address, couriers, mqtt), drop_old_days(store)]
    try:
        await hooks.open()
        if mqtt is None:
            _LOG.warning("there is no MQTT broker here: %s is missing", settings.MQTT_BROKER_FILE)
        else:
            jobs.append(mqtt.run(gatherer.tell))
        await until_terminated(*jobs)
    finally:
        await asyncio.gather(sender.close(), hooks.close(), store.close(), desk.close(), client.close())

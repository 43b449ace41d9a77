"""Feeds the web process's hub with what the bus and the database tell live pages.

Everything here may be lost without harm, because a page that missed something reads a snapshot: a peer that goes away
is waited for, and never brings a page down.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import msgspec
from nats.aio.msg import Msg
from psycopg import AsyncConnection, InterfaceError, OperationalError

from maillage.command.alarms.events import NOTIFY_ALARM, AlarmUpdate
from maillage.command.alarms.live import alarm_messages
from maillage.command.events import NOTIFY_COMMAND, CommandUpdate
from maillage.command.live import command_message, observation_messages
from maillage.lorawan.events import LIVE_FRAMES, LIVE_GATEWAYS, FrameBatch, GatewayBatch
from maillage.lorawan.integrations.events import LIVE_EVENTS, LiveEvents, events_topic
from maillage.lorawan.live import frame_messages, gateway_messages
from maillage.processes import bus
from maillage.telemetry.events import LIVE_OBSERVATIONS, LiveObservationBatch
from maillage.web.live import Hub, LiveMessage

Event = TypeVar("Event")

RETRY_S = 2.0
_LOG = logging.getLogger(__name__)


async def feed(hub: Hub, nats_url: str, conninfo: str) -> None:
    """Feed ``hub`` until cancelled."""
    await asyncio.gather(_hear_the_bus(hub, nats_url), _hear_the_database(hub, conninfo))


async def _hear_the_bus(hub: Hub, nats_url: str) -> None:
    client = await bus.connect(nats_url, "web")
    try:
        await client.subscribe(LIVE_OBSERVATIONS, cb=_told(hub, LiveObservationBatch, observation_messages))
        await client.subscribe(LIVE_FRAMES, cb=_told(hub, FrameBatch, frame_messages))
        await client.subscribe(LIVE_GATEWAYS, cb=_told(hub, GatewayBatch, gateway_messages))
        await client.subscribe(LIVE_EVENTS, cb=_told(hub, LiveEvents, _application_messages))
        await asyncio.Event().wait()
    finally:
        await client.close()


def _application_messages(event: LiveEvents) -> list[LiveMessage]:
    """Who follows an application's log looks at it again; the key merges what comes together."""
    return [LiveMessage(events_topic(application), "{}", key="new") for application in event.applications]


def _told(
    hub: Hub, kind: type[Event], messages_of: Callable[[Event], Iterable[LiveMessage]]
) -> Callable[[Msg], Awaitable[None]]:
    decoder = msgspec.json.Decoder(kind)

    async def tell(message: Msg) -> None:
        if hub.subscriber_count == 0:
            return
        try:
            event = decoder.decode(message.data)
        except msgspec.MsgspecError as problem:
            _LOG.error("a message on %s cannot be read: %s", message.subject, problem)
            return
        publish(hub, messages_of(event))

    return tell


def publish(hub: Hub, messages: Iterable[LiveMessage]) -> None:
    """Hand each message to whoever has its topic open."""
    for message in messages:
        hub.publish(message.topic, message.data, key=message.key)


def _database_messages(channel: str, payload: str) -> Iterable[LiveMessage]:
    if channel == NOTIFY_ALARM:
        return alarm_messages(msgspec.json.decode(payload, type=AlarmUpdate))
    return [command_message(msgspec.json.decode(payload, type=CommandUpdate))]


async def _hear_the_database(hub: Hub, conninfo: str) -> None:
    while True:
        try:
            async with await AsyncConnection.connect(conninfo, autocommit=True) as connection:
                for channel in (NOTIFY_COMMAND, NOTIFY_ALARM):
                    await connection.execute(f"LISTEN {channel}")
                async for notice in connection.notifies():
                    publish(hub, _database_messages(notice.channel, notice.payload))
        except (OperationalError, InterfaceError) as problem:
            _LOG.warning("the database does not answer: %s", problem)
        await asyncio.sleep(RETRY_S)

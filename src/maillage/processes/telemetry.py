"""The telemetry writer: uplinks from the bus become observations in the database, then live values on pages.

A message is acknowledged only after its observations are committed. While the bus or the database is away the writer
waits; a message that comes again changes nothing.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import msgspec
import uvloop
from django.conf import settings
from nats.aio.client import Client
from nats.aio.msg import Msg
from psycopg import AsyncConnection, InterfaceError, OperationalError

from maillage.kernel import clock
from maillage.lorawan.events import UPLINKS, Uplink, UplinkBatch
from maillage.processes import bus
from maillage.processes.running import until_terminated
from maillage.processes.telemetry_pushes import Pushes
from maillage.telemetry.database import conninfo
from maillage.telemetry.events import LIVE_OBSERVATIONS, NOTIFY_THINGS
from maillage.telemetry.rollups.store import Roller
from maillage.telemetry.store import ObservationStore
from maillage.telemetry.writer import Directory, live_messages, take_in

FOLLOWING = bus.Following("telemetry-writer", (UPLINKS,))
RETRY_S = 1.0
SUM_UP_EVERY_S = 2.0  # what is written to meanwhile is summed up once
_APPLICATION = "maillage telemetry"
_LOG = logging.getLogger(__name__)
_DECODER = msgspec.json.Decoder(UplinkBatch)
_DATABASE_AWAY = (OperationalError, InterfaceError)


def main() -> None:
    """Write until SIGTERM."""
    uvloop.run(_run())


class Writer:
    """One writer over one database connection, which it opens again when lost."""

    def __init__(self, conninfo: str, client: Client) -> None:
        self._conninfo = conninfo
        self._client = client
        self._reader = bus.Reader(client, FOLLOWING)
        self._directory = Directory()
        self._store: ObservationStore | None = None
        self._connection: AsyncConnection | None = None

    async def run(self) -> None:
        """Write until cancelled."""
        try:
            while True:
                await self.step()
        finally:
            await self._disconnect()

    async def step(self) -> int:
        """Store what the bus has now; returns the number of observations. Waits as long as the database is away."""
        await self._load()
        messages = await self._reader.fetch()
        uplinks = _uplinks(messages)
        stored = await self._store_patiently(uplinks, messages) if uplinks else 0
        await bus.acknowledge(messages)
        return stored

    async def listen(self) -> None:
        """Hear, until cancelled, which devices were installed, moved or removed."""
        while True:
            try:
                async with contextlib.aclosing(_notices(self._conninfo)) as notices:
                    async for dev_eui in notices:
                        self._hear(dev_eui)
            except _DATABASE_AWAY as problem:
                _LOG.warning("the database does not answer: %s", problem)
            await asyncio.sleep(RETRY_S)

    async def _load(self) -> None:
        """All datastreams, before the first uplink asks for them. While the database is away, uplinks will wait."""
        try:
            await self._directory.load(await self._connected())
        except _DATABASE_AWAY as problem:
            _LOG.warning("the database does not answer: %s", problem)
            await self._disconnect()

    def _hear(self, dev_eui: str | None) -> None:
        if dev_eui is None:
            self._directory.forget_everything()
        else:
            self._directory.forget(dev_eui)

    async def _store_patiently(self, uplinks: Sequence[Uplink], messages: Sequence[Msg]) -> int:
        while True:
            try:
                return await self._store_once(uplinks)
            except _DATABASE_AWAY as problem:
                _LOG.warning("the database does not answer, %d uplinks wait: %s", len(uplinks), problem)
                await self._disconnect()
                await bus.keep_waiting(messages)
                await asyncio.sleep(RETRY_S)

    async def _store_once(self, uplinks: Sequence[Uplink]) -> int:
        intake = await take_in(uplinks, self._directory, await self._connected(), clock.now())
        for payload in live_messages(intake.taken):
            await bus.publish_live(self._client, LIVE_OBSERVATIONS, payload)
        return len(intake.taken)

    async def _connected(self) -> ObservationStore:
        if self._store is None:
            self._connection = await AsyncConnection.connect(
                self._conninfo, autocommit=True, application_name=_APPLICATION
            )
            self._store = ObservationStore(self._connection)
        return self._store

    async def _disconnect(self) -> None:
        connection, self._connection, self._store = self._connection, None, None
        if connection is not None:
            await connection.close()


async def sum_up(address: str, folder: Path) -> None:
    """Keep the summaries of hours and days true until cancelled; ``folder`` is the archive's."""
    while True:
        try:
            async with await AsyncConnection.connect(
                address, autocommit=True, application_name=f"{_APPLICATION} summaries"
            ) as connection:
                roller = Roller(connection, folder)
                while True:
                    await roller.catch_up()
                    await asyncio.sleep(SUM_UP_EVERY_S)
        except _DATABASE_AWAY as problem:
            _LOG.warning("the database does not answer, summaries wait: %s", problem)
        await asyncio.sleep(RETRY_S)


async def _run() -> None:
    client = await bus.connect(settings.ENVIRONMENT.nats_url, "telemetry-writer")
    writer = Writer(conninfo(), client)
    try:
        await until_terminated(
            writer.run(), writer.listen(), sum_up(conninfo(), settings.ARCHIVE_FOLDER), Pushes(client).run()
        )
    finally:
        await client.close()


def _uplinks(messages: Sequence[Msg]) -> list[Uplink]:
    """The uplinks of ``messages``; one that nobody can read is put aside, or it would come for ever."""
    found: list[Uplink] = []
    for message in messages:
        try:
            found.extend(_DECODER.decode(message.data).uplinks)
        except msgspec.MsgspecError as problem:
            _LOG.error("a message of %d bytes is no batch of uplinks: %s", len(message.data), problem)
    return found


async def _notices(address: str) -> AsyncGenerator[str | None, None]:
    """Payloads of the channel; None first, for what was said before we listened."""
    async with await AsyncConnection.connect(
        address, autocommit=True, application_name=f"{_APPLICATION} listener"
    ) as connection:
        await connection.execute(f"LISTEN {NOTIFY_THINGS}")
        yield None
        async for notice in connection.notifies():
            yield notice.payload

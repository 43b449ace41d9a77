"""Hears what PostgreSQL announces, and asks for everything again after every silence it may have slept through."""

import asyncio
import logging
from typing import Protocol

from psycopg import AsyncConnection, OperationalError

from maillage.kernel.errors import Unavailable
from maillage.lorawan.events import NOTIFY_DOWNLINK, NOTIFY_REGISTRY

log = logging.getLogger(__name__)
_RETRY_S = 1.0


class Follower(Protocol):
    """Who wants to know."""

    async def load_all(self) -> None: ...

    def announced(self, channel: str, payload: str) -> None: ...


class Listener:
    """Loads everything each time listening begins; ``loaded`` is set after the first time."""

    def __init__(self, conninfo: str, changes: Follower) -> None:
        self._conninfo = conninfo
        self._changes = changes
        self.loaded = asyncio.Event()

    async def run(self) -> None:
        while True:
            try:
                await self._listen()
            except (OperationalError, Unavailable) as error:
                log.warning("Listening to the database is interrupted: %s", error)
            await asyncio.sleep(_RETRY_S)

    async def _listen(self) -> None:
        async with await AsyncConnection.connect(
            self._conninfo, autocommit=True, application_name="maillage lorawan listener", connect_timeout=5
        ) as connection:
            await connection.execute(f"LISTEN {NOTIFY_DOWNLINK}")
            await connection.execute(f"LISTEN {NOTIFY_REGISTRY}")
            await self._changes.load_all()
            self.loaded.set()
            async for notice in connection.notifies():
                self._changes.announced(notice.channel, notice.payload)

"""One group after the other made durable, however often the database goes away meanwhile."""

import asyncio
import logging
from collections import deque
from typing import Protocol

from maillage.kernel.errors import Unavailable
from maillage.lorawan.server.joins import PlannedJoin, PlannedRejoin
from maillage.lorawan.server.rows import GroupRows

log = logging.getLogger(__name__)
_RETRY_S = 0.5
_IDS_AT_ONCE = 2_000


class GroupStore(Protocol):
    """What ``lorawan.store.Store`` offers. Every method raises ``Unavailable`` when the database does not answer."""

    async def connect(self) -> None: ...

    async def reserve_frame_ids(self, count: int) -> list[int]: ...

    async def commit_group(self, group: GroupRows) -> None: ...

    async def is_committed(self, group: GroupRows) -> bool: ...

    async def commit_joins(self, joins: list[PlannedJoin]) -> set[str]: ...

    async def committed_joins(self, joins: list[PlannedJoin]) -> set[str]: ...

    async def commit_rejoin(self, rejoin: PlannedRejoin) -> None: ...


class Committer:
    """Returns only when the database has it. Frames keep coming meanwhile; the sieve bounds how many may wait."""

    def __init__(self, store: GroupStore) -> None:
        self._store = store
        self._ids: deque[int] = deque()

    async def frame_ids(self, count: int) -> list[int]:
        """Identifiers for the frames of the next group, rising."""
        while len(self._ids) < count:
            try:
                self._ids.extend(await self._store.reserve_frame_ids(max(count, _IDS_AT_ONCE)))
            except Unavailable as error:
                await self._reconnect(error)
        return [self._ids.popleft() for _ in range(count)]

    async def commit(self, group: GroupRows) -> None:
        """A commit whose answer was lost is looked for before it is tried again: never twice."""
        try:
            await self._store.commit_group(group)
        except Unavailable as error:
            await self._commit_again(group, error)

    async def commit_joins(self, joins: list[PlannedJoin]) -> set[str]:
        """DevEUIs whose join is durable, also when the answer to the commit was lost: the session row has changed."""
        try:
            return await self._store.commit_joins(joins)
        except Unavailable as error:
            return await self._commit_joins_again(joins, error)

    async def commit_rejoin(self, rejoin: PlannedRejoin) -> None:
        """A commit whose answer was lost is simply done again: the second time changes nothing."""
        while True:
            try:
                await self._store.commit_rejoin(rejoin)
            except Unavailable as error:
                await self._reconnect(error)
            else:
                return

    async def _commit_joins_again(self, joins: list[PlannedJoin], error: Unavailable) -> set[str]:
        while True:
            await self._reconnect(error)
            try:
                done = await self._store.committed_joins(joins)
                left = [join for join in joins if join.device.dev_eui not in done]
                return done | (await self._store.commit_joins(left) if left else set())
            except Unavailable as again:
                error = again

    async def _commit_again(self, group: GroupRows, error: Unavailable) -> None:
        while True:
            await self._reconnect(error)
            try:
                if not await self._store.is_committed(group):
                    await self._store.commit_group(group)
            except Unavailable as again:
                error = again
            else:
                return

    async def _reconnect(self, error: Unavailable) -> None:
        log.warning("The database is away, frames wait in memory: %s", error)
        while True:
            try:
                await self._store.connect()
            except Unavailable:
                await asyncio.sleep(_RETRY_S)
            else:
                log.warning("The database is back.")
                return

"""Hands what is durable to the event bus. When the bus is away the frame log is the buffer: nothing is lost.

At start, and after an outage too long for memory, uplinks after the publication cursor are read back from the log and
published again: at least once, never silently not.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from maillage.kernel.errors import Unavailable
from maillage.lorawan.events import (
    DOWNLINKS,
    UPLINKS,
    DownlinkBatch,
    DownlinkUpdate,
    Uplink,
    UplinkBatch,
)
from maillage.lorawan.server.publications import PublicationTracker

log = logging.getLogger(__name__)
_ENCODER = msgspec.json.Encoder()
_BATCH = 500
_WAITING_MAX = 20_000
_RETRY_S = 0.5


class Bus(Protocol):
    """The event bus. ``publish`` returns when it is stored; raises ``Unavailable``. ``tell`` may lose."""

    async def publish(self, subject: str, message: bytes) -> None: ...

    async def tell(self, subject: str, message: bytes) -> None: ...


class Publisher:
    """``read_back(after, limit)`` gives logged uplinks ready to be published."""

    def __init__(
        self, bus: Bus, tracker: PublicationTracker, read_back: Callable[[int, int], Awaitable[list[Uplink]]]
    ) -> None:
        self._bus = bus
        self._tracker = tracker
        self._read_back = read_back
        self._uplinks: deque[Uplink] = deque()
        self._downlinks: deque[DownlinkUpdate] = deque(maxlen=_WAITING_MAX)
        self._is_behind = True
        self._is_waiting = False
        self._work = asyncio.Event()
        self._work.set()
        self._idle = asyncio.Event()

    def uplinks(self, uplinks: list[Uplink]) -> None:
        """Committed and decoded."""
        if self._is_behind:
            return
        self._uplinks.extend(uplinks)
        if len(self._uplinks) > _WAITING_MAX:
            log.warning("The event bus is away: uplinks wait in the frame log.")
            self._uplinks.clear()
            self._is_behind = True
        self._work.set()

    def downlinks(self, updates: list[DownlinkUpdate]) -> None:
        self._downlinks.extend(updates)
        self._work.set()

    async def tell(self, subject: str, message: msgspec.Struct) -> None:
        """For pages that look on. Lost when the bus is away."""
        await self._bus.tell(subject, _ENCODER.encode(message))

    async def run(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            try:
                await self._publish_all()
            except Unavailable as error:
                self._waits(error)
                await asyncio.sleep(_RETRY_S)
                self._work.set()
            else:
                self._goes_on()

    def _waits(self, error: Unavailable) -> None:
        """Said once an outage."""
        if not self._is_waiting:
            log.warning("Publishing waits: %s", error)
        self._is_waiting = True

    def _goes_on(self) -> None:
        if self._is_waiting:
            log.warning("Publishing goes on.")
        self._is_waiting = False

    async def drained(self) -> None:
        """Wait until nothing waits."""
        await self._idle.wait()

    async def _publish_all(self) -> None:
        self._idle.clear()
        while self._is_behind or self._uplinks or self._downlinks:
            if self._downlinks:
                await self._publish_downlinks()
            if self._is_behind:
                await self._catch_up()
            elif self._uplinks:
                await self._publish_uplinks()
        self._idle.set()

    async def _publish_uplinks(self) -> None:
        """The oldest of those waiting; without the ones that catching up has published meanwhile."""
        batch = [self._uplinks.popleft() for _ in range(min(len(self._uplinks), _BATCH))]
        fresh = [uplink for uplink in batch if self._tracker.is_outstanding(uplink.frame_id)]
        try:
            if fresh:
                await self._bus.publish(UPLINKS, _ENCODER.encode(UplinkBatch(fresh)))
        except Unavailable:
            self._uplinks.extendleft(reversed(fresh))
            raise
        self._tracker.published(uplink.frame_id for uplink in fresh)

    async def _publish_downlinks(self) -> None:
        batch = [self._downlinks[index] for index in range(min(len(self._downlinks), _BATCH))]
        await self._bus.publish(DOWNLINKS, _ENCODER.encode(DownlinkBatch(batch)))
        for _ in range(min(len(batch), len(self._downlinks))):
            self._downlinks.popleft()

    async def _catch_up(self) -> None:
        """One page of the log. What is committed from now on is handed over directly: the last page closes the gap."""
        self._is_behind = False
        self._uplinks.clear()
        is_last = False
        try:
            page = await self._read_back(self._tracker.cursor, _BATCH)
            if page:
                await self._bus.publish(UPLINKS, _ENCODER.encode(UplinkBatch(page)))
                self._tracker.caught_up(page[-1].frame_id)
            is_last = len(page) < _BATCH
        finally:
            self._is_behind = not is_last

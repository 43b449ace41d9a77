"""Keeps the downlink book level with the queue table: loads what is announced, has it encoded, ends what cannot be."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from maillage.kernel.errors import Unavailable
from maillage.lorawan.codecs.values import CodecFailure, Encoded
from maillage.lorawan.server.decoder import Codecs
from maillage.lorawan.server.downlinks import DownlinkBook, DownlinkState, FailureCause, WaitingDownlink
from maillage.lorawan.server.registry import Registry
from maillage.lorawan.server.sharding import ALONE, Shard

_FIRST_PORT, _LAST_PORT = 1, 223
"""Ports of applications (LoRaWAN L2 1.0.4, §4.3.2)."""


class QueueReader(Protocol):
    async def open_downlinks(self, dev_euis: Sequence[str] | None = None) -> list[WaitingDownlink]: ...

    async def ended_downlinks(self, ids: Sequence[str]) -> set[str]: ...


class QueueKeeper:
    """``clock`` gives the wall time of what it notes."""

    def __init__(
        self,
        reader: QueueReader,
        codecs: Codecs,
        registry: Registry,
        book: DownlinkBook,
        clock: Callable[[], datetime],
        shard: Shard = ALONE,
    ) -> None:
        self._reader = reader
        self._codecs = codecs
        self._registry = registry
        self._book = book
        self._clock = clock
        self._shard = shard
        self._one_at_a_time = asyncio.Lock()

    async def load(self, dev_euis: Sequence[str] | None = None) -> None:
        """Take in the open rows of these devices, or of all, and drop those called back."""
        async with self._one_at_a_time:
            await self._forget_called_back(dev_euis)
            fresh = await self._take_in(dev_euis)
        await asyncio.gather(*(self._prepare(downlink) for downlink in fresh))

    async def _forget_called_back(self, dev_euis: Sequence[str] | None) -> None:
        """The table ends a row only for its asker or for us, and what we end has left the book before."""
        waiting = {
            downlink.id: downlink
            for downlink in self._book
            if downlink.state is DownlinkState.QUEUED and (dev_euis is None or downlink.dev_eui in dev_euis)
        }
        ended = await self._reader.ended_downlinks(list(waiting)) if waiting else set()
        for downlink_id in ended & waiting.keys():
            if waiting[downlink_id].state is DownlinkState.QUEUED:
                self._book.forget(waiting[downlink_id])

    async def _take_in(self, dev_euis: Sequence[str] | None) -> list[WaitingDownlink]:
        """What the rows say is as old as their reading: one known by then may have been sent since, never twice."""
        known = self._book.known_ids()
        rows = await self._reader.open_downlinks(dev_euis)
        fresh = [row for row in rows if row.id not in known and self._is_ours(row.dev_eui)]
        for downlink in fresh:
            self._book.add(downlink)
        return fresh

    def _is_ours(self, dev_eui: str) -> bool:
        """Where its session is, or where it would join; one that nobody knows fails once, at its home."""
        device = self._registry.devices.get(dev_eui)
        return self._shard.is_home_of(dev_eui) if device is None else not device.is_guest

    async def _prepare(self, downlink: WaitingDownlink) -> None:
        device = self._registry.devices.get(downlink.dev_eui)
        if device is None:
            self._fail(downlink, "unknown_device", "")
        elif downlink.payload is None:
            await self._encode(downlink, device.model_key)
        elif downlink.f_port is None or not _FIRST_PORT <= downlink.f_port <= _LAST_PORT:
            self._fail(downlink, FailureCause.INVALID_PORT, f"FPort {downlink.f_port}")

    async def _encode(self, downlink: WaitingDownlink, model_key: str) -> None:
        try:
            outcome = await self._codecs.encode(model_key, downlink.data or {})
        except Unavailable as error:
            outcome = CodecFailure(error.code, "")
        if isinstance(outcome, Encoded) and not _FIRST_PORT <= outcome.f_port <= _LAST_PORT:
            self._fail(downlink, FailureCause.INVALID_PORT, f"FPort {outcome.f_port}")
        elif isinstance(outcome, Encoded):
            self._book.encoded(downlink, outcome.f_port, outcome.payload)
        else:
            self._fail(downlink, f"codec_{outcome.code}", outcome.message)

    def _fail(self, downlink: WaitingDownlink, cause: str, detail: str) -> None:
        if downlink.id in self._book:
            self._book.end(downlink, DownlinkState.FAILED, self._clock(), cause, detail)

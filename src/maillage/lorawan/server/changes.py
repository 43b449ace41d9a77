"""Follows what others write: devices and gateways added or changed, downlinks queued."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from maillage.kernel.errors import Unavailable
from maillage.lorawan.events import NOTIFY_DOWNLINK
from maillage.lorawan.server.queue_keeper import QueueKeeper
from maillage.lorawan.server.registry import DeviceState, GatewayState, Registry

log = logging.getLogger(__name__)
_GATEWAYS = "gateways"
_RETRY_S = 1.0
_DEVICES_AT_ONCE = 1_000


class RegistryReader(Protocol):
    async def gateways(self) -> list[GatewayState]: ...

    async def devices(self) -> list[DeviceState]: ...

    async def devices_named(self, dev_euis: Sequence[str]) -> list[DeviceState]: ...


class Changes:
    """Announcements are collected and worked off one after the other; several of a device count once."""

    def __init__(self, reader: RegistryReader, registry: Registry, queue: QueueKeeper) -> None:
        self._reader = reader
        self._registry = registry
        self._queue = queue
        self._devices: set[str] = set()
        self._downlinks: set[str] = set()
        self._gateways = False
        self._work = asyncio.Event()

    async def load_all(self) -> None:
        """Everything anew: at start, and after announcements may have been missed. Sessions in memory stay."""
        self._registry.put_gateways(await self._reader.gateways())
        fresh = {device.dev_eui: device for device in await self._reader.devices()}
        for dev_eui in [known for known in self._registry.devices if known not in fresh]:
            self._registry.remove_device(dev_eui)
        for device in fresh.values():
            self._registry.put_device(device)
        await self._queue.load()

    def announced(self, channel: str, payload: str) -> None:
        if channel == NOTIFY_DOWNLINK:
            self._downlinks.add(payload)
        elif payload == _GATEWAYS:
            self._gateways = True
        else:
            self._devices.update(payload.split())
        self._work.set()

    async def run(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            try:
                await self._work_off()
            except Unavailable as error:
                log.warning("Announced changes wait for the database: %s", error)
                await asyncio.sleep(_RETRY_S)
                self._work.set()

    async def _work_off(self) -> None:
        """An announcement is crossed out before it is read for, so that the next one counts; back when that fails."""
        try:
            if self._gateways:
                self._gateways = False
                self._registry.put_gateways(await self._reader.gateways())
        except Unavailable:
            self._gateways = True
            raise
        await self._each(self._devices, self._refresh)
        await self._each(self._downlinks, self._load_queue)

    async def _each(self, announced: set[str], work: Callable[[list[str]], Awaitable[None]]) -> None:
        """Many at once: an import announces thousands."""
        while announced:
            some = sorted(announced)[:_DEVICES_AT_ONCE]
            announced.difference_update(some)
            try:
                await work(some)
            except Unavailable:
                announced.update(some)
                raise

    async def _load_queue(self, dev_euis: list[str]) -> None:
        await self._queue.load(dev_euis)

    async def _refresh(self, dev_euis: list[str]) -> None:
        found = await self._reader.devices_named(dev_euis)
        for dev_eui in set(dev_euis) - {device.dev_eui for device in found}:
            self._registry.remove_device(dev_eui)
        for device in found:
            self._registry.put_device(device)

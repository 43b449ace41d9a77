"""Follows what others write: devices and gateways added or changed, downlinks queued."""

import asyncio
import logging
from typing import Protocol

from maillage.kernel.errors import Unavailable
from maillage.lorawan.events import NOTIFY_DOWNLINK
from maillage.lorawan.server.queue_keeper import QueueKeeper
from maillage.lorawan.server.registry import DeviceState, GatewayState, Registry

log = logging.getLogger(__name__)
_GATEWAYS = "gateways"


class RegistryReader(Protocol):
    async def gateways(self) -> list[GatewayState]: ...

    async def devices(self) -> list[DeviceState]: ...

    async def device(self, dev_eui: str) -> DeviceState | None: ...


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
            self._devices.add(payload)
        self._work.set()

    async def run(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            try:
                await self._work_off()
            except Unavailable as error:
                log.warning("Announced changes wait for the next full load: %s", error)

    async def _work_off(self) -> None:
        gateways, self._gateways = self._gateways, False
        devices, self._devices = self._devices, set()
        downlinks, self._downlinks = self._downlinks, set()
        if gateways:
            self._registry.put_gateways(await self._reader.gateways())
        for dev_eui in devices:
            await self._refresh(dev_eui)
        if downlinks:
            await self._queue.load(sorted(downlinks))

    async def _refresh(self, dev_eui: str) -> None:
        device = await self._reader.device(dev_eui)
        if device is None:
            self._registry.remove_device(dev_eui)
        else:
            self._registry.put_device(device)

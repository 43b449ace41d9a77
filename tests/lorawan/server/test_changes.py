"""What the server does with the notices of others."""

import asyncio

from maillage.lorawan.events import NOTIFY_REGISTRY
from maillage.lorawan.server.changes import Changes
from maillage.lorawan.server.registry import DeviceState, Registry


class Table:
    """Devices in a database; remembers what was asked of it."""

    def __init__(self, *dev_euis):
        self.there = {eui: DeviceState(eui, 1, "0" * 16, bytes(16), "elsys-ers", 0, -1) for eui in dev_euis}
        self.asked = []
        self.answered = asyncio.Event()

    async def gateways(self):
        return []

    async def devices(self):
        return list(self.there.values())

    async def devices_named(self, dev_euis):
        self.asked.append(len(dev_euis))
        if sum(self.asked) >= len(self.there):
            self.answered.set()
        return [self.there[eui] for eui in dev_euis if eui in self.there]


async def followed(table, registry, *payloads):
    changes = Changes(table, registry, None)
    for payload in payloads:
        changes.announced(NOTIFY_REGISTRY, payload)
    task = asyncio.create_task(changes.run())
    async with asyncio.timeout(5):
        await table.answered.wait()
        await asyncio.sleep(0)
    task.cancel()


async def test_a_notice_of_many_devices_is_read_a_thousand_at_once():
    euis = [f"{number:016x}" for number in range(2_500)]
    table, registry = Table(*euis), Registry()
    await followed(table, registry, *(" ".join(euis[start : start + 400]) for start in range(0, 2_500, 400)))
    assert registry.devices.keys() == set(euis)
    assert table.asked == [1_000, 1_000, 500]


async def test_a_device_that_is_not_there_any_more_is_forgotten():
    known, gone = "a" * 16, "b" * 16
    registry = Registry()
    registry.put_device(DeviceState(gone, 1, "0" * 16, bytes(16), "elsys-ers", 0, -1))
    await followed(Table(known), registry, f"{known} {gone}")
    assert registry.devices.keys() == {known}

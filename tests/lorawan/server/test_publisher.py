"""At least once, whatever the bus does."""

import asyncio
import contextlib

import msgspec
import pytest
from tests.lorawan.server.conftest import START

from maillage.kernel.errors import Unavailable
from maillage.lorawan.events import UPLINKS, Uplink, UplinkBatch
from maillage.lorawan.server import publisher
from maillage.lorawan.server.publications import PublicationTracker
from maillage.lorawan.server.publisher import Publisher


def uplink(frame_id: int) -> Uplink:
    return Uplink(frame_id, "a" * 16, 1, START, frame_id, {"temperature": 19.0}, -80.0, 7.0, 1)


class World:
    """A bus that may be away, and a log."""

    def __init__(self, cursor: int = 0) -> None:
        self.is_away = False
        self.heard: list[int] = []
        self.log: list[Uplink] = []
        self.tracker = PublicationTracker(cursor)
        self.publisher = Publisher(self, self.tracker, self.read_back)

    async def publish(self, subject: str, message: bytes) -> None:
        if self.is_away:
            raise Unavailable("lorawan.event-bus-away")
        assert subject == UPLINKS
        self.heard += [found.frame_id for found in msgspec.json.decode(message, type=UplinkBatch).uplinks]

    async def tell(self, _subject: str, _message: bytes) -> None:
        raise AssertionError("nothing is told here")

    async def read_back(self, after: int, limit: int) -> list[Uplink]:
        return [found for found in self.log if found.frame_id > after][:limit]

    def commit(self, *ids: int) -> None:
        self.log += [uplink(frame_id) for frame_id in ids]
        self.tracker.committed(list(ids))
        self.publisher.uplinks([uplink(frame_id) for frame_id in ids])

    @contextlib.asynccontextmanager
    async def running(self):
        task = asyncio.create_task(self.publisher.run())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def all_published(self) -> None:
        async with asyncio.timeout(5):
            while len(self.tracker):  # noqa: ASYNC110 - a turn of the loop is what is waited for
                await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(publisher, "_RETRY_S", 0.0)


async def test_what_a_crash_left_unpublished_is_published_at_start():
    world = World(cursor=1)
    world.log = [uplink(1), uplink(2), uplink(3)]
    async with world.running():
        world.commit(4)
        await world.all_published()
    assert world.heard == [2, 3, 4]
    assert world.tracker.cursor == 4


async def test_a_short_outage_delays_and_loses_nothing():
    world = World()
    async with world.running():
        world.commit(1)
        await world.all_published()
        world.is_away = True
        world.commit(2, 3)
        for _ in range(10):
            await asyncio.sleep(0)
        assert world.tracker.cursor == 1
        world.is_away = False
        await world.all_published()
    assert world.heard == [1, 2, 3]


async def test_a_long_outage_is_read_back_from_the_log(monkeypatch):
    monkeypatch.setattr(publisher, "_WAITING_MAX", 2)
    world = World()
    async with world.running():
        world.commit(1)
        await world.all_published()
        world.is_away = True
        world.commit(2, 3, 4)
        world.commit(5)
        for _ in range(10):
            await asyncio.sleep(0)
        world.is_away = False
        await world.all_published()
    assert sorted(set(world.heard)) == [1, 2, 3, 4, 5]
    assert world.tracker.cursor == 5

"""Commits through outages: never lost, never twice."""

import pytest
from tests.lorawan.server.conftest import START

from maillage.kernel.errors import Unavailable
from maillage.lorawan.protocol.crypto import SessionKeys
from maillage.lorawan.server import committer
from maillage.lorawan.server.committer import Committer
from maillage.lorawan.server.joins import PlannedJoin
from maillage.lorawan.server.registry import DeviceState
from maillage.lorawan.server.rows import FrameRow, GroupRows


class FlakyStore:
    """Plays a script: ``away`` fails, ``lost`` commits and then fails, ``ok`` commits."""

    def __init__(self, *script: str) -> None:
        self.script = list(script)
        self.committed: list[GroupRows] = []
        self.connections = 0
        self.next_id = 1

    async def connect(self) -> None:
        self.connections += 1
        if self.connections % 2:
            raise Unavailable("lorawan.database-away")

    async def reserve_frame_ids(self, count):
        ids = list(range(self.next_id, self.next_id + count))
        self.next_id += count
        return ids

    async def commit_group(self, group):
        step = self.script.pop(0)
        if step != "away":
            self.committed.append(group)
        if step != "ok":
            raise Unavailable("lorawan.database-away")

    async def is_committed(self, group):
        return group in self.committed

    async def commit_joins(self, joins):
        await self.commit_group(joins)
        return {join.device.dev_eui for join in joins}

    async def committed_joins(self, joins):
        return {join.device.dev_eui for join in joins if joins in self.committed}


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(committer, "_RETRY_S", 0.0)


def group(frame_id: int) -> GroupRows:
    row = FrameRow(frame_id, START, "up", "a" * 16, 1, 1, 2, 0, 1, 868_100_000, "SF7BW125", b"", b"", b"[]", None)
    return GroupRows([], [row], [], [], 0)


@pytest.mark.parametrize("script", [("ok",), ("away", "ok"), ("away", "away", "ok"), ("lost",), ("away", "lost")])
async def test_a_group_is_committed_once_whatever_the_database_does(script):
    store = FlakyStore(*script)
    await Committer(store).commit(group(1))
    assert store.committed == [group(1)]
    assert store.script == []


async def test_identifiers_rise_across_reservations():
    found = Committer(FlakyStore())
    ids = [await found.frame_ids(1_500) for _ in range(3)]
    flat = [frame_id for part in ids for frame_id in part]
    assert flat == sorted(set(flat))
    assert len(flat) == 4_500


@pytest.mark.parametrize("script", [("ok",), ("away", "ok"), ("lost",), ("away", "lost")])
async def test_a_join_is_spent_once_and_known_whatever_the_database_does(script):
    store, device = FlakyStore(*script), DeviceState("a" * 16, 1, "b" * 16, b"k" * 16, "elsys-ers", 0, -1)
    join = PlannedJoin(device, 1, 1, 0x10, SessionKeys(b"n" * 16, b"a" * 16), 1, START, None, None)
    assert await Committer(store).commit_joins([join]) == {device.dev_eui}
    assert store.committed == [[join]]
    assert store.script == []

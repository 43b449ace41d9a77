"""What the network server writes, against the real engine."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from msgspec.structs import replace
from tests.lorawan.radio_side import KEYS, FakeDevice, register

from maillage.kernel.errors import Conflict, Unavailable
from maillage.lorawan.mac_exchange.state import INITIAL, MacState
from maillage.lorawan.protocol.crypto import SessionKeys
from maillage.lorawan.server.joins import PlannedJoin
from maillage.lorawan.server.queries import Reader
from maillage.lorawan.server.rows import (
    CounterRow,
    FrameRow,
    GroupRows,
    Housekeeping,
    LoggedDownlink,
    MacRow,
    Sighting,
    StatusReport,
)
from maillage.lorawan.server.sharding import Shard
from maillage.lorawan.store import Store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SEVENTH = Shard(7, 8)


@pytest.fixture
async def store(lorawan_conninfo):
    opened = Store(lorawan_conninfo, SEVENTH, KEYS)
    await opened.connect()
    await opened.keep_partitions(NOW.date(), 100_000)
    yield opened
    await opened.close()


def group(frame_id: int, *counters: CounterRow) -> GroupRows:
    frame = FrameRow(
        frame_id, NOW, "up", "a" * 16, 1, 1, 2, 0, 1, 868_100_000, "SF7BW125", b"p", None, b"[]", b'{"t": 1}'
    )
    return GroupRows(list(counters), [frame], [], [], frame_id - 1)


async def device_in(conninfo: str, fake: FakeDevice, *, joined: bool = True):
    register(conninfo, [fake], [], joined=joined)
    reader = Reader(conninfo, KEYS)
    (device,) = await reader.devices()
    await reader.close()
    return device


def planned(device, dev_nonce: int, dev_addr: int) -> PlannedJoin:
    keys = SessionKeys(b"n" * 16, b"a" * 16)
    return PlannedJoin(device, dev_nonce, device.join_nonce + 1, dev_addr, keys, 1, NOW, None, None)


async def test_counters_frames_and_cursor_are_committed_together(store, lorawan_conninfo):
    fake = FakeDevice(1)
    await device_in(lorawan_conninfo, fake)
    (frame_id,) = await store.reserve_frame_ids(1)
    rows = group(frame_id, CounterRow(fake.dev_eui, fake.dev_addr, 41, 7))
    assert not await store.is_committed(rows)
    await store.commit_group(rows)
    assert await store.is_committed(rows)
    reader = Reader(lorawan_conninfo, KEYS)
    (device,) = await reader.devices()
    assert (device.session.f_cnt_up, device.session.f_cnt_down) == (41, 7)
    assert await reader.publication_cursor() == frame_id - 1
    assert [found.id for found in await reader.uplinks_after(frame_id - 1, 10)] == [frame_id]
    await reader.close()


async def test_a_group_that_fails_leaves_nothing_behind(store, lorawan_conninfo):
    fake = FakeDevice(1)
    await device_in(lorawan_conninfo, fake)
    (frame_id,) = await store.reserve_frame_ids(1)
    await store.commit_group(group(frame_id))
    with pytest.raises(psycopg.errors.UniqueViolation):
        await store.commit_group(group(frame_id, CounterRow(fake.dev_eui, fake.dev_addr, 41, 7)))
    reader = Reader(lorawan_conninfo, KEYS)
    (device,) = await reader.devices()
    assert device.session.f_cnt_up == -1
    await reader.close()


async def test_the_counters_of_a_session_that_was_replaced_do_not_touch_the_new_one(store, lorawan_conninfo):
    fake = FakeDevice(1)
    await device_in(lorawan_conninfo, fake)
    (frame_id,) = await store.reserve_frame_ids(1)
    await store.commit_group(group(frame_id, CounterRow(fake.dev_eui, fake.dev_addr + 1, 41, 7)))
    reader = Reader(lorawan_conninfo, KEYS)
    (device,) = await reader.devices()
    assert device.session.f_cnt_up == -1
    await reader.close()


async def test_what_a_device_uses_and_was_told_comes_back_as_it_was(store, lorawan_conninfo):
    fake = FakeDevice(1)
    device = await device_in(lorawan_conninfo, fake)
    assert device.session.mac == INITIAL
    (frame_id,) = await store.reserve_frame_ids(1)
    told = MacState(
        *(5, 2, 3, 0x00FF, 1, 3, 869_525_000, 4, 6, b"\x03\x51\xff\x00\x01", 2, 70, NOW),
        settling=0x0120,
        taught=b"\x07taught",
        refused=b"\x05nope!",
    )
    rows = replace(group(frame_id), mac=[MacRow(fake.dev_eui, fake.dev_addr, 5, told)])
    await store.commit_group(rows)
    reader = Reader(lorawan_conninfo, KEYS)
    (found,) = await reader.devices()
    assert (found.session.mac, found.session.rx1_delay_s) == (told, 5)
    old = MacRow(fake.dev_eui, fake.dev_addr + 1, 9, INITIAL)
    await store.commit_group(replace(group(frame_id + 1), mac=[old]))
    (found,) = await reader.devices()
    assert found.session.mac == told
    assert await store.commit_joins([planned(device, 5, 0x10)]) == {fake.dev_eui}
    (found,) = await reader.devices()
    assert (found.session.mac, found.session.rx1_delay_s) == (INITIAL, 1)
    await reader.close()


async def test_what_a_device_says_of_its_battery_is_kept(store, lorawan_conninfo):
    fake = FakeDevice(1)
    await device_in(lorawan_conninfo, fake)
    await store.keep_house(Housekeeping([], [], {}, [StatusReport(fake.dev_eui, NOW, 254, -7)]))
    with psycopg.connect(lorawan_conninfo) as connection:
        row = connection.execute("SELECT battery, status_margin_db, status_at FROM lorawan_device").fetchone()
    assert row == (254, -7, NOW)


async def test_a_dev_nonce_is_spent_once_and_the_refused_join_changes_nothing(store, lorawan_conninfo):
    device = await device_in(lorawan_conninfo, FakeDevice(1), joined=False)
    assert await store.commit_joins([planned(device, 5, 0x10)]) == {device.dev_eui}
    device.join_nonce = 1
    assert await store.commit_joins([planned(device, 5, 0x20)]) == set()
    assert await store.commit_joins([planned(device, 4, 0x30)]) == {device.dev_eui}
    reader = Reader(lorawan_conninfo, KEYS)
    (found,) = await reader.devices()
    assert (found.join_nonce, found.last_dev_nonce, found.session.dev_addr) == (2, 5, 0x30)
    await reader.close()


async def test_old_days_of_the_frame_log_are_dropped_and_new_ones_made(store, lorawan_conninfo):
    await store.keep_partitions(NOW.date() + timedelta(days=8), 7)
    with psycopg.connect(lorawan_conninfo) as connection:
        names = {
            row[0]
            for row in connection.execute(
                "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'lorawan_frame'::regclass"
            )
        }
    assert "lorawan_frame_20260228" not in names
    assert {"lorawan_frame_20260302", "lorawan_frame_20260309", "lorawan_frame_20260311"} <= names


async def test_the_shard_has_one_owner(store, lorawan_conninfo):
    second = Store(lorawan_conninfo, SEVENTH, KEYS)
    with pytest.raises(Conflict, match="shard-owned"):
        await second.connect()
    await second.close()


async def test_an_owner_that_was_away_notices_that_another_took_over(store, lorawan_conninfo):
    await store.close()
    await store.connect()  # nobody came meanwhile
    await store.close()
    second = Store(lorawan_conninfo, SEVENTH, KEYS)
    await second.connect()
    await second.close()
    with pytest.raises(Conflict, match="shard-was-taken-over"):
        await store.connect()


async def test_a_join_whose_answer_was_lost_is_found_again(store, lorawan_conninfo):
    device = await device_in(lorawan_conninfo, FakeDevice(1), joined=False)
    join = planned(device, 5, 0x10)
    assert await store.committed_joins([join]) == set()
    await store.commit_joins([join])
    assert await store.committed_joins([join]) == {device.dev_eui}


async def test_housekeeping_goes_on_after_its_connection_alone_has_broken(store, lorawan_conninfo):
    device = await device_in(lorawan_conninfo, FakeDevice(1))
    work = Housekeeping([Sighting(device.dev_eui, NOW, -80.0, 7.0, ["aa"])], [], {})
    with psycopg.connect(lorawan_conninfo, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'maillage lorawan housekeeping' AND datname = current_database()"
        )
    with pytest.raises(Unavailable):
        await store.keep_house(work)
    await store.keep_house(work)
    with psycopg.connect(lorawan_conninfo) as connection:
        assert connection.execute("SELECT last_seen_at FROM lorawan_device").fetchone() == (NOW,)


async def test_what_was_sent_in_the_last_hour_is_read_back_for_the_duty_cycle(store, lorawan_conninfo):
    ids = await store.reserve_frame_ids(2)
    sent = [
        FrameRow(
            frame_id,
            at,
            "down",
            "a" * 16,
            1,
            1,
            3,
            0,
            1,
            868_100_000,
            "SF7BW125",
            b"12345",
            None,
            b'[{"eui":"aa"}]',
            None,
        )
        for frame_id, at in zip(ids, (NOW - timedelta(hours=2), NOW), strict=True)
    ]
    await store.commit_group(GroupRows([], sent, [], [], 0))
    reader = Reader(lorawan_conninfo, KEYS)
    assert await reader.sent_since(NOW - timedelta(hours=1)) == [LoggedDownlink(NOW, "aa", 868_100_000, "SF7BW125", 5)]
    await reader.close()

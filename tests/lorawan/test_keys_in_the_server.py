"""What the network server does with keys that it cannot read, and with notices of many devices."""

import logging

import psycopg
import pytest
from tests.lorawan.radio_side import KEYS, FakeDevice, register

from maillage.kernel.errors import Conflict
from maillage.lorawan.keys import KeyRing
from maillage.lorawan.server.queries import Reader


@pytest.fixture
async def reader(lorawan_conninfo):
    opened = Reader(lorawan_conninfo, KEYS)
    yield opened
    await opened.close()


async def test_keys_are_unwrapped_when_sessions_are_loaded(reader, lorawan_conninfo):
    fake = FakeDevice(1)
    register(lorawan_conninfo, [fake], [])
    (device,) = await reader.devices()
    assert device.app_key == fake.app_key
    assert (device.session.crypto.nwk_s_key, device.session.crypto.app_s_key) == fake.keys


async def test_no_key_stands_in_the_database_in_clear(lorawan_conninfo):
    fake = FakeDevice(1)
    register(lorawan_conninfo, [fake], [])
    with psycopg.connect(lorawan_conninfo) as connection:
        (stored,) = connection.execute(
            "SELECT app_key || nwk_s_key || app_s_key FROM lorawan_device JOIN lorawan_session ON dev_eui = device_id"
        ).fetchone()
    assert not any(key in bytes(stored) for key in (fake.app_key, *fake.keys))


async def test_a_device_with_a_damaged_key_is_left_out_and_named(reader, lorawan_conninfo, caplog):
    good, damaged = FakeDevice(1), FakeDevice(2)
    register(lorawan_conninfo, [good, damaged], [])
    with psycopg.connect(lorawan_conninfo) as connection:
        connection.execute("UPDATE lorawan_device SET app_key = 'x' WHERE dev_eui = %s", (damaged.dev_eui,))
    with caplog.at_level(logging.ERROR):
        assert [device.dev_eui for device in await reader.devices()] == [good.dev_eui]
    assert damaged.dev_eui in caplog.text


async def test_without_the_kek_the_server_does_not_pretend_that_the_network_is_empty(lorawan_conninfo):
    register(lorawan_conninfo, [FakeDevice(1)], [])
    stranger = Reader(lorawan_conninfo, KeyRing([bytes(32)]))
    with pytest.raises(Conflict, match="kek_unknown"):
        await stranger.devices()
    await stranger.close()


async def test_many_devices_are_read_at_once_and_unknown_ones_are_not_there(reader, lorawan_conninfo):
    fakes = [FakeDevice(number) for number in range(1, 6)]
    register(lorawan_conninfo, fakes, [])
    found = await reader.devices_named([*(fake.dev_eui for fake in fakes[:3]), "f" * 16])
    assert {device.dev_eui for device in found} == {fake.dev_eui for fake in fakes[:3]}

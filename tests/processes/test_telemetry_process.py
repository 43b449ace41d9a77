"""The telemetry writer over a real bus and a real database: nothing is lost, nothing is stored twice."""

import asyncio
from datetime import timedelta

import msgspec
import nats
import psycopg
import pytest
from tests.fixtures.things import VALVE_EUI

from maillage.kernel import clock
from maillage.lorawan.events import STREAM, UPLINKS, Uplink, UplinkBatch
from maillage.lorawan.stream import ensure_stream
from maillage.processes import bus
from maillage.processes.telemetry import Writer
from maillage.telemetry.events import LIVE_OBSERVATIONS, LiveObservationBatch
from maillage.telemetry.models import Observation


def batches(count):
    now = clock.now()
    for number in range(count):
        at = now - timedelta(minutes=10 * number)
        yield UplinkBatch([Uplink(number, VALVE_EUI, 1, at, number, {"air_temperature": 18.5}, -80.0, 7.0, 1)])


async def publish(client, messages):
    await ensure_stream(client.jetstream())
    for message in messages:
        data = message if isinstance(message, bytes) else msgspec.json.encode(message)
        await client.jetstream().publish(UPLINKS, data)


def over_the_bus(url, work):
    async def connected():
        client = await bus.connect(url, "test")
        try:
            return await work(client)
        finally:
            await client.close()

    return asyncio.run(connected())


async def one_step(conninfo, client):
    writer = Writer(conninfo, client)
    try:
        return await writer.step()
    finally:
        await writer._disconnect()


def test_uplinks_become_observations_then_live_values(committed_conninfo, equipment, bus_url):
    async def work(client):
        live = await client.subscribe(LIVE_OBSERVATIONS)
        await publish(client, [b"not a batch", *batches(3)])
        assert await one_step(committed_conninfo, client) == 3
        message = await live.next_msg(timeout=5)
        return msgspec.json.decode(message.data, type=LiveObservationBatch).observations

    live = over_the_bus(bus_url, work)
    assert Observation.objects.count() == 3
    assert {(one.quantity, one.thing_id, one.value) for one in live} == {("air_temperature", equipment.valve.pk, 18.5)}


def test_a_death_between_commit_and_acknowledgement_stores_nothing_twice(
    committed_conninfo, equipment, bus_url, monkeypatch
):
    class Killed(BaseException):
        pass

    async def die(messages):
        raise Killed

    async def work(client):
        await publish(client, batches(3))
        with monkeypatch.context() as dying:
            dying.setattr(bus, "acknowledge", die)
            with pytest.raises(Killed):
                await one_step(committed_conninfo, client)
        assert await stored(committed_conninfo) == 3
        info = await client.jetstream().consumer_info(STREAM, "telemetry-writer")
        assert info.num_ack_pending == 3
        again = Writer(committed_conninfo, client)
        heard = 0
        while not heard:
            heard = await again.step()
        await again._disconnect()
        assert heard == 3
        return await stored(committed_conninfo)

    monkeypatch.setattr(bus, "ACK_WAIT_S", 1)
    assert over_the_bus(bus_url, work) == 3


def test_while_the_database_is_away_the_writer_waits(committed_conninfo, equipment, bus_url, monkeypatch):
    monkeypatch.setattr("maillage.processes.telemetry.RETRY_S", 0.01)
    attempts = []

    async def work(client):
        writer = Writer(committed_conninfo, client)
        connect = writer._connected

        async def away_at_first():
            attempts.append(1)
            if len(attempts) < 4:
                raise psycopg.OperationalError("away")
            return await connect()

        monkeypatch.setattr(writer, "_connected", away_at_first)
        await publish(client, batches(2))
        stored_now = await writer.step()
        await writer._disconnect()
        await everything_acknowledged(client)
        return stored_now

    assert over_the_bus(bus_url, work) == 2
    assert len(attempts) == 4


async def stored(conninfo):
    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        cursor = await connection.execute("SELECT count(*) FROM telemetry_observation")
        return (await cursor.fetchone())[0]


async def everything_acknowledged(client):
    async with asyncio.timeout(10):
        pending = None
        while pending != 0:
            await asyncio.sleep(0.02)
            pending = (await client.jetstream().consumer_info(STREAM, "telemetry-writer")).num_ack_pending


def test_a_bus_that_goes_away_and_comes_back_loses_nothing(committed_conninfo, equipment, bus_url, monkeypatch):
    monkeypatch.setattr(bus, "RETRY_S", 0.01)

    async def work(client):
        writer = Writer(committed_conninfo, client)
        await publish(client, batches(1))
        heard = [await writer.step()]

        async def away(*args, **options):
            raise nats.errors.ConnectionClosedError

        monkeypatch.setattr(writer._reader._subscription, "fetch", away)
        await publish(client, list(batches(3))[1:])
        heard.append(await writer.step())
        while sum(heard) < 3:
            heard.append(await writer.step())
        await writer._disconnect()
        return heard[:2]

    assert over_the_bus(bus_url, work) == [1, 0]
    assert Observation.objects.count() == 3

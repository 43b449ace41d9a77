"""The rules process over a real bus and a real database: the bell rings, the alarm is raised."""

import asyncio
from datetime import timedelta

import msgspec
import psycopg
from django.db import connection
from tests.fixtures.measures import stream_of

from maillage.command.alarms.models import Alarm
from maillage.command.rules import actions
from maillage.command.rules.actions import Draft, Variable
from maillage.kernel import clock
from maillage.processes import bus
from maillage.processes.children import process_named
from maillage.processes.command import Desk
from maillage.processes.rules import Bell, Watchman
from maillage.telemetry.events import LIVE_OBSERVATIONS, LiveObservation, LiveObservationBatch
from maillage.telemetry.store import ObservationStore


def observe(conninfo, stream, at, value):
    async def write():
        async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as database:
            await ObservationStore(database).write([(stream, at, value, 0)])

    return write()


def test_it_is_one_of_the_houses_processes():
    assert process_named("rules").module == "maillage.processes.rules"


def test_what_the_bus_tells_is_judged_from_the_database(committed_conninfo, evry, equipment, bus_url):
    air = stream_of(equipment.valve, "air_temperature")
    draft = Draft("Trop froid", (Variable("air", (air,)),), "air < 16.0")
    rule = actions.add_rule(evry.mayor, evry.organisation.pk, draft)
    actions.enable_rule(evry.mayor, rule.pk, enabled=True)

    async def work():
        client, bell, desk = await bus.connect(bus_url, "test"), Bell(), Desk()
        try:
            await client.subscribe(LIVE_OBSERVATIONS, cb=bell.ring)
            watchman = Watchman(bell, desk)
            await watchman.step()  # a full look: nothing yet
            at = clock.now()
            await observe(committed_conninfo, air, at, 15.0)
            told = LiveObservation(air, evry.organisation.pk, equipment.valve.pk, "air_temperature", "Cel", at, 15.0)
            await client.publish(LIVE_OBSERVATIONS, b"not a batch")
            await client.publish(LIVE_OBSERVATIONS, msgspec.json.encode(LiveObservationBatch([told])))
            await client.flush()
            await asyncio.wait_for(bell.rung.wait(), 10)
            await watchman.step()
        finally:
            await desk.close()
            await client.close()

    asyncio.run(work())
    connection.ensure_connection()
    alarm = Alarm.objects.unscoped("test").get()
    assert (alarm.label, alarm.state, alarm.level) == ("Trop froid", "raised", 1)
    assert clock.now() - alarm.raised_at < timedelta(minutes=1)

"""The telemetry writer as a process of its own, killed again and again."""

import asyncio
import os
import signal
import subprocess
import sys
from datetime import timedelta

import msgspec
import nats
import psycopg
import pytest
from tests.fixtures.programs import wait_until
from tests.fixtures.things import VALVE_EUI

from maillage.kernel import clock
from maillage.lorawan.events import UPLINKS, Uplink, UplinkBatch
from maillage.processes import bus

pytestmark = pytest.mark.system
MESSAGES = 200
UPLINKS_EACH = 25
PROGRAM = "import django; django.setup(); from maillage.processes.telemetry import main; main()"


def started(conninfo, url):
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "maillage.config.settings",
        "MAILLAGE_DATABASE": conninfo,
        "MAILLAGE_NATS_URL": url,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    return subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment, stderr=subprocess.DEVNULL)


def batch(number, now):
    """Every uplink has its own instant, so that every observation is told apart."""
    first = number * UPLINKS_EACH
    return UplinkBatch(
        [
            Uplink(n, VALVE_EUI, 1, now - timedelta(seconds=n), n, {"air_temperature": 1.0}, -80.0, 7.0, 1)
            for n in range(first, first + UPLINKS_EACH)
        ]
    )


def stored(conninfo):
    with psycopg.connect(conninfo) as connection:
        return connection.execute("SELECT count(*) FROM telemetry_observation").fetchone()[0]


async def until(holds):
    await asyncio.to_thread(wait_until, holds, 60.0)


def test_killed_at_any_moment_the_writer_loses_and_doubles_nothing(committed_conninfo, equipment, bus_url, monkeypatch):
    """The redelivery of what a killed writer held is asked for quickly, or the test would wait a minute for it."""

    async def story():
        client = await nats.connect(bus_url)
        stream = client.jetstream()
        monkeypatch.setattr(bus, "ACK_WAIT_S", 1)
        await bus.follow(stream, bus.Following("telemetry-writer", (UPLINKS,), most_at_once=20))
        now = clock.now()
        writer = started(committed_conninfo, bus_url)
        try:
            for number in range(MESSAGES):
                await stream.publish(UPLINKS, msgspec.json.encode(batch(number, now)))
                if number % 100 == 50:
                    before = stored(committed_conninfo)
                    await until(lambda before=before: stored(committed_conninfo) > before)
                    writer.send_signal(signal.SIGKILL)
                    writer.wait()
                    writer = started(committed_conninfo, bus_url)
            await until(lambda: stored(committed_conninfo) >= MESSAGES * UPLINKS_EACH)
        finally:
            writer.terminate()
            code = writer.wait(20)
            await client.close()
        return code

    assert asyncio.run(story()) == 0
    assert stored(committed_conninfo) == MESSAGES * UPLINKS_EACH

"""Observations a second from the bus to the database, de-duplicated and summed up, and what each takes on the disk.

A thousand devices of five measures send uplinks dated every fifteen minutes of a month that has closed, published as
fast as the bus takes them; a twentieth of the messages comes twice. The end is when every observation is stored *and*
no hour waits to be summed up. Then the month is archived.
"""

import asyncio
import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import msgspec
import nats
import psycopg

from benchmarks.fixture import Fleet, populate
from benchmarks.installation import BenchmarkError, Installation, installed, wait_until
from benchmarks.meter import CpuMeter, use_between
from benchmarks.report import Report
from maillage.kernel import clock
from maillage.lorawan.events import UPLINKS, Uplink, UplinkBatch
from maillage.lorawan.simulator.load import LoadPlan, load_session
from maillage.lorawan.stream import ensure_stream
from maillage.telemetry.engine.calendar import month_of

DEVICES = 1_000
STEPS = 120
UPLINKS_A_MESSAGE = 50
EVERY = timedelta(minutes=15)
# Where each measure starts, how far it moves from one to the next, and its decimals.
MEASURES = {
    "air_temperature": (20.1, 0.2, 1),
    "relative_humidity": (41.0, 1.0, 0),
    "illuminance": (210.0, 30.0, 0),
    "co2": (612.0, 25.0, 0),
    "battery_voltage": (3.6, 0.003, 2),
}
DOUBLED_EVERY = 20
PLAN = LoadPlan(devices=DEVICES, gateways=1, copies=1)
FLEET = Fleet(0, DEVICES, "elsys-ers", "heating", 20)
_WITHIN_S = 600.0
_COUNT = "SELECT count(*) FROM telemetry_observation"
_WAITING = "SELECT count(*) FROM telemetry_stale"
_HOT = """
SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'telemetry_observation'::regclass
"""
_SUMMARIES = """
SELECT (SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'telemetry_hourly'::regclass)
    + pg_total_relation_size('telemetry_daily')
"""


def run() -> Report:
    """Publish, wait, archive."""
    with installed(lambda connection: populate(connection, PLAN, [FLEET]), ("telemetry",)) as place:
        expected = DEVICES * STEPS * len(MEASURES)
        messages = _messages([load_session(PLAN, index).dev_eui for index in range(DEVICES)], _begin())
        with place.database() as connection:
            meter = CpuMeter(place.pids, connection)
            before, started_s = meter.read(), clock.monotonic_s()
            asyncio.run(_publish(place.nats_url, messages))
            published_s = clock.monotonic_s() - started_s
            wait_until(lambda: _number(connection, _COUNT) >= expected, "everything is stored", _WITHIN_S)
            stored_s = clock.monotonic_s() - started_s
            wait_until(lambda: _number(connection, _WAITING) == 0, "everything is summed up", _WITHIN_S)
            done_s = clock.monotonic_s() - started_s
            others = use_between(before, meter.read()).others_s / done_s
            stored = _number(connection, _COUNT)
            if stored != expected:
                raise BenchmarkError(f"{stored} observations are stored, {expected} were sent")
            hot, summaries = _number(connection, _HOT), _number(connection, _SUMMARIES)
            _archive(place)
            archived = _number(connection, "SELECT sum(byte_count) FROM telemetry_archivedmonth")
            in_files = _number(connection, "SELECT sum(value_count) FROM telemetry_archivedmonth")
        row = {
            "observations": expected,
            "published_s": round(published_s, 1),
            "stored_s": round(stored_s, 1),
            "summed_up_s": round(done_s, 1),
            "observations_per_s": round(expected / done_s),
            "hot_bytes_each": round(hot / expected, 1),
            "summary_bytes_each": round(summaries / expected, 1),
            "archived_bytes_each": round(archived / in_files, 2),
            "others_cores": round(others, 2),
        }
        return Report("telemetry_ingest", "Observations from the bus to the archive", [row])


async def _publish(url: str, messages: list[bytes]) -> None:
    client = await nats.connect(url)
    bus = client.jetstream()
    await ensure_stream(bus)
    waiting: set[asyncio.Task[object]] = set()
    for number, data in enumerate(messages):
        for _ in range(2 if number % DOUBLED_EVERY == 0 else 1):
            waiting.add(asyncio.create_task(bus.publish(UPLINKS, data)))
        if len(waiting) > DOUBLED_EVERY:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                one.result()
    await asyncio.gather(*waiting)
    await client.close()


def _messages(names: list[str], begin: datetime) -> list[bytes]:
    """In the order of time. Devices keep their rhythm to some seconds; values wander, with a sensor's decimals."""
    encode, chance = msgspec.json.Encoder().encode, random.Random(7)
    values = [{quantity: start for quantity, (start, _, _) in MEASURES.items()} for _ in names]
    messages = []
    for step in range(STEPS):
        uplinks = []
        for index, dev_eui in enumerate(names):
            for quantity, (_, spread, _) in MEASURES.items():
                values[index][quantity] += chance.gauss(0, spread)
            at = begin + step * EVERY + timedelta(seconds=index % 900 + chance.uniform(0, 4))
            measures = {
                quantity: round(values[index][quantity], digits) for quantity, (_, _, digits) in MEASURES.items()
            }
            uplinks.append(Uplink(step * DEVICES + index, dev_eui, 1, at, step, measures, -80.0, 7.0, 1))
        messages += [
            encode(UplinkBatch(uplinks[first : first + UPLINKS_A_MESSAGE]))
            for first in range(0, DEVICES, UPLINKS_A_MESSAGE)
        ]
    return messages


def _begin() -> datetime:
    """The third of the month before last: closed, and not so old that it would be refused."""
    month = month_of(clock.now() - timedelta(days=45))
    return datetime(month.year, month.month, 3, tzinfo=UTC)


def _archive(place: Installation) -> None:
    argv = (sys.executable, "-m", "maillage.cli", "telemetry", "archive")
    done = subprocess.run(argv, check=False, cwd="/", env=place.environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise BenchmarkError(f"the month could not be archived:\n{done.stderr[-2000:]}")


def _number(connection: psycopg.Connection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0] or 0) if row else 0

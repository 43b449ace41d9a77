"""Memory of 100,000 sessions in the network server, and how long it takes to load them from the database.

The real reader and the real registry, in a fresh process for each size, over a database of its own. Memory is what the
process's resident set grew by; *used* is after every session's AES contexts were set up once, which happens to at most
``live_contexts`` of them at a time. The largest size is ``MAILLAGE_BENCH_SESSIONS`` (500,000 unless it is set).
"""

import asyncio
import gc
import os
import sys
import time
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import psycopg

from benchmarks.fixture import THINGS_A_SITE, Fleet, populate_network
from benchmarks.installation import KEK, installed
from benchmarks.report import Report
from maillage.lorawan.keys import KeyRing
from maillage.lorawan.server.queries import Reader
from maillage.lorawan.server.registry import Registry
from maillage.lorawan.server.settings import ServerSettings
from maillage.lorawan.simulator.load import LoadPlan

SESSIONS = int(os.environ.get("MAILLAGE_BENCH_SESSIONS", "500000"))
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES


async def loaded(conninfo: str) -> Registry:
    reader, registry = Reader(conninfo, KeyRing([KEK])), Registry(ServerSettings().live_contexts)
    for device in await reader.devices():
        registry.put_device(device)
    await reader.close()
    return registry


def measure(conninfo: str, told: Connection) -> None:
    """In a process of its own: what it grew by, and how long loading took."""
    gc.collect()
    before, started_s, cpu_s = resident_bytes(), time.monotonic(), time.process_time()
    registry = asyncio.run(loaded(conninfo))
    took_s, spent_s = time.monotonic() - started_s, time.process_time() - cpu_s
    gc.collect()
    quiet = resident_bytes() - before
    for device in registry.devices.values():
        if device.session is not None:
            registry.keep_context(device.session.crypto)
            device.session.crypto.uplink_mic(0, 0, b"")
    told.send((len(registry.devices), took_s, spent_s, quiet, resident_bytes() - before))


def measured(conninfo: str) -> dict[str, float]:
    context = get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=measure, args=(conninfo, there))
    process.start()
    there.close()
    count, took_s, cpu_s, quiet, used = here.recv()
    process.join()
    return {
        "sessions": count,
        "load, s": round(took_s, 1),
        "load, CPU s": round(cpu_s, 1),
        "MB per 100,000": round(quiet / count / 10, 1),
        "MB per 100,000, used": round(used / count / 10, 1),
    }


def fill(connection: psycopg.Connection, plan: LoadPlan, fleet: Fleet) -> None:
    with connection.transaction():
        populate_network(connection, plan, [fleet])


def run() -> Report:
    """100,000, then the largest size."""
    rows = []
    for count in sorted({min(100_000, SESSIONS), SESSIONS}):
        plan = LoadPlan(devices=count, gateways=3, copies=3)
        fleet = Fleet(0, count, "elsys-ers", "heating", THINGS_A_SITE)
        with installed(partial(fill, plan=plan, fleet=fleet), ()) as place:
            rows.append(measured(place.conninfo))
    facts = {
        "aims": "250 MB per 100,000 sessions; 20 s for 500,000",
        "live_contexts": ServerSettings().live_contexts,
        "python": sys.version.split()[0],
    }
    return Report("sessions", "Memory of sessions, and a cold start", rows, facts)

"""A year and a month of measures, generated once: twelve months in archive files, the last one in the database.

Kept in a folder outside the project (``/var/tmp``), with the database's cluster, for the next measurement.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import psycopg
from psycopg import sql

from benchmarks.fixture import Fleet, populate
from benchmarks.installation import Installation, servers, settled
from benchmarks.report import console
from maillage.lorawan.simulator.load import LoadPlan
from maillage.telemetry.archive.files import Columns, Written, write
from maillage.telemetry.engine.calendar import month_start, next_month
from maillage.telemetry.partitions.store import ATTACH, MAKE, partition_name

MEASURES_A_DEVICE = 13  # of the model
THINGS_A_COMMUNE = 15
RHYTHM = timedelta(minutes=15)
LAST_MONTH = date(2026, 10, 1)
MONTHS = 13
HOURS_KEPT_MONTHS = 3
_CHUNK = 500
_READY = "ready"
# ``engine.summary`` in SQL; none of these datastreams is a counter.
_SUMMARY = """
count(*), min(value), max(value), sum(value), min("at"), arg_min(value, "at"), max("at"), arg_max(value, "at"),
NULL, NULL
"""


@dataclass(frozen=True, slots=True)
class Territory:
    """``end``: the last instant of which there are values."""

    place: Installation
    archive: Path
    datastreams: int
    end: datetime


@contextmanager
def territory(devices: int) -> Iterator[Territory]:
    """The database runs as long as the context lasts."""
    folder = Path("/var/tmp") / f"maillage-telemetry-{devices}x{MONTHS}"  # noqa: S108 - large, and kept on purpose
    if folder.exists() and not (folder / _READY).exists():
        shutil.rmtree(folder)
    folder.mkdir(mode=0o711, exist_ok=True)
    with ExitStack() as stack:
        place = servers(stack, folder)
        archive = folder / "data" / "archive"
        if not (folder / _READY).exists():
            _generate(place, archive, devices)
            (folder / _READY).touch()
        yield Territory(place, archive, devices * MEASURES_A_DEVICE, month_start(next_month(LAST_MONTH)))


def _generate(place: Installation, archive: Path, devices: int) -> None:
    months = [LAST_MONTH]
    while len(months) < MONTHS:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    months.reverse()
    fleet = Fleet(0, devices, "elsys-ers", "heating", THINGS_A_COMMUNE)
    settled(place, lambda connection: populate(connection, LoadPlan(devices=devices, gateways=1, copies=1), [fleet]))
    files = []
    for month in months:
        console.print(f"generating {month:%Y-%m}")
        files.append(write(archive, month, _parts(month, devices * MEASURES_A_DEVICE)))
    with place.database() as connection, duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        for month, file in zip(months, files, strict=True):
            _note(connection, month, file, is_last=month == LAST_MONTH, is_kept=month in months[-HOURS_KEPT_MONTHS:])
        paths = [str(archive / one.name) for one in files]
        for month, path in list(zip(months, paths, strict=True))[-HOURS_KEPT_MONTHS:]:
            _partition(connection, "telemetry_hourly", month)
            _load(connection, engine, "telemetry_hourly", [path], "date_trunc('hour', \"at\")")
        _load(connection, engine, "telemetry_daily", paths, "(\"at\" AT TIME ZONE 'Europe/Paris')::DATE")
        _partition(connection, "telemetry_observation", LAST_MONTH)
        _copy(connection, engine, "telemetry_observation (at, value, datastream_id, source)",
              'SELECT "at", value, datastream_id, source FROM read_parquet(?)', [paths[-1]])  # fmt: skip
        connection.execute(
            "INSERT INTO telemetry_latest SELECT DISTINCT ON (datastream_id) datastream_id, last_at, last_value "
            "FROM telemetry_daily ORDER BY datastream_id, day DESC"
        )
        connection.execute("VACUUM ANALYZE")
    (archive / files[-1].name).unlink()


def _parts(month: date, datastreams: int) -> Iterator[Columns]:
    begin = int((month_start(month) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 1_000_000
    steps = (month_start(next_month(month)) - month_start(month)) // RHYTHM
    chance = np.random.default_rng(month.toordinal())
    for first in range(1, datastreams + 1, _CHUNK):
        ids = np.arange(first, min(first + _CHUNK, datastreams + 1))
        grid = begin + np.arange(steps) * (RHYTHM // timedelta(microseconds=1))
        at = grid[None, :] + chance.integers(0, 4_000_000, (len(ids), steps))
        wandering = 20 + np.cumsum(chance.normal(0, 0.2, (len(ids), steps)), axis=1) % 8
        source = np.zeros(len(ids) * steps, np.int8)
        yield Columns(np.repeat(ids, steps), at.ravel(), np.round(wandering, 1).ravel(), source)


def _note(connection: psycopg.Connection, month: date, file: Written, *, is_last: bool, is_kept: bool) -> None:
    if not is_last:
        connection.execute(
            "INSERT INTO telemetry_archivedmonth"
            " (month, file, value_count, byte_count, sha256, hours_kept, archived_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, now())",
            [month, file.name, file.value_count, file.byte_count, file.sha256, is_kept],
        )


def _partition(connection: psycopg.Connection, table: str, month: date) -> None:
    name, parent = sql.Identifier(partition_name(table, month)), sql.Identifier(table)
    bounds = [sql.Literal(month_start(each).isoformat()) for each in (month, next_month(month))]
    connection.execute(MAKE.format(name, parent))
    connection.execute(ATTACH.format(parent, name, *bounds))


def _load(
    connection: psycopg.Connection, engine: duckdb.DuckDBPyConnection, table: str, paths: list[str], bucket: str
) -> None:
    columns = f"datastream_id, {bucket}, {_SUMMARY}"
    query = f"SELECT {columns} FROM read_parquet(?) GROUP BY 1, 2 ORDER BY 1, 2"  # noqa: S608 - our own constants
    for path in paths if table == "telemetry_hourly" else [paths]:
        _copy(connection, engine, table, query, path if isinstance(path, list) else [path])


def _copy(
    connection: psycopg.Connection, engine: duckdb.DuckDBPyConnection, table: str, query: str, paths: list[str]
) -> None:
    """By way of a file: DuckDB writes CSV as fast as PostgreSQL reads it."""
    way = Path(paths[0]).with_suffix(".csv")
    files = "[" + ", ".join(f"'{path}'" for path in paths) + "]"
    engine.execute(f"COPY ({query.replace('?', files)}) TO '{way}' (HEADER false)")
    with connection.cursor().copy(f"COPY {table} FROM STDIN (FORMAT csv)") as copy, way.open("rb") as file:
        while chunk := file.read(1 << 20):
            copy.write(chunk)
    way.unlink()

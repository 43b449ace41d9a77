"""Reads of archive files by DuckDB, in this process: nothing else has to run.

Instants come back as microseconds since 1970; turning them into ``datetime`` is the caller's, for those it keeps.
"""

import threading
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_local = threading.local()
# ``engine.summary.step``. The modulus is joined from the list of streams asked for.
_SOURCE = """
FROM read_parquet($files) o
JOIN (SELECT unnest($ids) AS id, unnest($moduli::DOUBLE[]) AS modulus) s ON s.id = o.datastream_id
WHERE o.datastream_id IN ({ids}) AND o."at" >= make_timestamptz($start) AND o."at" < make_timestamptz($end)
"""
# ruff: noqa: S608 - composed of our own constants and of integers
_ROWS = 'SELECT datastream_id, epoch_us(o."at"), value, source' + _SOURCE + 'ORDER BY datastream_id, o."at"'
_SUMMED = """SELECT datastream_id, bucket, count(*)::BIGINT, min(value), max(value), sum(value),
    arg_max(value, us), arg_min(value, us)"""
_RISES = """,
    sum(CASE WHEN before IS NULL THEN 0 WHEN value >= before THEN value - before
        WHEN before - value > modulus / 2 THEN value + modulus - before ELSE value END)
"""
_NO_RISES = ", 0"
_LAGGED = ", lag(value) OVER (PARTITION BY datastream_id, bucket ORDER BY us) AS before"
_BUCKETS = (
    """{summed}
FROM (
    SELECT *{lagged} FROM (
        SELECT datastream_id, s.modulus, epoch_us(o."at") AS us, value, us - (us - $origin) % $width AS bucket
"""
    + _SOURCE
    + """ AND o.source <> 9)
) GROUP BY datastream_id, bucket ORDER BY datastream_id, bucket
"""
)


def rows(files: Sequence[Path], ids: Sequence[int], start: datetime, end: datetime) -> list[tuple[Any, ...]]:
    """(datastream_id, at in µs, value, source), the withdrawn included, sorted."""
    return _read(_ROWS, files, dict.fromkeys(ids), start, end, {})


def buckets(
    files: Sequence[Path],
    moduli: dict[int, float | None],
    start: datetime,
    end: datetime,
    grid: tuple[datetime, timedelta],
    *,
    counters: bool,
) -> list[tuple[Any, ...]]:
    """(datastream_id, bucket in µs, count, minimum, maximum, total, last, first, rise of ``counters``); sorted.

    ``moduli``: the datastreams with their moduli; ``grid``: origin and width of the buckets.
    """
    origin, width = grid
    query = _BUCKETS.replace("{summed}", _SUMMED + (_RISES if counters else _NO_RISES))
    query = query.replace("{lagged}", _LAGGED if counters else "")
    return _read(query, files, moduli, start, end, {"origin": us_of(origin), "width": width // _MICROSECOND})


@cache
def datastreams_in(file: Path) -> frozenset[int]:
    """The datastreams that have rows in the file, whose name says its content."""
    found = _cursor().execute("SELECT DISTINCT datastream_id FROM read_parquet($files)", {"files": [str(file)]})
    return frozenset(int(row[0]) for row in found.fetchall())


def hours_in(file: Path) -> dict[int, list[datetime]]:
    """The hours of each datastream of which the file has rows."""
    found: dict[int, list[datetime]] = {}
    query = """
SELECT datastream_id, epoch_us("at") // 3600000000 * 3600000000 AS hour FROM read_parquet($files) GROUP BY ALL
"""
    for stream_id, us in _cursor().execute(query, {"files": [str(file)]}).fetchall():
        found.setdefault(int(stream_id), []).append(instant(int(us)))
    return found


def counted(file: Path) -> tuple[int, int, int]:
    """Rows of a file, those out of order or doubled, and those outside its month: ``verify`` wants them zero."""
    cursor = _cursor().execute(_COUNTED, {"files": [str(file)], "month": month_in_name(file)})
    found = cursor.fetchone()
    return (int(found[0]), int(found[1]), int(found[2])) if found else (0, 0, 0)


def us_of(at: datetime) -> int:
    """Microseconds since 1970."""
    return (at - EPOCH) // _MICROSECOND


def instant(us: int) -> datetime:
    """The instant so many microseconds after 1970."""
    return EPOCH + us * _MICROSECOND


def month_in_name(file: Path) -> date:
    """The month of ``values-2026-01-….parquet``."""
    return date.fromisoformat(file.name.removeprefix("values-")[:7] + "-01")


_COUNTED = """
SELECT count(*), count(*) FILTER (WHERE id_before IS NOT NULL AND (datastream_id, "at") <= (id_before, at_before)),
    count(*) FILTER (WHERE date_trunc('month', "at" AT TIME ZONE 'UTC') <> $month)
FROM (
    SELECT datastream_id, "at", lag(datastream_id) OVER (ORDER BY file_row_number) AS id_before,
        lag("at") OVER (ORDER BY file_row_number) AS at_before
    FROM read_parquet($files, file_row_number = true)
)
"""


def _read(
    query: str,
    files: Sequence[Path],
    moduli: dict[int, float | None],
    start: datetime,
    end: datetime,
    more: dict[str, int],
) -> list[tuple[Any, ...]]:
    if not files or not moduli:
        return []
    # Numbers of our own, written out: DuckDB skips what a list in the text rules out, not what a parameter does.
    text = query.format(ids=", ".join(str(int(one)) for one in moduli))
    values = {
        "files": [str(file) for file in files],
        "ids": list(moduli),
        "moduli": list(moduli.values()),
        "start": us_of(start),
        "end": us_of(end),
        **more,
    }
    columns = _cursor().execute(text, values).fetchnumpy()
    return list(zip(*(column.tolist() for column in columns.values()), strict=True))


def _cursor() -> duckdb.DuckDBPyConnection:
    """One in-memory engine, a cursor of it for each thread."""
    found: duckdb.DuckDBPyConnection | None = getattr(_local, "cursor", None)
    if found is None:
        found = _local.cursor = _engine().cursor()
    return found


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    engine = duckdb.connect(
        config={"threads": 2, "autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )
    engine.execute("SET GLOBAL parquet_metadata_cache = true")
    return engine

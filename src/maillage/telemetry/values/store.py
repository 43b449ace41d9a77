"""Values that people and other machines bring, written in the caller's transaction of the ORM's connection."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection
from psycopg import sql

from maillage.telemetry.engine.calendar import hour_of, month_of, month_start, next_month
from maillage.telemetry.engine.judging import Bad
from maillage.telemetry.partitions.store import ATTACH, MAKE, PARTITION_LOCK, VALUES, partition_name

Row = tuple[int, datetime, float, int]
"""datastream_id, at, value, ``Observation.Source``."""
_LOCK = "SELECT pg_advisory_xact_lock(%s)"
_THERE = "SELECT to_regclass(%s) IS NOT NULL"
_INSERT = """
INSERT INTO telemetry_observation (datastream_id, at, value, source)
SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::float8[], %s::smallint[]) ORDER BY 1, 2
ON CONFLICT DO NOTHING RETURNING datastream_id, at
"""
_REPLACE = """
INSERT INTO telemetry_observation (datastream_id, at, value, source)
SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::float8[], %s::smallint[]) ORDER BY 1, 2
ON CONFLICT (datastream_id, at) DO UPDATE SET value = excluded.value, source = excluded.source
RETURNING datastream_id, at
"""
_MARK = "INSERT INTO telemetry_stale (datastream_ids, hours) VALUES (%s, %s)"
_NEWEST = """
INSERT INTO telemetry_latest (datastream_id, at, value)
SELECT o.datastream_id, o.at, o.value FROM unnest(%s::bigint[]) AS s (id) CROSS JOIN LATERAL (
    SELECT datastream_id, at, value FROM telemetry_observation
    WHERE datastream_id = s.id AND source <> 9 ORDER BY at DESC LIMIT 1
) o ORDER BY 1
ON CONFLICT (datastream_id) DO UPDATE SET at = excluded.at, value = excluded.value
"""
_NONE_LEFT = """
DELETE FROM telemetry_latest l WHERE l.datastream_id = ANY(%s) AND EXISTS (
    SELECT FROM telemetry_observation o WHERE o.datastream_id = l.datastream_id AND o.at = l.at AND o.source = 9
)
"""
_QUARANTINE = """
INSERT INTO telemetry_quarantined (organisation_id, datastream_id, day, cause, source, count, last_at, sample)
SELECT d.organisation_id, d.id, %s, b.cause, %s, count(*), %s, (array_agg(b.sample))[1]
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS b (id, cause, sample)
JOIN telemetry_datastream d ON d.id = b.id GROUP BY d.organisation_id, d.id, b.cause ORDER BY d.id
ON CONFLICT (datastream_id, day, cause) DO UPDATE
SET count = telemetry_quarantined.count + excluded.count, last_at = excluded.last_at, sample = excluded.sample
"""


def insert(rows: Sequence[Row]) -> int:
    """Store what is not there yet; returns how many were new."""
    return _write(_INSERT, rows)


def replace(rows: Sequence[Row]) -> int:
    """Store, in place of what is there."""
    return _write(_REPLACE, rows)


def quarantine(bad: Sequence[Bad], source: str, now: datetime) -> None:
    """Count what was refused, with a sample, for the datastreams that exist."""
    if not bad:
        return
    samples = [f"{one.given.value:g} {one.given.unit} {one.given.at.isoformat()}"[:120] for one in bad]
    ids, causes = [one.given.datastream_id for one in bad], [one.cause for one in bad]
    with connection.cursor() as cursor:
        cursor.execute(_QUARANTINE, [now.date(), source, now, ids, causes, samples])


def _write(query: str, rows: Sequence[Row]) -> int:
    if not rows:
        return 0
    _ensure_partitions(month_of(at) for _, at, _, _ in rows)
    with connection.cursor() as cursor:
        cursor.execute(query, [list(column) for column in zip(*rows, strict=True)])
        written: list[tuple[Any, ...]] = cursor.fetchall()
        hours = sorted({(stream_id, hour_of(at)) for stream_id, at in written})
        if hours:
            cursor.execute(_MARK, [list(column) for column in zip(*hours, strict=True)])
            ids = sorted({stream_id for stream_id, _ in hours})
            cursor.execute(_NONE_LEFT, [ids])
            cursor.execute(_NEWEST, [ids])
    return len(written)


def _ensure_partitions(months: Iterable[date]) -> None:
    with connection.cursor() as cursor:
        for month in sorted(set(months)):
            name = partition_name(VALUES, month)
            cursor.execute(_THERE, [name])
            if cursor.fetchone() == (True,):
                continue
            cursor.execute(_LOCK, [PARTITION_LOCK])
            cursor.execute(_THERE, [name])
            if cursor.fetchone() == (True,):
                continue
            names = sql.Identifier(name), sql.Identifier(VALUES)
            bounds = [sql.Literal(month_start(each).isoformat()) for each in (month, next_month(month))]
            cursor.execute(MAKE.format(*names))
            cursor.execute(ATTACH.format(names[1], names[0], *bounds))

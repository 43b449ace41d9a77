"""Forgetting: rows of the database that are past their time."""

from collections.abc import Sequence

from django.db import connection

from maillage.telemetry.retention.queries import Limit

_VALUES = """
DELETE FROM telemetry_observation o USING unnest(%s::bigint[], %s::timestamptz[]) AS past (id, until)
WHERE o.datastream_id = past.id AND o.at < past.until RETURNING o.datastream_id
"""
_HOURS = """
DELETE FROM telemetry_hourly o USING unnest(%s::bigint[], %s::timestamptz[]) AS past (id, until)
WHERE o.datastream_id = past.id AND o.hour < past.until
"""
_DAYS = """
DELETE FROM telemetry_daily o USING unnest(%s::bigint[], %s::timestamptz[]) AS past (id, until)
WHERE o.datastream_id = past.id AND o.day < (past.until AT TIME ZONE 'Europe/Paris')::date
"""


def forget_values(limits: Sequence[Limit]) -> dict[int, int]:
    """Delete the values past their time; returns datastream → how many went. In the caller's transaction."""
    went: dict[int, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(_VALUES, [[one.datastream_id for one in limits], [one.values for one in limits]])
        for (datastream_id,) in cursor.fetchall():
            went[datastream_id] = went.get(datastream_id, 0) + 1
    return went


def forget_summaries(limits: Sequence[Limit]) -> None:
    """Delete the summaries past their time. In the caller's transaction."""
    ids = [one.datastream_id for one in limits if one.summaries is not None]
    untils = [one.summaries for one in limits if one.summaries is not None]
    with connection.cursor() as cursor:
        cursor.execute(_HOURS, [ids, untils])
        cursor.execute(_DAYS, [ids, untils])

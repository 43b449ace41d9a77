"""Hours of many datastreams at once, read as bytes and understood by numpy."""

import numpy as np
from django.db import connection
from psycopg import Cursor

from maillage.telemetry.engine.columns import ColumnPoints
from maillage.telemetry.values.queries import Wanted

_EPOCH_OF_POSTGRESQL_US = 946_684_800_000_000
_COLUMNS = 5
_ARRAY_HEADER_BYTES = 20  # dimensions, nulls, type, length, lower bound: four bytes each
_INSTANTS = np.dtype([("bytes", ">i4"), ("value", ">i8")])
_NUMBERS = np.dtype([("bytes", ">i4"), ("value", ">f8")])
"""An element of an array in PostgreSQL's binary format: preceded by its length; none of ours is ever null."""
# One row a datastream: a row an hour would cost more to fetch than to find. Aggregates take the order of what they are
# given, which is sorted.
_HOURS = """
SELECT datastream_id, array_agg(hour), array_agg(value), array_agg(minimum), array_agg(maximum) FROM (
    SELECT datastream_id, hour, minimum, maximum, CASE WHEN datastream_id = ANY(%b::bigint[]) THEN last_value
        ELSE least(greatest(total / count, minimum), maximum) END AS value
    FROM telemetry_hourly
    WHERE datastream_id = ANY(%b::bigint[]) AND hour >= %b AND hour < %b AND count > 0 ORDER BY datastream_id, hour
) h GROUP BY datastream_id
"""


def hours(wanted: Wanted, states: frozenset[int]) -> dict[int, ColumnPoints]:
    """The hours of datastreams none of which is a counter: of ``states`` the last value, of others the mean."""
    nothing = np.array([], np.float64)
    found = {one: ColumnPoints(nothing.astype(np.int64), nothing, nothing, nothing) for one in wanted.ids}
    connection.ensure_connection()
    with Cursor(connection.connection) as cursor:  # Django's own cursors know no binary results
        cursor.execute(_HOURS, [list(states), wanted.ids, wanted.start, wanted.end], binary=True)
        result = cursor.pgresult
        if result is None:
            return found
        for row in range(result.ntuples):
            stream_id, at, *numbers = (result.get_value(row, column) or b"" for column in range(_COLUMNS))
            found[int.from_bytes(stream_id, "big")] = ColumnPoints(
                _elements(at, _INSTANTS).astype(np.int64) + _EPOCH_OF_POSTGRESQL_US,
                *(_elements(each, _NUMBERS).astype(np.float64) for each in numbers),
            )
    return found


def _elements(array: bytes, kind: np.dtype) -> np.ndarray:
    return np.frombuffer(array, kind, offset=_ARRAY_HEADER_BYTES)["value"]

"""The write path of observations: one transaction a batch, safe to repeat. Asynchronous, outside Django's ORM."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from psycopg import AsyncConnection

from maillage.telemetry.engine.calendar import month_of
from maillage.telemetry.engine.intake import Intake, Stream, Taken
from maillage.telemetry.models import Observation
from maillage.telemetry.partitions.store import VALUES, ensure_partition

Row = tuple[int, datetime, float, int]
"""datastream_id, at, value, ``Observation.Source``."""

# One statement is one plan and one round trip. The join drops what belongs to a datastream deleted in the meantime: it
# must not block the others. In the order of the key, so that two writers cannot wait for each other.
_TAKE_IN = """
WITH incoming AS MATERIALIZED (
    SELECT i.datastream_id, i.at, i.value, i.source
    FROM unnest(%b::bigint[], %b::timestamptz[], %b::float8[], %b::smallint[]) AS i (datastream_id, at, value, source)
    JOIN telemetry_datastream d ON d.id = i.datastream_id
    ORDER BY i.datastream_id, i.at DESC
), kept AS (
    INSERT INTO telemetry_observation (datastream_id, at, value, source)
    SELECT datastream_id, at, value, source FROM incoming
    ON CONFLICT DO NOTHING RETURNING datastream_id, at
), stale AS (
    INSERT INTO telemetry_stale (datastream_ids, hours)
    SELECT array_agg(datastream_id), array_agg(hour)
    FROM (SELECT DISTINCT datastream_id, date_trunc('hour', at, 'UTC') AS hour FROM kept) h
    HAVING count(*) > 0
), latest AS (
    INSERT INTO telemetry_latest (datastream_id, at, value)
    SELECT DISTINCT ON (datastream_id) datastream_id, at, value FROM incoming ORDER BY datastream_id, at DESC
    ON CONFLICT (datastream_id) DO UPDATE SET at = excluded.at, value = excluded.value
    WHERE telemetry_latest.at < excluded.at
)
SELECT count(*) FROM kept
"""
_REFUSALS = """
INSERT INTO lorawan_refusal (day, cause, gateway_eui, subject, count, last_at, sample)
SELECT %s, cause, '', subject, count, %s, ''
FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS refused (cause, subject, count) ORDER BY cause, subject
ON CONFLICT (day, cause, gateway_eui, subject)
DO UPDATE SET count = lorawan_refusal.count + excluded.count, last_at = excluded.last_at
"""
_STREAMS = """
SELECT t.device_id, d.quantity, d.id, d.organisation_id, d.thing_id, d.unit
FROM telemetry_datastream d JOIN telemetry_thing t ON t.id = d.thing_id
WHERE t.device_id IS NOT NULL AND t.decommissioned_at IS NULL
"""


class ObservationStore:
    """Writes observations over one connection. Remembers which monthly partitions exist."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._months: set[date] = set()

    async def take_in(self, intake: Intake, now: datetime) -> int:
        """Store what was taken and count what was refused, all or nothing. Returns the number of new observations."""
        rows = [_row(taken) for taken in intake.taken]
        await self.ensure_partitions({at for _, at, _, _ in rows})
        async with self._connection.transaction():
            if intake.refused:
                await self._count_refusals(intake.refused, now)
            return await self._write(rows) if rows else 0

    async def write(self, rows: Sequence[Row]) -> int:
        """Store ``rows`` in one transaction; those already there change nothing. Returns the number of new ones."""
        await self.ensure_partitions(at for _, at, _, _ in rows)
        async with self._connection.transaction():
            return await self._write(rows)

    async def ensure_partitions(self, instants: Iterable[datetime]) -> None:
        """Make the monthly partitions that ``instants`` need, in a transaction of its own."""
        for month in sorted({month_of(at) for at in instants} - self._months):
            async with self._connection.transaction():
                await ensure_partition(self._connection, VALUES, month)
            self._months.add(month)

    async def streams(self, dev_euis: Sequence[str] | None = None) -> dict[str, dict[str, Stream]]:
        """dev_eui → quantity → stream, of every installed device or of ``dev_euis`` only."""
        query = _STREAMS if dev_euis is None else _STREAMS + " AND t.device_id = ANY(%s)"
        found: dict[str, dict[str, Stream]] = {}
        cursor = await self._connection.execute(query, None if dev_euis is None else [list(dev_euis)])
        async for dev_eui, quantity, datastream_id, organisation_id, thing_id, unit in cursor:
            stream = Stream(datastream_id, organisation_id, thing_id, quantity, unit)
            found.setdefault(dev_eui, {})[quantity] = stream
        return found

    async def _write(self, rows: Sequence[Row]) -> int:
        columns = [list(column) for column in zip(*rows, strict=True)]
        cursor = await self._connection.execute(_TAKE_IN, columns, prepare=True)
        counted = await cursor.fetchone()
        return int(counted[0]) if counted else 0

    async def _count_refusals(self, refused: Counter[tuple[str, str]], now: datetime) -> None:
        causes, subjects = [cause for cause, _ in refused], [subject for _, subject in refused]
        await self._connection.execute(_REFUSALS, [now.date(), now, causes, subjects, list(refused.values())])


def _row(taken: Taken) -> Row:
    return (taken.stream.datastream_id, taken.at, taken.value, Observation.Source.MEASURED.value)

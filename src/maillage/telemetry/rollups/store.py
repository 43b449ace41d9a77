"""Hourly and daily summaries, kept true by summing up again, from the values, whatever hour was written to.

Whoever writes values notes their hours as stale in the same transaction (``mark``). One follower at a time claims what
is noted and sums it up in one transaction: killed at any moment, it leaves the notes where they were. Summing up again
is what makes late values, corrections and withdrawals right without a special case.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, LiteralString

from psycopg import AsyncConnection

from maillage.telemetry.archive import queries as archive
from maillage.telemetry.engine.calendar import DAY, HOUR, day_of, day_start, month_of, months_between
from maillage.telemetry.engine.summary import Summary, summary_of_values
from maillage.telemetry.engine.united import Sourced, in_force
from maillage.telemetry.partitions.store import FOLLOWER_LOCK, HOURS, ensure_partition

Hour = tuple[int, datetime]
"""datastream_id, start of the hour."""
MOST_NOTES = 200
_COLUMNS = "count, minimum, maximum, total, first_at, first_value, last_at, last_value, rise, resets"
_EXCLUDED = ", ".join(f"{column} = excluded.{column}" for column in _COLUMNS.split(", "))
# ruff: noqa: S608 - composed of our own constants
# In SQL, ``engine.summary.step`` and ``is_reset``: a counter that fell by more than half its modulus turned over.
STEP = """CASE WHEN {after} >= {before} THEN {after} - {before}
    WHEN {before} - {after} > d.modulus / 2 THEN {after} + d.modulus - {before} ELSE {after} END"""
RESET = "{after} < {before} AND ({before} - {after} > d.modulus / 2) IS NOT TRUE"
_CLAIM = """
WITH claimed AS (
    DELETE FROM telemetry_stale WHERE id IN (SELECT id FROM telemetry_stale ORDER BY id LIMIT %s)
    RETURNING datastream_ids, hours
)
SELECT DISTINCT h.id, h.hour FROM claimed, unnest(claimed.datastream_ids, claimed.hours) AS h (id, hour)
"""
_VALUES = """
SELECT count(*)::int AS count, min(value) AS minimum, max(value) AS maximum, sum(value) AS total, min(at) AS first_at,
    (array_agg(value ORDER BY at))[1] AS first_value, max(at) AS last_at,
    (array_agg(value ORDER BY at DESC))[1] AS last_value
FROM telemetry_observation o
WHERE o.datastream_id = h.id AND o.at >= h.hour AND o.at < h.hour + interval '1 hour' AND o.source <> 9
"""
_RISE = f"""
SELECT coalesce(sum({STEP.format(before="w.before", after="w.value")}), 0) AS rise,
    count(*) FILTER (WHERE {RESET.format(before="w.before", after="w.value")})::int AS resets
FROM (
    SELECT value, lag(value) OVER (ORDER BY at) AS before FROM telemetry_observation o
    WHERE o.datastream_id = h.id AND o.at >= h.hour AND o.at < h.hour + interval '1 hour' AND o.source <> 9
) w WHERE w.before IS NOT NULL
"""
_HOURS = f"""
INSERT INTO telemetry_hourly (datastream_id, hour, {_COLUMNS})
SELECT h.id, h.hour, v.count, v.minimum, v.maximum, v.total, v.first_at, v.first_value, v.last_at, v.last_value,
    r.rise, r.resets
FROM unnest(%b::bigint[], %b::timestamptz[]) AS h (id, hour)
JOIN telemetry_datastream d ON d.id = h.id
CROSS JOIN LATERAL ({_VALUES}) v
LEFT JOIN LATERAL ({_RISE}) r ON d.kind = 'counter'
ON CONFLICT (datastream_id, hour) DO UPDATE SET {_EXCLUDED}
"""
# A local day is made of whole UTC hours: 23, 24 or 25 of them.
_DAYS = f"""
INSERT INTO telemetry_daily (datastream_id, day, {_COLUMNS})
SELECT n.id, n.day, coalesce(v.count, 0), v.minimum, v.maximum, v.total, v.first_at, v.first_value, v.last_at,
    v.last_value, CASE WHEN d.kind = 'counter' THEN v.rise END, CASE WHEN d.kind = 'counter' THEN v.resets END
FROM unnest(%b::bigint[], %b::date[], %b::timestamptz[], %b::timestamptz[]) AS n (id, day, begins, ends)
JOIN telemetry_datastream d ON d.id = n.id
CROSS JOIN LATERAL (
    SELECT sum(w.count)::int AS count, min(w.minimum) AS minimum, max(w.maximum) AS maximum, sum(w.total) AS total,
        min(w.first_at) AS first_at, (array_agg(w.first_value ORDER BY w.hour))[1] AS first_value,
        max(w.last_at) AS last_at, (array_agg(w.last_value ORDER BY w.hour DESC))[1] AS last_value,
        sum(w.rise + CASE WHEN w.before IS NULL THEN 0
            ELSE {STEP.format(before="w.before", after="w.first_value")} END) AS rise,
        sum(w.resets + (({RESET.format(before="w.before", after="w.first_value")}) IS TRUE)::int)::int AS resets
    FROM (
        SELECT o.*, CASE WHEN d.kind = 'counter' THEN lag(o.last_value) OVER (ORDER BY o.hour) END AS before
        FROM telemetry_hourly o
        WHERE o.datastream_id = n.id AND o.hour >= n.begins AND o.hour < n.ends AND o.count > 0
    ) w
) v
ON CONFLICT (datastream_id, day) DO UPDATE SET {_EXCLUDED}
"""
_ONE = f"""({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (datastream_id, {{bucket}}) DO UPDATE SET {_EXCLUDED}
"""
_DAY = "INSERT INTO telemetry_daily " + _ONE.replace("(", "(datastream_id, day, ", 1).replace("{bucket}", "day")
_HOUR = "INSERT INTO telemetry_hourly " + _ONE.replace("(", "(datastream_id, hour, ", 1).replace("{bucket}", "hour")
_ARCHIVED = "SELECT month, file, hours_kept FROM telemetry_archivedmonth"
_STREAM = "SELECT kind, modulus FROM telemetry_datastream WHERE id = %s"
_HOT = "SELECT at, value, source FROM telemetry_observation WHERE datastream_id = %s AND at >= %s AND at < %s"
_NOTE_EVERYTHING = """
INSERT INTO telemetry_stale (datastream_ids, hours)
SELECT array_agg(id), array_agg(hour) FROM (
    SELECT datastream_id AS id, date_trunc('hour', at, 'UTC') AS hour FROM telemetry_observation
    UNION SELECT datastream_id, hour FROM telemetry_hourly
    UNION SELECT datastream_id, day::timestamp AT TIME ZONE 'Europe/Paris' FROM telemetry_daily
) every GROUP BY id, date_trunc('month', hour, 'UTC')
"""
_NOTE = "INSERT INTO telemetry_stale (datastream_ids, hours) VALUES (%s, %s)"
_FREE = "SELECT pg_try_advisory_xact_lock(%s)"
_PENDING = "SELECT count(*) FROM telemetry_stale"


@dataclass(frozen=True, slots=True)
class Rolled:
    """What one step did. ``free`` is False when another follower is at work."""

    free: bool
    hours: int
    days: int


@dataclass(frozen=True, slots=True)
class Kept:
    """An archived month: its file, and whether its hours are still in the database."""

    file: Path
    hours: bool


class Roller:
    """Sums up what is stale, over one connection in autocommit. ``folder`` is the archive's."""

    def __init__(self, connection: AsyncConnection, folder: Path) -> None:
        self._connection = connection
        self._folder = folder
        self._months: set[date] = set()

    async def catch_up(self) -> int:
        """Step until nothing is stale; returns the number of hours summed up."""
        done = 0
        while (rolled := await self.step()).hours:
            done += rolled.hours
        return done

    async def step(self) -> Rolled:
        """Claim some notes and sum their hours and days up, all or nothing."""
        async with self._connection.transaction():
            free = await self._one(_FREE, [FOLLOWER_LOCK])
            if not free:
                return Rolled(free=False, hours=0, days=0)
            cursor = await self._connection.execute(_CLAIM, [MOST_NOTES])
            stale: list[Hour] = await cursor.fetchall()
            days = await self._sum_up(stale) if stale else 0
        return Rolled(free=True, hours=len(stale), days=days)

    async def pending(self) -> int:
        """How many notes wait."""
        return int(str(await self._one(_PENDING, [])))

    async def _sum_up(self, stale: Sequence[Hour]) -> int:
        archived = {month: Kept(self._folder / file, hours) for month, file, hours in await self._all(_ARCHIVED)}
        hot = [hour for hour in stale if month_of(hour[1]) not in archived]
        if hot:
            await self._ensure_partitions(month_of(at) for _, at in hot)
            await self._connection.execute(_HOURS, _columns(hot))
        days = {(stream_id, day_of(at)) for stream_id, at in stale}
        mixed = {one for one in days if archived.keys() & _months_of(one[1])} if archived else set()
        if days - mixed:
            await self._connection.execute(_DAYS, _columns(_bounded(days - mixed)))
        for stream_id, day in sorted(mixed):
            hours = {at for one, at in stale if one == stream_id and day_of(at) == day}
            await self._sum_up_archived_day(stream_id, day, hours, archived)
        return len(days)

    async def _sum_up_archived_day(
        self, stream_id: int, day: date, hours: set[datetime], archived: Mapping[date, Kept]
    ) -> None:
        """Values of the day may be in a file, in partitions, in both: they are united here."""
        found = await self._all(_STREAM, [stream_id])
        if not found:
            return
        (kind, modulus), start, end = found[0], day_start(day), day_start(day + DAY)
        files = [archived[month].file for month in sorted(_months_of(day)) if month in archived]
        kept = await asyncio.to_thread(archive.rows, files, [stream_id], start, end)
        hot = [Sourced(*row) for row in await self._all(_HOT, [stream_id, start, end])]
        values = in_force([Sourced(archive.instant(us), value, source) for _, us, value, source in kept], hot)
        write = partial(self._write, stream_id, is_counter=kind == "counter")
        await write(_DAY, day, summary_of_values(values, modulus))
        for hour in sorted(hours):
            month = archived.get(month_of(hour))
            if month is not None and month.hours:
                mine = (value for value in values if hour <= value[0] < hour + HOUR)
                await write(_HOUR, hour, summary_of_values(mine, modulus))

    async def _write(
        self, stream_id: int, query: LiteralString, bucket: date, found: Summary | None, *, is_counter: bool
    ) -> None:
        await self._connection.execute(query, [stream_id, bucket, *_stored(found, is_counter=is_counter)])

    async def _ensure_partitions(self, months: Iterable[date]) -> None:
        for month in sorted(set(months) - self._months):
            await ensure_partition(self._connection, HOURS, month)
            self._months.add(month)

    async def _one(self, query: LiteralString, values: Sequence[object]) -> object:
        (row,) = await self._all(query, values)
        return row[0]

    async def _all(self, query: LiteralString, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        cursor = await self._connection.execute(query, values or None)
        return await cursor.fetchall()


async def note_everything(connection: AsyncConnection, folder: Path) -> None:
    """Note every hour as stale that has values or a summary, those in the archive too."""
    async with connection.transaction():
        await connection.execute(_NOTE_EVERYTHING)
        for (file,) in await (await connection.execute("SELECT file FROM telemetry_archivedmonth")).fetchall():
            for stream_id, hours in archive.hours_in(folder / file).items():
                await connection.execute(_NOTE, [[stream_id] * len(hours), hours])


def _columns(rows: Iterable[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _bounded(days: Iterable[tuple[int, date]]) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = [(one, day, day_start(day), day_start(day + DAY)) for one, day in sorted(days)]
    return found


def _months_of(day: date) -> set[date]:
    return set(months_between(day_start(day), day_start(day + DAY)))


def _stored(found: Summary | None, *, is_counter: bool) -> list[object]:
    if found is None:
        return [0, *[None] * 9]
    return [*found[:8], *(found[8:] if is_counter else (None, None))]

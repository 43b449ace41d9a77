"""The event log and its readers' places, outside Django's ORM.

The log is written by one process at a time, which holds a lock: ids rise in the order of commits, and a reader that
has come to an id has missed nothing before it.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection, OperationalError
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier, Literal

from maillage.kernel.errors import Conflict, Unavailable
from maillage.lorawan.events import DownlinkUpdate, Uplink
from maillage.lorawan.integrations.intake import Known
from maillage.lorawan.integrations.rows import (
    Attached,
    DayUse,
    DownlinkFacts,
    Harvest,
    LoggedFrame,
    StoredEvent,
    UseKey,
)

RETENTION = timedelta(days=7)
_LOCK = 0x4576_656E  # "Even"; any number that nobody else locks
_NAME = re.compile(r"lorawan_event_(\d{4})(\d{2})(\d{2})")
_DAY = timedelta(days=1)

_ATTACHED: LiteralString = """
SELECT d.dev_eui, d.name, d.model_key, a.organisation_id, o.name, a.id, a.name, a.max_uplinks_a_day, s.dev_addr,
       s.joined_at, t.announced_join_at, d.battery, d.status_margin_db, d.status_at, t.announced_status_at
FROM lorawan_applicationdevice t
JOIN lorawan_application a ON a.id = t.application_id AND a.closed_at IS NULL
JOIN lorawan_device d ON d.dev_eui = t.device_id AND d.organisation_id = a.organisation_id
JOIN identity_organisation o ON o.id = a.organisation_id
LEFT JOIN lorawan_session s ON s.device_id = d.dev_eui
WHERE t.device_id = ANY(%s::varchar[])
"""
_FRAMES: LiteralString = """
SELECT id, at, dev_eui, organisation_id, coalesce(dev_addr, 0), m_type, coalesce(f_cnt, 0), f_port, frequency_hz,
       data_rate, phy_payload, payload, receptions, decoded
FROM lorawan_frame WHERE id = ANY(%s::bigint[]) AND at BETWEEN %s AND %s
"""
_DOWNLINKS: LiteralString = """
SELECT w.id::text, w.f_cnt_down, w.gateway_eui, w.confirmed, f.frequency_hz, f.data_rate,
       (f.receptions -> 0 ->> 'power_dbm')::float8::int
FROM lorawan_downlink w
LEFT JOIN LATERAL (
    SELECT frequency_hz, data_rate, receptions FROM lorawan_frame
    WHERE dev_eui = w.device_id AND direction = 'down' AND f_cnt = w.f_cnt_down
      AND at BETWEEN w.sent_at - interval '10 seconds' AND w.sent_at + interval '1 minute'
    ORDER BY id DESC LIMIT 1
) f ON true
WHERE w.id = ANY(%s::uuid[])
"""
_USE: LiteralString = """
SELECT application_id, day, uplinks, withheld FROM lorawan_applicationusage
WHERE application_id = ANY(%s::uuid[]) AND day BETWEEN %s AND %s
"""
_MADE: LiteralString = """
SELECT source, at FROM lorawan_event WHERE source = ANY(%s::varchar[]) AND at BETWEEN %s AND %s
"""
_INSERT: LiteralString = """
INSERT INTO lorawan_event (at, application_id, dev_eui, type, source, body)
SELECT at, application_id, dev_eui, type, source, body
FROM unnest(%s::timestamptz[], %s::uuid[], %s::varchar[], %s::varchar[], %s::varchar[], %s::text[])
  WITH ORDINALITY AS fresh (at, application_id, dev_eui, type, source, body, place)
ORDER BY place ON CONFLICT DO NOTHING RETURNING application_id
"""
_COUNT: LiteralString = """
INSERT INTO lorawan_applicationusage (application_id, day, uplinks, withheld, downlinks)
SELECT application_id, day, uplinks, withheld, 0
FROM unnest(%s::uuid[], %s::date[], %s::bigint[], %s::bigint[]) AS fresh (application_id, day, uplinks, withheld)
ON CONFLICT (application_id, day) DO UPDATE
SET uplinks = lorawan_applicationusage.uplinks + excluded.uplinks,
    withheld = lorawan_applicationusage.withheld + excluded.withheld
"""
_JOINS: LiteralString = """
UPDATE lorawan_applicationdevice t SET announced_join_at = fresh.at
FROM unnest(%s::varchar[], %s::timestamptz[]) AS fresh (device_id, at) WHERE t.device_id = fresh.device_id
"""
_STATUSES: LiteralString = """
UPDATE lorawan_applicationdevice t SET announced_status_at = fresh.at
FROM unnest(%s::varchar[], %s::timestamptz[]) AS fresh (device_id, at) WHERE t.device_id = fresh.device_id
"""
_AFTER: LiteralString = """
SELECT id, at, application_id, dev_eui, type, body FROM lorawan_event WHERE id > %s ORDER BY id LIMIT %s
"""
_CURSOR: LiteralString = """
INSERT INTO lorawan_eventcursor (reader, event_id) VALUES (%s, coalesce((SELECT max(id) FROM lorawan_event), 0))
ON CONFLICT (reader) DO UPDATE SET reader = excluded.reader RETURNING event_id
"""
_MOVE_CURSOR: LiteralString = "UPDATE lorawan_eventcursor SET event_id = %s WHERE reader = %s"
_PARTITIONS: LiteralString = (
    "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'lorawan_event'::regclass"
)


class EventStore:
    """One connection, opened again when lost; every method raises ``Unavailable`` while the database is away."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._connection: AsyncConnection[TupleRow] | None = None
        self._one_at_a_time = asyncio.Lock()
        self._days: set[date] = set()

    async def known(self, uplinks: Sequence[Uplink], updates: Sequence[DownlinkUpdate]) -> Known:
        """What the database says of this news."""
        euis = sorted({u.dev_eui for u in uplinks} | {u.dev_eui for u in updates})
        async with self._on_connection() as connection:
            attached = {row[0]: Attached(*row) for row in await _all(connection, _ATTACHED, (euis,))}
            if not attached:
                return Known({}, [], {}, {}, frozenset())
            mine = [uplink for uplink in uplinks if uplink.dev_eui in attached]
            moved = [update for update in updates if update.dev_eui in attached]
            return Known(
                attached,
                await _frames(connection, mine),
                await _downlinks(connection, moved),
                await _use(connection, attached, mine),
                await _made(connection, mine, moved),
            )

    async def attached(self, dev_eui: str) -> Attached | None:
        """One device with its application."""
        async with self._on_connection() as connection:
            found = await _all(connection, _ATTACHED, ([dev_eui],))
        return Attached(*found[0]) if found else None

    async def write(self, harvest: Harvest, now: datetime) -> set[UUID]:
        """All of it in one transaction; returns the applications with new events. What is too old for the log goes."""
        events = [event for event in harvest.events if event.at > now - RETENTION]
        async with self._on_connection() as connection:
            await self._keep_days(connection, {event.at.astimezone(UTC).date() for event in events})
            async with connection.transaction():
                fresh = await _insert(connection, events)
                await _count(connection, harvest)
                for query, told in ((_JOINS, harvest.joins), (_STATUSES, harvest.statuses)):
                    if told:
                        await connection.execute(query, (list(told), list(told.values())))
        return fresh

    async def after(self, event_id: int, limit: int) -> list[StoredEvent]:
        """The events of every application after one, in order."""
        async with self._on_connection() as connection:
            return [StoredEvent(*row) for row in await _all(connection, _AFTER, (event_id, limit))]

    async def cursor(self, reader: str) -> int:
        """A reader's place; a new one begins with what happens from now on."""
        async with self._on_connection() as connection:
            rows = await _all(connection, _CURSOR, (reader,))
        return int(rows[0][0])

    async def move_cursor(self, reader: str, event_id: int) -> None:
        async with self._on_connection() as connection:
            await connection.execute(_MOVE_CURSOR, (event_id, reader))

    async def drop_old_days(self, today: date) -> list[str]:
        """Forget the days past their retention; returns the names of their partitions."""
        oldest = today - RETENTION
        async with self._on_connection() as connection:
            names = [row[0] for row in await _all(connection, _PARTITIONS, ())]
            old = [name for name in names if (day := _day_of(name)) is not None and day < oldest]
            for name in old:
                await connection.execute(SQL("DROP TABLE IF EXISTS {}").format(Identifier(name)))
        self._days = {day for day in self._days if day >= oldest}
        return old

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def _keep_days(self, connection: AsyncConnection[TupleRow], days: set[date]) -> None:
        for day in sorted(days - self._days):
            await connection.execute(
                SQL("CREATE TABLE IF NOT EXISTS {} PARTITION OF lorawan_event FOR VALUES FROM ({}) TO ({})").format(
                    Identifier(f"lorawan_event_{day:%Y%m%d}"),
                    Literal(f"{day}T00:00:00Z"),
                    Literal(f"{day + _DAY}T00:00:00Z"),
                )
            )
            self._days.add(day)

    @asynccontextmanager
    async def _on_connection(self) -> AsyncIterator[AsyncConnection[TupleRow]]:
        async with self._one_at_a_time:
            try:
                if self._connection is None or self._connection.closed:
                    self._connection = await self._open()
                yield self._connection
            except OperationalError as error:
                if self._connection is not None:
                    await self._connection.close()
                raise Unavailable("lorawan.database-away", reason=str(error)) from error

    async def _open(self) -> AsyncConnection[TupleRow]:
        connection = await AsyncConnection.connect(
            self._conninfo, autocommit=True, application_name="maillage integrations", connect_timeout=5
        )
        self._days.clear()
        cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,))
        row = await cursor.fetchone()
        if row is None or not row[0]:
            await connection.close()
            raise Conflict("lorawan.integrations-already-run")
        return connection


async def _all(connection: AsyncConnection[TupleRow], query: LiteralString, parameters: Sequence[object]) -> list[Any]:
    cursor = await connection.execute(query, parameters)
    return await cursor.fetchall()


async def _frames(connection: AsyncConnection[TupleRow], uplinks: Sequence[Uplink]) -> list[LoggedFrame]:
    if not uplinks:
        return []
    span = (min(u.at for u in uplinks), max(u.at for u in uplinks))
    rows = await _all(connection, _FRAMES, ([u.frame_id for u in uplinks], *span))
    return [_frame(row) for row in rows]


def _frame(row: TupleRow) -> LoggedFrame:
    clear = None if row[11] is None else bytes(row[11])
    radio = (row[4], row[5], row[6], row[7], row[8], row[9])
    return LoggedFrame(row[0], row[1], row[2], row[3], *radio, bytes(row[10]), clear, row[12], row[13])


async def _downlinks(
    connection: AsyncConnection[TupleRow], updates: Sequence[DownlinkUpdate]
) -> dict[str, DownlinkFacts]:
    if not updates:
        return {}
    rows = await _all(connection, _DOWNLINKS, ([update.downlink_id for update in updates],))
    return {row[0]: DownlinkFacts(*row) for row in rows}


async def _use(
    connection: AsyncConnection[TupleRow], attached: dict[str, Attached], uplinks: Sequence[Uplink]
) -> dict[UseKey, DayUse]:
    if not uplinks:
        return {}
    days = [uplink.at.astimezone(UTC).date() for uplink in uplinks]
    applications = sorted({attached[uplink.dev_eui].application_id for uplink in uplinks})
    rows = await _all(connection, _USE, (applications, min(days), max(days)))
    return {(row[0], row[1]): DayUse(row[2], row[3]) for row in rows}


async def _made(
    connection: AsyncConnection[TupleRow], uplinks: Sequence[Uplink], updates: Sequence[DownlinkUpdate]
) -> frozenset[tuple[str, datetime]]:
    """Asked beforehand, because what is made already must not count twice."""
    sources = [f"up:{uplink.frame_id}" for uplink in uplinks]
    sources += [f"{kind}:{update.downlink_id}" for update in updates for kind in ("txack", "ack", "log")]
    instants = [uplink.at for uplink in uplinks] + [update.at for update in updates]
    if not instants:
        return frozenset()
    rows = await _all(connection, _MADE, (sources, min(instants), max(instants)))
    return frozenset((row[0], row[1]) for row in rows)


async def _insert(connection: AsyncConnection[TupleRow], events: Sequence[Any]) -> set[UUID]:
    if not events:
        return set()
    columns = zip(*((e.at, e.application_id, e.dev_eui, e.type, e.source, e.body) for e in events), strict=True)
    return {row[0] for row in await _all(connection, _INSERT, [list(column) for column in columns])}


async def _count(connection: AsyncConnection[TupleRow], harvest: Harvest) -> None:
    if harvest.use:
        keys, uses = list(harvest.use), list(harvest.use.values())
        columns = ([k[0] for k in keys], [k[1] for k in keys], [u.uplinks for u in uses], [u.withheld for u in uses])
        await connection.execute(_COUNT, columns)


def _day_of(name: str) -> date | None:
    found = _NAME.fullmatch(name)
    return date(int(found[1]), int(found[2]), int(found[3])) if found else None

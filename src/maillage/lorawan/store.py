"""The network server's writes, batched. What it reads is in ``server.queries``.

Two connections: ``critical`` commits groups and joins and holds the shard's advisory lock, so that a process that has
lost the lock cannot commit; ``lazy`` writes what a crash of the database may lose (last seen, refusals, counters).
A connection that breaks is opened again by :meth:`Store.connect`; whoever calls decides when.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import LiteralString

from psycopg import AsyncConnection, OperationalError
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Composed, Identifier, Literal

from maillage.kernel.errors import Conflict, Unavailable
from maillage.lorawan.events import NOTIFY_REGISTRY
from maillage.lorawan.keys import KeyRing, Purpose
from maillage.lorawan.server.downlinks import DownlinkChange
from maillage.lorawan.server.joins import PlannedJoin, PlannedRejoin
from maillage.lorawan.server.partitions import Partition, too_old, wanted
from maillage.lorawan.server.rows import (
    CounterRow,
    FrameRow,
    GroupRows,
    Housekeeping,
    LateDecoding,
    MacRow,
    PingRow,
    Promotion,
)
from maillage.lorawan.server.sessions import AnyKeys, StoredKeys
from maillage.lorawan.server.sharding import Shard

_LOCK_CLASS = 0x4C6F5261  # "LoRa"; the shard is the second key
_PARTITIONS_LOCK = -1
# Beside others, an owner that stands still loses its connection after this time, and with it the shard: see beat().
_LEASE = "-c idle_session_timeout=5000 -c idle_in_transaction_session_timeout=5000"

_FRAME_COPY: LiteralString = """
COPY lorawan_frame (id, at, direction, dev_eui, organisation_id, dev_addr, m_type, f_cnt, f_port, frequency_hz,
                    data_rate, phy_payload, payload, receptions, decoded, f_opts)
FROM STDIN (FORMAT BINARY)
"""
# The types that choose the client's binary form. JSON goes as bytes: jsonb on the wire is a version and the text.
_FRAME_TYPES = (
    *("int8", "timestamptz", "varchar", "varchar", "int8", "int8", "int2", "int8", "int2", "int4", "varchar"),
    *("bytea", "bytea", "bytea", "bytea", "bytea"),
)
_JSONB_VERSION = b"\x01"

_COUNTERS: LiteralString = """
UPDATE lorawan_session AS session
SET f_cnt_up = CASE WHEN fresh.restarted THEN fresh.f_cnt_up ELSE greatest(session.f_cnt_up, fresh.f_cnt_up) END,
    f_cnt_down = greatest(session.f_cnt_down, fresh.f_cnt_down),
    a_f_cnt_down = greatest(session.a_f_cnt_down, fresh.a_f_cnt_down), conf_f_cnt_down = fresh.conf_f_cnt_down
FROM unnest(%b::varchar[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[], %b::boolean[])
  AS fresh (device_id, dev_addr, f_cnt_up, f_cnt_down, a_f_cnt_down, conf_f_cnt_down, restarted)
WHERE session.device_id = fresh.device_id AND session.dev_addr = fresh.dev_addr
"""

# What the mac columns hold is written by ``_MAC`` in the same transaction.
_PROMOTIONS: LiteralString = """
WITH used AS (
    DELETE FROM lorawan_pendingsession AS offered
    USING unnest(%b::varchar[], %b::bigint[]) AS fresh (device_id, dev_addr)
    WHERE offered.device_id = fresh.device_id AND offered.dev_addr = fresh.dev_addr RETURNING offered.*
)
INSERT INTO lorawan_session (device_id, dev_addr, nwk_s_key, app_s_key, s_nwk_s_int_key, nwk_s_enc_key, f_cnt_up,
                             f_cnt_down, rx1_delay_s, joined_at)
SELECT device_id, dev_addr, nwk_s_key, app_s_key, s_nwk_s_int_key, nwk_s_enc_key, -1, 0, rx1_delay_s, joined_at
FROM used
ON CONFLICT (device_id) DO UPDATE
SET dev_addr = excluded.dev_addr, nwk_s_key = excluded.nwk_s_key, app_s_key = excluded.app_s_key,
    s_nwk_s_int_key = excluded.s_nwk_s_int_key, nwk_s_enc_key = excluded.nwk_s_enc_key, f_cnt_up = -1, f_cnt_down = 0,
    a_f_cnt_down = DEFAULT, conf_f_cnt_down = DEFAULT, last_rj_count0 = DEFAULT, mismatch = DEFAULT,
    rx1_delay_s = excluded.rx1_delay_s, joined_at = excluded.joined_at
"""

_REJOIN_COUNTS: LiteralString = """
WITH device AS (
    UPDATE lorawan_device SET join_nonce = greatest(join_nonce, %b::int),
                              last_rj_count1 = greatest(last_rj_count1, %b::int)
    WHERE dev_eui = %b::varchar
)
UPDATE lorawan_session SET last_rj_count0 = greatest(last_rj_count0, %b::int)
WHERE device_id = %b::varchar AND dev_addr = %b::bigint
"""

_OFFER: LiteralString = """
INSERT INTO lorawan_pendingsession (device_id, dev_addr, nwk_s_key, app_s_key, s_nwk_s_int_key, nwk_s_enc_key,
                                    rx1_delay_s, rx1_dr_offset, rx2_data_rate, keeps_radio, joined_at)
VALUES (%b::varchar, %b::bigint, %b::bytea, %b::bytea, %b::bytea, %b::bytea, %b::smallint, %b::smallint, %b::smallint,
        %b::boolean, %b::timestamptz)
ON CONFLICT (device_id) DO UPDATE
SET dev_addr = excluded.dev_addr, nwk_s_key = excluded.nwk_s_key, app_s_key = excluded.app_s_key,
    s_nwk_s_int_key = excluded.s_nwk_s_int_key, nwk_s_enc_key = excluded.nwk_s_enc_key,
    rx1_delay_s = excluded.rx1_delay_s, rx1_dr_offset = excluded.rx1_dr_offset,
    rx2_data_rate = excluded.rx2_data_rate, keeps_radio = excluded.keeps_radio, joined_at = excluded.joined_at
"""

_CHANGES: LiteralString = """
UPDATE lorawan_downlink AS downlink
SET state = fresh.state, cause = fresh.cause, detail = fresh.detail, attempts = fresh.attempts,
    f_cnt_down = fresh.f_cnt_down, gateway_eui = fresh.gateway_eui, sent_at = fresh.sent_at, ended_at = fresh.ended_at
FROM unnest(%b::uuid[], %b::varchar[], %b::varchar[], %b::varchar[], %b::smallint[], %b::bigint[], %b::varchar[],
            %b::timestamptz[], %b::timestamptz[])
  AS fresh (id, state, cause, detail, attempts, f_cnt_down, gateway_eui, sent_at, ended_at)
WHERE downlink.id = fresh.id AND downlink.state IN ('queued', 'sent') -- what has ended stays as it ended
"""

_MAC: LiteralString = """
UPDATE lorawan_session AS session
SET rx1_delay_s = fresh.rx1_delay_s, data_rate = fresh.data_rate, tx_power = fresh.tx_power,
    nb_trans = fresh.nb_trans, channel_mask = fresh.channel_mask, rx1_dr_offset = fresh.rx1_dr_offset,
    rx2_data_rate = fresh.rx2_data_rate, rx2_frequency_hz = fresh.rx2_frequency_hz,
    max_data_rate = fresh.max_data_rate, max_tx_power = fresh.max_tx_power, mac_pending = fresh.mac_pending,
    mac_attempts = fresh.mac_attempts, mac_quiet_until_f_cnt = fresh.mac_quiet_until_f_cnt,
    status_due_at = fresh.status_due_at, mac_settling = fresh.mac_settling, mac_taught = fresh.mac_taught,
    mac_refused = fresh.mac_refused
FROM unnest(%b::varchar[], %b::bigint[], %b::smallint[], %b::smallint[], %b::smallint[], %b::smallint[], %b::bigint[],
            %b::smallint[], %b::smallint[], %b::bigint[], %b::smallint[], %b::smallint[], %b::bytea[], %b::smallint[],
            %b::bigint[], %b::timestamptz[], %b::bigint[], %b::bytea[], %b::bytea[])
  AS fresh (device_id, dev_addr, rx1_delay_s, data_rate, tx_power, nb_trans, channel_mask, rx1_dr_offset,
            rx2_data_rate, rx2_frequency_hz, max_data_rate, max_tx_power, mac_pending, mac_attempts,
            mac_quiet_until_f_cnt, status_due_at, mac_settling, mac_taught, mac_refused)
WHERE session.device_id = fresh.device_id AND session.dev_addr = fresh.dev_addr
"""

_PINGS: LiteralString = """
INSERT INTO lorawan_pingslots (device_id, dev_addr, periodicity, active)
SELECT fresh.* FROM unnest(%b::varchar[], %b::bigint[], %b::smallint[], %b::boolean[])
  AS fresh (device_id, dev_addr, periodicity, active) JOIN lorawan_device AS device ON dev_eui = fresh.device_id
ON CONFLICT (device_id) DO UPDATE
SET dev_addr = excluded.dev_addr, periodicity = excluded.periodicity, active = excluded.active
"""

_LATE: LiteralString = """
UPDATE lorawan_frame AS frame SET decoded = late.decoded::jsonb
FROM unnest(%b::bigint[], %b::timestamptz[], %b::text[]) AS late (id, at, decoded)
WHERE frame.id = late.id AND frame.at = late.at
"""

_CURSOR: LiteralString = """
INSERT INTO lorawan_publicationcursor AS cursor (shard, frame_id, of) VALUES (%b, %b, %b)
ON CONFLICT (shard) DO UPDATE SET of = excluded.of, frame_id =
  CASE WHEN cursor.of = excluded.of THEN greatest(cursor.frame_id, excluded.frame_id) ELSE excluded.frame_id END
"""

_NEW_EPOCH: LiteralString = """
INSERT INTO lorawan_shardowner AS owner (shard, epoch) VALUES (%s, 1)
ON CONFLICT (shard) DO UPDATE SET epoch = owner.epoch + 1 RETURNING epoch
"""

# The nonce decides: only a join whose DevNonce was never spent takes its JoinNonce and becomes the device's session.
_JOINS: LiteralString = """
WITH asked AS (
    SELECT * FROM unnest(%b::varchar[], %b::int[], %b::int[], %b::bigint[], %b::bytea[], %b::bytea[], %b::bytea[],
                         %b::bytea[], %b::smallint[], %b::timestamptz[], %b::smallint[], %b::smallint[], %b::varchar[])
      AS t (device_id, dev_nonce, join_nonce, dev_addr, nwk_s_key, app_s_key, s_nwk_s_int_key, nwk_s_enc_key,
            rx1_delay_s, joined_at, rx1_dr_offset, rx2_data_rate, mismatch)
), fresh AS (
    INSERT INTO lorawan_useddevnonce (device_id, dev_nonce) SELECT device_id, dev_nonce FROM asked
    ON CONFLICT (device_id, dev_nonce) DO NOTHING RETURNING device_id
), spent AS (
    UPDATE lorawan_device AS device
    SET join_nonce = asked.join_nonce, last_dev_nonce = greatest(device.last_dev_nonce, asked.dev_nonce)
    FROM asked JOIN fresh USING (device_id) WHERE device.dev_eui = asked.device_id
), forgotten AS (
    DELETE FROM lorawan_pendingsession AS offered USING fresh WHERE offered.device_id = fresh.device_id
)
INSERT INTO lorawan_session (device_id, dev_addr, nwk_s_key, app_s_key, s_nwk_s_int_key, nwk_s_enc_key, f_cnt_up,
                             f_cnt_down, rx1_delay_s, joined_at, rx1_dr_offset, rx2_data_rate, mismatch)
SELECT device_id, dev_addr, nwk_s_key, app_s_key, s_nwk_s_int_key, nwk_s_enc_key, -1, 0, rx1_delay_s, joined_at,
       rx1_dr_offset, rx2_data_rate, mismatch
FROM asked JOIN fresh USING (device_id)
ON CONFLICT (device_id) DO UPDATE
SET dev_addr = excluded.dev_addr, nwk_s_key = excluded.nwk_s_key, app_s_key = excluded.app_s_key,
    s_nwk_s_int_key = excluded.s_nwk_s_int_key, nwk_s_enc_key = excluded.nwk_s_enc_key, f_cnt_up = -1, f_cnt_down = 0,
    a_f_cnt_down = DEFAULT, conf_f_cnt_down = DEFAULT, last_rj_count0 = DEFAULT, mismatch = excluded.mismatch,
    rx1_delay_s = excluded.rx1_delay_s, joined_at = excluded.joined_at, rx1_dr_offset = excluded.rx1_dr_offset,
    rx2_data_rate = excluded.rx2_data_rate, data_rate = DEFAULT, tx_power = DEFAULT, nb_trans = DEFAULT,
    channel_mask = DEFAULT, rx2_frequency_hz = DEFAULT, max_data_rate = DEFAULT, max_tx_power = DEFAULT,
    mac_pending = DEFAULT, mac_attempts = DEFAULT, mac_quiet_until_f_cnt = DEFAULT, status_due_at = DEFAULT,
    mac_settling = DEFAULT, mac_taught = DEFAULT, mac_refused = DEFAULT
RETURNING device_id
"""

_COMMITTED_JOINS: LiteralString = """
SELECT device_id, nwk_s_key FROM lorawan_session WHERE device_id = ANY(%b::varchar[])
"""

_SIGHTINGS: LiteralString = """
UPDATE lorawan_device AS device
SET last_seen_at = seen.at, last_rssi_dbm = seen.rssi_dbm, last_snr_db = seen.snr_db,
    last_gateways = string_to_array(seen.gateways, ',')::varchar[]
FROM unnest(%b::varchar[], %b::timestamptz[], %b::float8[], %b::float8[], %b::text[])
  AS seen (dev_eui, at, rssi_dbm, snr_db, gateways)
WHERE device.dev_eui = seen.dev_eui
"""

_STATUSES: LiteralString = """
UPDATE lorawan_device AS device
SET battery = told.battery, status_margin_db = told.margin_db, status_at = told.at
FROM unnest(%b::varchar[], %b::timestamptz[], %b::smallint[], %b::smallint[]) AS told (dev_eui, at, battery, margin_db)
WHERE device.dev_eui = told.dev_eui
"""

_GATEWAYS: LiteralString = """
UPDATE lorawan_gateway AS gateway
SET last_seen_at = seen.at, uplink_count = seen.uplinks, crc_error_count = seen.crc_errors,
    downlink_count = seen.downlinks, downlink_failure_count = seen.failures,
    round_trip_ms = coalesce(seen.round_trip_ms, gateway.round_trip_ms),
    gps_time_at = coalesce(seen.gps_time_at, gateway.gps_time_at)
FROM unnest(%b::varchar[], %b::timestamptz[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[], %b::float8[],
            %b::timestamptz[])
  AS seen (eui, at, uplinks, crc_errors, downlinks, failures, round_trip_ms, gps_time_at)
WHERE gateway.eui = seen.eui
"""

_REFUSALS: LiteralString = """
INSERT INTO lorawan_refusal (day, cause, gateway_eui, subject, count, last_at, sample)
SELECT * FROM unnest(%b::date[], %b::varchar[], %b::varchar[], %b::varchar[], %b::bigint[], %b::timestamptz[],
                     %b::bytea[])
ON CONFLICT (day, cause, gateway_eui, subject) DO UPDATE
SET count = lorawan_refusal.count + excluded.count, last_at = excluded.last_at, sample = excluded.sample
"""

_PARTITIONS: LiteralString = """
SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'lorawan_frame'::regclass
"""


class Store:
    """Owned by one event loop."""

    def __init__(self, conninfo: str, shard: Shard, keys: KeyRing) -> None:
        self._conninfo = conninfo
        self._keys = keys
        self._shard = shard
        self._critical: AsyncConnection[TupleRow] | None = None
        self._lazy: AsyncConnection[TupleRow] | None = None
        self._critical_is_free = asyncio.Lock()
        self._epoch: object = None

    async def connect(self) -> None:
        """Open what is closed and take the shard. ``Unavailable``, or ``Conflict`` when another process owns it."""
        if self._critical is None or self._critical.closed:
            lease = _LEASE if self._shard.count > 1 else ""
            self._critical = await self._open("maillage lorawan", lease)
            await self._take_shard(self._critical)
        await self._open_lazy()

    async def close(self) -> None:
        for connection in (self._critical, self._lazy):
            if connection is not None:
                await connection.close()

    async def reserve_frame_ids(self, count: int) -> list[int]:
        """Identifiers of the frame log, rising. Given before the commit, so that a retry knows what it retries."""
        async with self._on_critical() as connection:
            cursor = await connection.execute(
                "SELECT nextval('lorawan_frame_id') FROM generate_series(1, %s)", (count,)
            )
            return [row[0] for row in await cursor.fetchall()]

    async def beat(self) -> None:
        """Keep the lease of a shard that has nothing to write."""
        async with self._on_critical() as connection:
            await connection.execute("SELECT 1")

    async def commit_group(self, group: GroupRows) -> None:
        """All of the group in one transaction; nothing when it had already been committed (a retry)."""
        async with self._on_critical() as connection, connection.transaction():
            async with connection.pipeline():
                if group.promotions:
                    await connection.execute(_PROMOTIONS, _promotion_columns(group.promotions), prepare=True)
                if group.counters:
                    await connection.execute(_COUNTERS, _counter_columns(group.counters), prepare=True)
                if group.mac:
                    await connection.execute(_MAC, _mac_columns(group.mac), prepare=True)
                if group.pings:
                    await connection.execute(_PINGS, _ping_columns(group.pings), prepare=True)
                if group.changes:
                    await connection.execute(_CHANGES, _change_columns(group.changes), prepare=True)
                if group.late:
                    await connection.execute(_LATE, _late_columns(group.late), prepare=True)
                await connection.execute(_CURSOR, (self._shard.index, group.cursor, self._shard.count), prepare=True)
            if group.frames:
                await _copy_frames(connection, group.frames)

    async def is_committed(self, group: GroupRows) -> bool:
        """Whether a commit whose answer was lost took place. Without frames it may simply be repeated: no."""
        if not group.frames:
            return False
        first = group.frames[0]
        async with self._on_critical() as connection:
            cursor = await connection.execute(
                "SELECT 1 FROM lorawan_frame WHERE id = %s AND at = %s", (first.id, first.at)
            )
            return await cursor.fetchone() is not None

    async def commit_joins(self, joins: Sequence[PlannedJoin]) -> set[str]:
        """DevEUIs whose join is now durable; the others' DevNonce had been used. One join a device at most.

        Where a guest's session was, it is forgotten.
        """
        async with self._on_critical() as connection:
            cursor = await connection.execute(_JOINS, _join_columns(joins, self._keys))
            done = {row[0] for row in await cursor.fetchall()}
            if guests := sorted(join.device.dev_eui for join in joins if join.device.is_guest):
                await connection.execute("SELECT pg_notify(%s, %s)", (NOTIFY_REGISTRY, " ".join(guests)))
            return done

    async def committed_joins(self, joins: Sequence[PlannedJoin]) -> set[str]:
        """DevEUIs of those whose session is there: a commit whose answer was lost took place."""
        async with self._on_critical() as connection:
            cursor = await connection.execute(_COMMITTED_JOINS, ([join.device.dev_eui for join in joins],))
            rows = await cursor.fetchall()
        asked = {(join.device.dev_eui, StoredKeys.of(join.keys).nwk_s_key) for join in joins}
        stored = ((row[0], self._keys.unwrap(bytes(row[1]), row[0], Purpose.NWK_S_KEY)) for row in rows)
        return {dev_eui for dev_eui, key in stored if (dev_eui, key) in asked}

    async def commit_rejoin(self, rejoin: PlannedRejoin) -> None:
        """The offered session, the JoinNonce and the RJcount it took; the same again changes nothing."""
        async with self._on_critical() as connection, connection.transaction(), connection.pipeline():
            if rejoin.promotes and rejoin.asker is not None:
                used = [Promotion(rejoin.device.dev_eui, rejoin.asker.dev_addr)]
                await connection.execute(_PROMOTIONS, _promotion_columns(used))
            await connection.execute(_REJOIN_COUNTS, _rejoin_counts(rejoin))
            await connection.execute(_OFFER, _offer(rejoin, self._keys))

    async def keep_partitions(self, today: date, retention_days: int) -> None:
        """Create the frame log's days around today, drop those past their retention."""
        async with self._on_critical() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_LOCK_CLASS, _PARTITIONS_LOCK))
            for partition in wanted(today):
                await connection.execute(_create_partition(partition))
            cursor = await connection.execute(_PARTITIONS)
            names = [row[0] for row in await cursor.fetchall()]
            for name in too_old(names, today, retention_days):
                await connection.execute(SQL("DROP TABLE IF EXISTS {}").format(Identifier(name)))

    async def keep_house(self, work: Housekeeping) -> None:
        """Last seen, gateway counters, refusals: one statement each, one transaction."""
        with_lazy = await self._open_lazy()
        try:
            async with with_lazy.transaction(), with_lazy.pipeline():
                if work.sightings:
                    await with_lazy.execute(_SIGHTINGS, _sighting_columns(work), prepare=True)
                if work.statuses:
                    await with_lazy.execute(_STATUSES, _status_columns(work), prepare=True)
                if work.gateways:
                    await with_lazy.execute(_GATEWAYS, _gateway_columns(work), prepare=True)
                if work.refusals:
                    await with_lazy.execute(_REFUSALS, _refusal_columns(work))
        except OperationalError as error:
            await with_lazy.close()
            raise Unavailable("lorawan.database-away", reason=str(error)) from error

    async def _open_lazy(self) -> AsyncConnection[TupleRow]:
        """It alone may break, too: whoever needs it opens it again."""
        if self._lazy is None or self._lazy.closed:
            self._lazy = await self._open("maillage lorawan housekeeping", "-c synchronous_commit=off")
        return self._lazy

    async def _open(self, name: str, options: str = "") -> AsyncConnection[TupleRow]:
        try:
            return await AsyncConnection.connect(
                self._conninfo, autocommit=True, application_name=name, connect_timeout=5, options=options
            )
        except OperationalError as error:
            raise Unavailable("lorawan.database-away", reason=str(error)) from error

    async def _take_shard(self, connection: AsyncConnection[TupleRow]) -> None:
        """The lock, and the proof that nobody held it since we lost it: nobody has begun a new epoch."""
        index = self._shard.index
        if not await _value(connection, "SELECT pg_try_advisory_lock(%s, %s)", (_LOCK_CLASS, index)):
            await connection.close()
            raise Conflict("lorawan.shard-owned", shard=index)
        if self._epoch is None:
            self._epoch = await _value(connection, _NEW_EPOCH, (index,))
        elif await _value(connection, "SELECT epoch FROM lorawan_shardowner WHERE shard = %s", (index,)) != self._epoch:
            await connection.close()
            raise Conflict("lorawan.shard-was-taken-over", shard=index)

    @asynccontextmanager
    async def _on_critical(self) -> AsyncIterator[AsyncConnection[TupleRow]]:
        """One task at a time: what the partitions' keeper does must not slip into a group's transaction."""
        async with self._critical_is_free:
            if self._critical is None or self._critical.closed:
                raise Unavailable("lorawan.database-away")
            try:
                yield self._critical
            except OperationalError as error:
                await self._critical.close()
                raise Unavailable("lorawan.database-away", reason=str(error)) from error


async def _value(connection: AsyncConnection[TupleRow], query: LiteralString, parameters: Sequence[object]) -> object:
    row = await (await connection.execute(query, parameters)).fetchone()
    return None if row is None else row[0]


def _create_partition(partition: Partition) -> Composed:
    first, after = partition.day, partition.day + timedelta(days=1)
    return SQL("CREATE TABLE IF NOT EXISTS {} PARTITION OF lorawan_frame FOR VALUES FROM ({}) TO ({})").format(
        Identifier(partition.name), Literal(f"{first} 00:00:00+00"), Literal(f"{after} 00:00:00+00")
    )


async def _copy_frames(connection: AsyncConnection[TupleRow], frames: list[FrameRow]) -> None:
    async with connection.cursor().copy(_FRAME_COPY) as copy:
        copy.set_types(_FRAME_TYPES)
        for row in frames:
            await copy.write_row(
                (
                    row.id,
                    row.at,
                    row.direction,
                    row.dev_eui,
                    row.organisation_id,
                    row.dev_addr,
                    row.m_type,
                    row.f_cnt,
                    row.f_port,
                    row.frequency_hz,
                    row.data_rate,
                    row.phy_payload,
                    row.payload,
                    _JSONB_VERSION + row.receptions,
                    None if row.decoded is None else _JSONB_VERSION + row.decoded,
                    row.f_opts,
                )
            )


Columns = tuple[list[object], ...]


def _counter_columns(rows: list[CounterRow]) -> Columns:
    return (
        [row.dev_eui for row in rows],
        [row.dev_addr for row in rows],
        [row.f_cnt_up for row in rows],
        [row.f_cnt_down for row in rows],
        [row.a_f_cnt_down for row in rows],
        [row.conf_f_cnt for row in rows],
        [row.restarted for row in rows],
    )


def _promotion_columns(rows: list[Promotion]) -> Columns:
    return [row.dev_eui for row in rows], [row.dev_addr for row in rows]


def _mac_columns(rows: list[MacRow]) -> Columns:
    states = [row.mac for row in rows]
    return (
        [row.dev_eui for row in rows],
        [row.dev_addr for row in rows],
        [row.rx1_delay_s for row in rows],
        [mac.data_rate for mac in states],
        [mac.tx_power for mac in states],
        [mac.nb_trans for mac in states],
        [mac.channels for mac in states],
        [mac.rx1_dr_offset for mac in states],
        [mac.rx2_data_rate for mac in states],
        [mac.rx2_frequency_hz for mac in states],
        [mac.max_data_rate for mac in states],
        [mac.max_tx_power for mac in states],
        [mac.pending for mac in states],
        [mac.attempts for mac in states],
        [mac.quiet_until_f_cnt for mac in states],
        [mac.status_due_at for mac in states],
        [mac.settling for mac in states],
        [mac.taught for mac in states],
        [mac.refused for mac in states],
    )


def _ping_columns(rows: list[PingRow]) -> Columns:
    return (
        [row.dev_eui for row in rows],
        [row.dev_addr for row in rows],
        [row.periodicity for row in rows],
        [row.active for row in rows],
    )


def _change_columns(changes: list[DownlinkChange]) -> Columns:
    rows = list({change.id: change for change in changes}.values())  # the last state of each
    return (
        [row.id for row in rows],
        [str(row.state) for row in rows],
        [row.cause for row in rows],
        [row.detail for row in rows],
        [row.attempts for row in rows],
        [row.f_cnt_down for row in rows],
        [row.gateway_eui for row in rows],
        [row.sent_at for row in rows],
        [row.ended_at for row in rows],
    )


def _late_columns(rows: list[LateDecoding]) -> Columns:
    return [row.frame_id for row in rows], [row.at for row in rows], [row.decoded.decode() for row in rows]


def _join_columns(joins: Sequence[PlannedJoin], keys: KeyRing) -> Columns:
    wrapped = [_wrapped(join.keys, join.device.dev_eui, keys) for join in joins]
    return (
        [join.device.dev_eui for join in joins],
        [join.dev_nonce for join in joins],
        [join.join_nonce for join in joins],
        [join.dev_addr for join in joins],
        [one[0] for one in wrapped],
        [one[1] for one in wrapped],
        [one[2] for one in wrapped],
        [one[3] for one in wrapped],
        [join.rx1_delay_s for join in joins],
        [join.at for join in joins],
        [join.mac.rx1_dr_offset for join in joins],
        [join.mac.rx2_data_rate for join in joins],
        [str(join.mismatch) for join in joins],
    )


def _wrapped(keys: AnyKeys, dev_eui: str, ring: KeyRing) -> tuple[bytes, bytes, bytes | None, bytes | None]:
    """In the order of the columns; the last two are None in 1.0.x."""
    stored = StoredKeys.of(keys)
    s_int, enc = stored.s_nwk_s_int_key, stored.nwk_s_enc_key
    return (
        ring.wrap(stored.nwk_s_key, dev_eui, Purpose.NWK_S_KEY),
        ring.wrap(stored.app_s_key, dev_eui, Purpose.APP_S_KEY),
        None if s_int is None else ring.wrap(s_int, dev_eui, Purpose.S_NWK_S_INT_KEY),
        None if enc is None else ring.wrap(enc, dev_eui, Purpose.NWK_S_ENC_KEY),
    )


def _rejoin_counts(rejoin: PlannedRejoin) -> tuple[object, ...]:
    """A count of -1 leaves the one there as it is."""
    dev_eui, asker = rejoin.device.dev_eui, rejoin.asker
    count_0, count_1 = (-1, rejoin.rj_count) if asker is None else (rejoin.rj_count, -1)
    return rejoin.join_nonce, count_1, dev_eui, count_0, dev_eui, -1 if asker is None else asker.dev_addr


def _offer(rejoin: PlannedRejoin, keys: KeyRing) -> tuple[object, ...]:
    return (
        rejoin.device.dev_eui,
        rejoin.dev_addr,
        *_wrapped(rejoin.keys, rejoin.device.dev_eui, keys),
        rejoin.rx1_delay_s,
        rejoin.mac.rx1_dr_offset,
        rejoin.mac.rx2_data_rate,
        rejoin.keeps_radio,
        rejoin.at,
    )


def _sighting_columns(work: Housekeeping) -> Columns:
    rows = work.sightings
    return (
        [row.dev_eui for row in rows],
        [row.at for row in rows],
        [row.rssi_dbm for row in rows],
        [row.snr_db for row in rows],
        [",".join(row.gateways) for row in rows],
    )


def _status_columns(work: Housekeeping) -> Columns:
    rows = work.statuses
    return (
        [row.dev_eui for row in rows],
        [row.at for row in rows],
        [row.battery for row in rows],
        [row.margin_db for row in rows],
    )


def _gateway_columns(work: Housekeeping) -> Columns:
    rows = work.gateways
    return (
        [row.eui for row in rows],
        [row.last_seen_at for row in rows],
        [row.uplink_count for row in rows],
        [row.crc_error_count for row in rows],
        [row.downlink_count for row in rows],
        [row.downlink_failure_count for row in rows],
        [None if row.round_trip_s is None else row.round_trip_s * 1000 for row in rows],
        [row.gps_time_at for row in rows],
    )


def _refusal_columns(work: Housekeeping) -> Columns:
    keys, counts = list(work.refusals), list(work.refusals.values())
    return (
        [key.day for key in keys],
        [key.cause for key in keys],
        [key.gateway_eui for key in keys],
        [key.subject for key in keys],
        [found.count for found in counts],
        [found.last_at for found in counts],
        [found.sample for found in counts],
    )

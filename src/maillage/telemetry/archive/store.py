"""Closed months leave their partition for a file, and what came later is merged into it.

A month's file is written, flushed, read again and named before the database knows of it. Then one transaction, which
keeps writers of that month out, makes sure that the partition still holds exactly what was exported, notes the file and
empties the partition. Killed anywhere before its commit, the month is as it was, and the file is swept away later. The
partition stays, empty, for what comes late.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from psycopg import Connection, IsolationLevel, sql

from maillage.telemetry.archive.files import Columns, Written, columns_of, write
from maillage.telemetry.archive.queries import datastreams_in
from maillage.telemetry.engine.calendar import month_start, next_month
from maillage.telemetry.partitions.store import FOLLOWER_LOCK, HOURS, VALUES, partition_name

SWEPT_AFTER = timedelta(hours=1)  # a page may still be reading the file that was replaced
HOURS_KEPT = timedelta(days=100)
_CORRECTED = 8
_EPOCH_OF_POSTGRESQL_US = 946_684_800_000_000
_COPY_BYTES = 1 << 24
_ROW = np.dtype(
    [
        ("fields", ">i2"),
        *(("id_bytes", ">i4"), ("id", ">i8")),
        *(("at_bytes", ">i4"), ("at", ">i8")),
        *(("value_bytes", ">i4"), ("value", ">f8")),
        *(("source_bytes", ">i4"), ("source", ">i2")),
    ]
)
"""A row of COPY's binary format: each field is preceded by its length; none of ours is ever null."""
_HEADER_BYTES = 19
_COPY = sql.SQL("COPY (SELECT datastream_id, at, value, source FROM {} ORDER BY datastream_id, at) TO STDOUT BINARY")
# Of every bit of every row: equal before the export and under the lock, nothing was written in between.
_FINGERPRINT = sql.SQL(
    "SELECT count(*), coalesce(sum(hashfloat8extended(value, "
    "hashint8extended(datastream_id, (extract(epoch FROM at) * 1000000)::bigint + source))::numeric), 0) FROM {}"
)
_NOTED = "SELECT file, value_count FROM telemetry_archivedmonth WHERE month = %s"
_NOTE = """
INSERT INTO telemetry_archivedmonth (month, file, value_count, byte_count, sha256, hours_kept, archived_at)
VALUES (%s, %s, %s, %s, %s, true, %s)
ON CONFLICT (month) DO UPDATE SET file = excluded.file, value_count = excluded.value_count,
    byte_count = excluded.byte_count, sha256 = excluded.sha256, archived_at = excluded.archived_at
"""
_PARTITIONS = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = %s::regclass
"""
_STALE_WITHIN = """
SELECT EXISTS (SELECT FROM telemetry_stale s, unnest(s.hours) AS h (hour) WHERE h.hour >= %s AND h.hour < %s)
"""


@dataclass(frozen=True, slots=True)
class Exported:
    """A month that is now in a file. ``late``: how many rows of its partition were merged into an earlier file."""

    month: date
    written: Written
    late: int


class ArchiveStore:
    """Moves months over one connection in autocommit."""

    def __init__(self, connection: Connection, folder: Path) -> None:
        self._connection = connection
        self._folder = folder

    def months_with_rows(self, closed_before: datetime) -> list[date]:
        """The months that ended before ``closed_before`` and have rows in the database, oldest first."""
        names = [str(name) for (name,) in self._connection.execute(_PARTITIONS, [VALUES]).fetchall()]
        months = sorted(_month_named(name) for name in names)
        closed = [month for month in months if month_start(next_month(month)) <= closed_before]
        return [month for month in closed if self._has_rows(month)]

    def export(self, month: date, now: datetime) -> Exported | None:
        """Move the month's rows into its file; None when it was written to meanwhile, or its summaries are behind."""
        connection, partition = self._connection, sql.Identifier(partition_name(VALUES, month))
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        try:
            with connection.transaction():
                before = connection.execute(_FINGERPRINT.format(partition)).fetchone()
                noted = connection.execute(_NOTED, [month]).fetchone()
                hot = self._partition_rows(partition)
                parts = hot if noted is None else _merged(self._folder / noted[0], hot)
                written = write(self._folder, month, parts)
        finally:
            connection.isolation_level = None
        with connection.transaction():
            # A follower that had begun would find the partition empty and believe it.
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [FOLLOWER_LOCK])
            connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(partition))
            if self._is_behind(month) or connection.execute(_FINGERPRINT.format(partition)).fetchone() != before:
                return None
            facts = [month, written.name, written.value_count, written.byte_count, written.sha256, now]
            connection.execute(_NOTE, facts)
            connection.execute(sql.SQL("TRUNCATE {}").format(partition))
        late = 0 if noted is None or before is None else int(before[0])
        return Exported(month, written, late)

    def forget(self, month: date, datastream_ids: Collection[int], now: datetime) -> int:
        """Write the month's file again without these datastreams; returns the number of rows that went."""
        noted = self._connection.execute(_NOTED, [month]).fetchone()
        if noted is None:
            return 0
        written = write(self._folder, month, _without(self._folder / noted[0], datastream_ids))
        went = int(noted[1]) - written.value_count
        if went:
            facts = [month, written.name, written.value_count, written.byte_count, written.sha256, now]
            with self._connection.transaction():
                self._connection.execute(_NOTE, facts)
        return went

    def months(self) -> list[date]:
        """The archived months, oldest first."""
        query = "SELECT month FROM telemetry_archivedmonth ORDER BY month"
        return [month for (month,) in self._connection.execute(query).fetchall()]

    def datastreams_of(self, month: date) -> frozenset[int]:
        """The datastreams that have rows in the month's file."""
        noted = self._connection.execute(_NOTED, [month]).fetchone()
        return frozenset() if noted is None else datastreams_in(self._folder / noted[0])

    def drop_old_hours(self, now: datetime) -> list[date]:
        """Empty the hours of months archived long ago: curves of them are made from the file."""
        query = "SELECT month FROM telemetry_archivedmonth WHERE hours_kept AND month < %s ORDER BY month"
        months = [month for (month,) in self._connection.execute(query, [(now - HOURS_KEPT).date()]).fetchall()]
        for month in months:
            with self._connection.transaction():
                self._connection.execute(
                    "UPDATE telemetry_archivedmonth SET hours_kept = false WHERE month = %s", [month]
                )
                name = partition_name(HOURS, month)
                there = self._connection.execute("SELECT to_regclass(%s)", [name]).fetchone()
                if there != (None,):
                    self._connection.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier(name)))
        return months

    def sweep(self, now: datetime) -> list[str]:
        """Delete what no month refers to any more, once nobody can be reading it; returns the names."""
        noted = {str(name) for (name,) in self._connection.execute("SELECT file FROM telemetry_archivedmonth")}
        oldest = (now - SWEPT_AFTER).timestamp()
        swept = []
        for path in sorted(self._folder.iterdir()) if self._folder.is_dir() else []:
            if path.name not in noted and path.stat().st_mtime < oldest:
                path.unlink()
                swept.append(path.name)
        return swept

    def _has_rows(self, month: date) -> bool:
        query = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(partition_name(VALUES, month)))
        return self._connection.execute(query).fetchone() == (True,)

    def _is_behind(self, month: date) -> bool:
        found = self._connection.execute(_STALE_WITHIN, [month_start(month), month_start(next_month(month))])
        return found.fetchone() == (True,)

    def _partition_rows(self, partition: sql.Identifier) -> Iterator[Columns]:
        """Read as bytes and understood by numpy: a month of a territory is tens of millions of rows."""
        rest = b""
        skipped = False
        with self._connection.cursor().copy(_COPY.format(partition)) as copy:
            for chunk in _gathered(bytes(one) for one in copy):
                rest += chunk
                if not skipped:
                    rest, skipped = rest[_HEADER_BYTES:], True
                whole = len(rest) // _ROW.itemsize  # the two bytes of the trailer never make a row
                if whole:
                    yield _understood(rest[: whole * _ROW.itemsize])
                    rest = rest[whole * _ROW.itemsize :]


def _gathered(chunks: Iterable[bytes]) -> Iterator[bytes]:
    waiting: list[bytes] = []
    size = 0
    for chunk in chunks:
        waiting.append(chunk)
        size += len(chunk)
        if size >= _COPY_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


def _understood(rows: bytes) -> Columns:
    found = np.frombuffer(rows, _ROW)
    return Columns(
        found["id"].astype(np.int64),
        found["at"].astype(np.int64) + _EPOCH_OF_POSTGRESQL_US,
        found["value"].astype(np.float64),
        found["source"].astype(np.int8),
    )


def _merged(file: Path, hot: Iterable[Columns]) -> Iterator[Columns]:
    """The file's rows and the partition's, sorted, one an instant: which one, ``engine.united`` says.

    Late rows are few: they are held in memory, and the file is gone through group by group.
    """
    late = _all_of(hot)
    with pq.ParquetFile(file) as kept:
        for number in range(kept.num_row_groups):
            group = columns_of(kept.read_row_group(number))
            is_last = number == kept.num_row_groups - 1
            mine, late = _cut(late, len(late.value) if is_last else _upto_the_last(late, group))
            yield _united(group, mine)
        if not kept.num_row_groups:
            yield late


def _without(file: Path, datastream_ids: Collection[int]) -> Iterator[Columns]:
    with pq.ParquetFile(file) as kept:
        for number in range(kept.num_row_groups):
            group = columns_of(kept.read_row_group(number))
            stays = ~np.isin(group.datastream_id, list(datastream_ids))
            yield Columns(group.datastream_id[stays], group.at_us[stays], group.value[stays], group.source[stays])


def _upto_the_last(late: Columns, group: Columns) -> int:
    stream_id, at_us = group.datastream_id[-1], group.at_us[-1]
    before = (late.datastream_id < stream_id) | ((late.datastream_id == stream_id) & (late.at_us <= at_us))
    return int(np.count_nonzero(before))


def _united(kept: Columns, late: Columns) -> Columns:
    ids = np.concatenate([kept.datastream_id, late.datastream_id])
    at = np.concatenate([kept.at_us, late.at_us])
    value, source = np.concatenate([kept.value, late.value]), np.concatenate([kept.source, late.source])
    is_late = np.repeat([0, 1], [len(kept.value), len(late.value)])
    # The last of each instant counts: decisions after measures, late decisions last, late measures first.
    rank = np.where(source >= _CORRECTED, 2 + is_late, 1 - is_late)
    order = np.lexsort((rank, at, ids))
    ids, at, value, source = ids[order], at[order], value[order], source[order]
    counts = np.append((ids[1:] != ids[:-1]) | (at[1:] != at[:-1]), True)
    return Columns(ids[counts], at[counts], value[counts], source[counts])


def _all_of(parts: Iterable[Columns]) -> Columns:
    nothing = np.array([], np.int64)
    found = [Columns(nothing, nothing, np.array([], np.float64), np.array([], np.int8)), *parts]
    return Columns(
        np.concatenate([one.datastream_id for one in found]),
        np.concatenate([one.at_us for one in found]),
        np.concatenate([one.value for one in found]),
        np.concatenate([one.source for one in found]),
    )


def _cut(columns: Columns, upto: int) -> tuple[Columns, Columns]:
    arrays = (columns.datastream_id, columns.at_us, columns.value, columns.source)
    return Columns(*(one[:upto] for one in arrays)), Columns(*(one[upto:] for one in arrays))


def _month_named(partition: str) -> date:
    year, month = partition.rsplit("_", 2)[1:]
    return date(int(year), int(month), 1)

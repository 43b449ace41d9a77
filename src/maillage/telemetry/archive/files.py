"""Archive files: one Parquet file a month, sorted by datastream and instant, written whole or not at all.

Columns: ``datastream_id`` int64, ``at`` timestamp in microseconds UTC, ``value`` double, ``source`` int8. Any engine
that reads Parquet reads them.
"""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from maillage.kernel.errors import Unavailable

ROWS_A_GROUP = 1 << 16
SCHEMA = pa.schema(
    [
        ("datastream_id", pa.int64()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("value", pa.float64()),
        ("source", pa.int8()),
    ]
)
_READ_BYTES = 1 << 22
# A regular rhythm leaves almost nothing of the instants. Values repeat (a sensor has few decimals): a dictionary is
# smaller than any coding of their bits, and the writer falls back by itself where it is not.
_ENCODINGS = {"datastream_id": "DELTA_BINARY_PACKED", "at": "DELTA_BINARY_PACKED"}


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows by column: ``at_us`` is in microseconds since 1970. Sorted by datastream, then instant."""

    datastream_id: np.ndarray
    at_us: np.ndarray
    value: np.ndarray
    source: np.ndarray


@dataclass(frozen=True, slots=True)
class Written:
    """A file that is on the disk, whole."""

    name: str
    value_count: int
    byte_count: int
    sha256: str


def write(folder: Path, month: date, parts: Iterable[Columns]) -> Written:
    """Write the month's file: to the disk, read again and compared, then given its name, which tells its content.

    Raises ``Unavailable`` when what was written is not what can be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{month:%Y-%m}.{os.getpid()}.unfinished"
    try:
        count, checksum = _write(unfinished, parts)
        _sync(unfinished)
        if (count, checksum) != _checked(unfinished):
            raise Unavailable("archive_unwritable", month=f"{month:%Y-%m}")
        digest = digest_of(unfinished)
        name = f"values-{month:%Y-%m}-{digest[:12]}.parquet"
        size = unfinished.stat().st_size
        unfinished.replace(folder / name)
    finally:
        unfinished.unlink(missing_ok=True)
    _sync(folder)
    return Written(name, count, size, digest)


def digest_of(path: Path) -> str:
    """SHA-256 of the file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_READ_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def table_of(columns: Columns) -> pa.Table:
    """The same rows, as Arrow's."""
    arrays = [
        pa.array(columns.datastream_id),
        pa.array(columns.at_us).cast(SCHEMA.field("at").type),
        pa.array(columns.value),
        pa.array(columns.source),
    ]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def columns_of(table: pa.Table) -> Columns:
    """The same rows, as numpy's."""
    return Columns(
        table.column("datastream_id").to_numpy(),
        table.column("at").cast(pa.int64()).to_numpy(),
        table.column("value").to_numpy(),
        table.column("source").to_numpy(),
    )


def _write(path: Path, parts: Iterable[Columns]) -> tuple[int, int]:
    count, checksum = 0, 0
    with pq.ParquetWriter(
        path,
        SCHEMA,
        compression="zstd",
        compression_level=9,
        use_dictionary=["value", "source"],
        column_encoding=_ENCODINGS,
        sorting_columns=[pq.SortingColumn(0), pq.SortingColumn(1)],
    ) as writer:
        for part in parts:
            writer.write_table(table_of(part), row_group_size=ROWS_A_GROUP)
            count, checksum = count + len(part.value), (checksum + _checksum(part)) % 2**64
    return count, checksum


def _checked(path: Path) -> tuple[int, int]:
    count, checksum = 0, 0
    with pq.ParquetFile(path) as file:
        for number in range(file.num_row_groups):
            columns = columns_of(file.read_row_group(number))
            count, checksum = count + len(columns.value), (checksum + _checksum(columns)) % 2**64
    return count, checksum


def _checksum(columns: Columns) -> int:
    """Of every bit of every row, whatever their order: each row is mixed before it is added."""
    mixed = columns.datastream_id.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= columns.at_us.astype(np.int64).view(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed ^= np.ascontiguousarray(columns.value, np.float64).view(np.uint64) * np.uint64(0x165667B19E3779F9)
    mixed ^= columns.source.astype(np.uint64)
    mixed *= np.uint64(0xFF51AFD7ED558CCD)
    return int(np.add.reduce(mixed ^ (mixed >> np.uint64(33))))


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""What was read and not yet sent, in one SQLite file: it outlives the agent and the machine it runs on."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

_MAKE = """
CREATE TABLE IF NOT EXISTS waiting (
    id INTEGER PRIMARY KEY AUTOINCREMENT, datastream_id INTEGER NOT NULL, at TEXT NOT NULL, value REAL NOT NULL
)
"""
_DROP = "DELETE FROM waiting WHERE id <= (SELECT max(id) FROM waiting) - ?"


class Waiting(NamedTuple):
    """A value that waits; ``number`` grows with time."""

    number: int
    datastream_id: int
    at: str
    value: float


class Buffer:
    """A bounded queue on disk: when there are more than ``most`` values, the oldest go, and are counted."""

    def __init__(self, path: Path, most: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._most = most
        self._file = sqlite3.connect(path, isolation_level=None)
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = FULL")
        self._file.execute(_MAKE)
        self.dropped = 0

    def put(self, at: datetime, values: Sequence[tuple[int, float]]) -> None:
        """Keep values (datastream_id, value) read at one instant; on the disk when this returns."""
        rows = [(datastream_id, at.isoformat(), value) for datastream_id, value in values]
        self._file.execute("BEGIN")
        self._file.executemany("INSERT INTO waiting (datastream_id, at, value) VALUES (?, ?, ?)", rows)
        self.dropped += self._file.execute(_DROP, [self._most]).rowcount
        self._file.execute("COMMIT")

    def oldest(self, most: int) -> list[Waiting]:
        """The values that have waited longest."""
        query = "SELECT id, datastream_id, at, value FROM waiting ORDER BY id LIMIT ?"
        return [Waiting(*row) for row in self._file.execute(query, [most])]

    def forget(self, upto: int) -> None:
        """They have arrived, or will never be taken: those numbered up to ``upto`` go."""
        self._file.execute("DELETE FROM waiting WHERE id <= ?", [upto])

    def __len__(self) -> int:
        return int(self._file.execute("SELECT count(*) FROM waiting").fetchone()[0])

    def close(self) -> None:
        self._file.close()

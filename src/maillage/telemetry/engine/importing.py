"""A file of values becomes rows, or says line by line what to correct. CSV and Parquet, with the same columns."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from maillage.kernel.errors import Invalid
from maillage.telemetry.engine.judging import Given

COLUMNS = ("datastream", "at", "value", "unit")
REQUIRED = COLUMNS[:3]
MOST_ROWS = 50_000
MOST_BYTES = 5 * 1024**2
BAD_DATASTREAM, BAD_INSTANT, BAD_VALUE = "import_bad_datastream", "import_bad_instant", "import_bad_value"


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is not stored: its number in the file (titles are line 1), what stands there, and the cause."""

    line: int
    text: str
    cause: str


@dataclass(slots=True)
class Parsed:
    """``lines`` has the line number of each given value."""

    given: list[Given] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    bad: list[BadLine] = field(default_factory=list)


def rows_of_csv(content: bytes) -> Iterator[Mapping[str, str]]:
    """Columns in any order, separated by semicolons, commas or tabs. Raises ``Invalid``."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise Invalid("import_unreadable", reason="UTF-8") from problem
    first, _, _ = text.partition("\n")
    separator = max(";,\t", key=first.count)
    reader = csv.DictReader(text.splitlines(), delimiter=separator, restkey="…", restval="")
    names = {name: name.strip().lower() for name in reader.fieldnames or ()}
    require_columns(names.values())
    for row in reader:
        yield {names.get(name, name): str(value).strip() for name, value in row.items()}


def require_columns(names: Iterable[str]) -> None:
    """Raises ``Invalid``, naming the first column that is missing."""
    there = set(names)
    for column in REQUIRED:
        if column not in there:
            raise Invalid("import_columns", column=column)


def parse(rows: Iterable[Mapping[str, object]]) -> Parsed:
    """Rows from text or typed. Raises ``Invalid`` for more than ``MOST_ROWS``."""
    parsed = Parsed()
    for line, row in enumerate(rows, 2):
        if line > MOST_ROWS + 1:
            raise Invalid("import_too_large", most=MOST_ROWS, megabytes=MOST_BYTES // 1024**2)
        given = _given(row)
        if isinstance(given, Given):
            parsed.given.append(given)
            parsed.lines.append(line)
        else:
            parsed.bad.append(BadLine(line, " ; ".join(str(row.get(name) or "") for name in COLUMNS)[:120], given))
    return parsed


def _given(row: Mapping[str, object]) -> Given | str:
    try:
        datastream_id = int(str(row["datastream"]))
    except ValueError:
        return BAD_DATASTREAM
    at = _instant(row["at"])
    if at is None:
        return BAD_INSTANT
    try:
        value = float(str(row["value"]).replace(",", ".").replace("\u202f", "").replace("\u00a0", ""))
    except ValueError:
        return BAD_VALUE
    return Given(datastream_id, at, value, str(row.get("unit") or ""))


def _instant(given: object) -> datetime | None:
    """With its offset: a local time alone says nothing on the night when the clocks go back."""
    try:
        at = given if isinstance(given, datetime) else datetime.fromisoformat(str(given))
    except ValueError:
        return None
    return None if at.tzinfo is None else at

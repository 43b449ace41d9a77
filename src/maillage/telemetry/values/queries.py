"""Values and summaries of datastreams, wherever they are kept: partitions, summaries of hours and days, the archive.

The caller has been allowed to see the datastreams. Everything is read for all of them at once.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from django.conf import settings
from django.db import connection

from maillage.telemetry.archive import queries as archive
from maillage.telemetry.engine.calendar import (
    DAY,
    HOUR,
    day_of,
    day_start,
    month_of,
    month_start,
    months_between,
    next_month,
)
from maillage.telemetry.engine.summary import step, summary_of_values
from maillage.telemetry.engine.united import Sourced, in_force
from maillage.telemetry.models import ArchivedMonth

ORIGIN = datetime.fromisoformat("2000-01-01T00:00:00Z")
"""Buckets are counted from here, so that the same ones come back whenever a curve is asked for."""
_MONDAY = date(2000, 1, 3)
_ROWS = """
SELECT o.datastream_id, o.at, o.value, o.source FROM telemetry_observation o
WHERE o.datastream_id = ANY(%s) AND o.at >= %s AND o.at < %s ORDER BY o.datastream_id, o.at
"""
_FIRST_ROWS = """
SELECT s.id, o.at, o.value FROM unnest(%s::bigint[]) AS s (id) CROSS JOIN LATERAL (
    SELECT at, value FROM telemetry_observation
    WHERE datastream_id = s.id AND at >= %s AND at < %s AND source <> 9 ORDER BY at LIMIT %s
) o ORDER BY s.id, o.at
"""
_FROM_VALUES = """
SELECT datastream_id, date_bin(make_interval(secs => %s), at, %s) AS bucket, count(*), min(value), max(value),
    sum(value), (array_agg(value ORDER BY at DESC))[1], (array_agg(value ORDER BY at))[1], NULL
FROM telemetry_observation
WHERE datastream_id = ANY(%s) AND at >= %s AND at < %s AND source <> 9
GROUP BY datastream_id, bucket ORDER BY datastream_id, bucket
"""
_FROM_HOURS = """
SELECT datastream_id, hour, count, minimum, maximum, total, last_value, first_value, rise FROM telemetry_hourly
WHERE datastream_id = ANY(%s) AND hour >= %s AND hour < %s AND count > 0 ORDER BY datastream_id, hour
"""
_FROM_DAYS = """
SELECT datastream_id, day, count, minimum, maximum, total, last_value, first_value, rise FROM telemetry_daily
WHERE datastream_id = ANY(%s) AND day >= %s AND day < %s AND count > 0 ORDER BY datastream_id, day
"""


class Bucket(NamedTuple):
    """What a curve needs of a summary. ``rise`` is inside the bucket, None for what is no counter."""

    at: datetime
    size: int
    minimum: float
    maximum: float
    total: float
    last: float
    first: float
    rise: float | None


Buckets = dict[int, list[Bucket]]
Values = dict[int, list[tuple[datetime, float]]]
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Datastreams with their moduli, which of them are counters, and a span: ``start <= at < end``."""

    moduli: Mapping[int, float | None]
    counters: frozenset[int]
    start: datetime
    end: datetime

    @property
    def ids(self) -> list[int]:
        return list(self.moduli)

    def part(self, start: datetime, end: datetime) -> "Wanted":
        """The same of a shorter span."""
        return Wanted(self.moduli, self.counters, max(start, self.start), min(end, self.end))


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a span: of one archived month, or of months that are in the database."""

    wanted: Wanted
    file: Path | None
    hours_kept: bool


def values(wanted: Wanted, most_each: int) -> Values:
    """The values in force, at most the ``most_each`` first of each datastream, in the order of time."""

    def read(pieces: Sequence[Piece]) -> Values:
        found: Values = {one: [] for one in wanted.ids}
        for piece in pieces:
            rows = _rows_in_force(piece) if piece.file else _first_rows(piece.wanted, most_each)
            for stream_id, at, value in rows:
                if len(found[stream_id]) < most_each:
                    found[stream_id].append((at, value))
        return found

    return _steadily(wanted, read)


def values_at(datastream_id: int, instants: Sequence[datetime]) -> dict[datetime, float]:
    """The values in force at these instants."""
    if not instants:
        return {}
    wanted = Wanted({datastream_id: None}, frozenset(), min(instants), max(instants) + timedelta(microseconds=1))
    asked, found = set(instants), dict[datetime, float]()
    for piece in _pieces(wanted):
        found |= {at: value for _, at, value in _rows_in_force(piece) if at in asked}
    return found


def buckets(wanted: Wanted, width: timedelta) -> Buckets:
    """Summaries of ``width``: of days where it is whole days (local ones), of hours where it is whole hours.

    The first and the last bucket are whole, even where the span cuts them.
    """
    if width >= DAY:
        return _of_days(wanted, width // DAY)
    whole = replace(wanted, start=_bin(wanted.start, width))
    rows = _steadily(whole, lambda pieces: [row for piece in pieces for row in _rows_of(piece, width)])
    return _merged(rows, wanted.moduli, lambda at: _bin(at, width) if width > HOUR else at)


def has_hours(wanted: Wanted) -> bool:
    """Whether the hours of the whole span are in the database."""
    return all(piece.hours_kept for piece in _pieces(wanted))


def hours_by_values(wanted: Wanted) -> Buckets:
    """Summaries of hours, made from the values themselves."""
    rows = [row for piece in _pieces(wanted) for row in _summed_by_values(piece, HOUR)]
    return _merged(rows, wanted.moduli, lambda at: at)


def joined_by_day(hours: Buckets, moduli: Mapping[int, float | None]) -> Buckets:
    """Summaries of local days, made of those of hours."""
    return _merged(
        ((one, day_start(day_of(bucket.at)), *bucket[1:]) for one, buckets in hours.items() for bucket in buckets),
        moduli,
        lambda at: at,
    )


def stored_hours(wanted: Wanted) -> tuple[dict[tuple[int, datetime], Bucket], set[date]]:
    """What is stored of hours, and the months of which hours are stored."""
    pieces = [piece for piece in _pieces(wanted) if piece.hours_kept]
    rows = [row for one in pieces for row in _select(_FROM_HOURS, [one.wanted.ids, one.wanted.start, one.wanted.end])]
    months = {month for one in pieces for month in months_between(one.wanted.start, one.wanted.end)}
    return {(row[0], row[1]): Bucket(*row[1:]) for row in rows}, months


def stored_days(wanted: Wanted) -> dict[tuple[int, date], Bucket]:
    """What is stored of the local days from ``start`` to ``end``."""
    rows = _select(_FROM_DAYS, [wanted.ids, day_of(wanted.start), day_of(wanted.end)])
    return {(row[0], row[1]): Bucket(day_start(row[1]), *row[2:]) for row in rows}


def _rows_of(piece: Piece, width: timedelta) -> Iterable[tuple[Any, ...]]:
    wanted = piece.wanted
    if width >= HOUR and (piece.file is None or piece.hours_kept):
        return _select(_FROM_HOURS, [wanted.ids, wanted.start, wanted.end])
    return _summed_by_values(piece, width)


def _summed_by_values(piece: Piece, width: timedelta) -> Iterable[tuple[Any, ...]]:
    wanted = piece.wanted
    if piece.file is None and not wanted.counters:
        return _select(_FROM_VALUES, [width.total_seconds(), ORIGIN, wanted.ids, wanted.start, wanted.end])
    if piece.file is None or _has_late(wanted):
        return _summed_here(piece, width)
    return _summed_by_the_archive(wanted, piece.file, width)


def _of_days(wanted: Wanted, days: int) -> Buckets:
    first = day_of(wanted.start)
    first -= (first - _MONDAY) % timedelta(days=days)
    rows = _select(_FROM_DAYS, [wanted.ids, first, day_of(wanted.end - timedelta(microseconds=1)) + DAY])
    starts: dict[date, datetime] = {}

    def start_of(day: date) -> datetime:
        if day not in starts:
            starts[day] = day_start(day - (day - _MONDAY) % timedelta(days=days))
        return starts[day]

    return _merged(rows, wanted.moduli, start_of)


def _merged(
    rows: Iterable[tuple[Any, ...]], moduli: Mapping[int, float | None], bucket_of: Callable[[Any], datetime]
) -> Buckets:
    """Rows of one datastream come in the order of time, but for pieces after each other."""
    found: defaultdict[int, list[Bucket]] = defaultdict(list)
    for stream_id, at, *rest in rows:
        bucket, into = Bucket(bucket_of(at), *rest), found[stream_id]
        if into and into[-1].at == bucket.at:
            into[-1] = _joined(into[-1], bucket, moduli[stream_id])
        else:
            into.append(bucket)
    return {stream_id: found.get(stream_id, []) for stream_id in moduli}


def _joined(one: Bucket, other: Bucket, modulus: float | None) -> Bucket:
    rise = None
    if one.rise is not None and other.rise is not None:
        rise = one.rise + step(one.last, other.first, modulus) + other.rise
    return Bucket(
        one.at,
        one.size + other.size,
        min(one.minimum, other.minimum),
        max(one.maximum, other.maximum),
        one.total + other.total,
        other.last,
        one.first,
        rise,
    )


def _summed_by_the_archive(wanted: Wanted, file: Path, width: timedelta) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for is_counter in (False, True):
        moduli = {one: modulus for one, modulus in wanted.moduli.items() if (one in wanted.counters) is is_counter}
        grid = (ORIGIN, width)
        for row in archive.buckets([file], moduli, wanted.start, wanted.end, grid, counters=is_counter):
            stream_id, us, count, least, most, total, last, first, rise = row
            at = archive.instant(us)
            rows.append((stream_id, at, count, least, most, total, last, first, rise if is_counter else None))
    return rows


def _summed_here(piece: Piece, width: timedelta) -> list[tuple[Any, ...]]:
    grouped: defaultdict[tuple[int, datetime], list[tuple[datetime, float]]] = defaultdict(list)
    for stream_id, at, value in _rows_in_force(piece):
        grouped[stream_id, _bin(at, width)].append((at, value))
    rows: list[tuple[Any, ...]] = []
    for (stream_id, bucket), members in grouped.items():
        one = summary_of_values(members, piece.wanted.moduli[stream_id])
        if one is not None:
            rise = one.rise if stream_id in piece.wanted.counters else None
            rows.append((stream_id, bucket, one.size, one.minimum, one.maximum, one.total, one.last, one.first, rise))
    return rows


def _rows_in_force(piece: Piece) -> Iterable[tuple[int, datetime, float]]:
    wanted = piece.wanted
    kept: defaultdict[int, list[Sourced]] = defaultdict(list)
    hot: defaultdict[int, list[Sourced]] = defaultdict(list)
    for stream_id, us, value, source in archive.rows(
        [piece.file] if piece.file else [], wanted.ids, wanted.start, wanted.end
    ):
        kept[stream_id].append(Sourced(archive.instant(us), value, source))
    for stream_id, at, value, source in _select(_ROWS, [wanted.ids, wanted.start, wanted.end]):
        hot[stream_id].append(Sourced(at, value, source))
    for stream_id in wanted.ids:
        for at, value in in_force(kept[stream_id], hot[stream_id]):
            yield stream_id, at, value


def _first_rows(wanted: Wanted, most_each: int) -> Iterable[tuple[Any, ...]]:
    return _select(_FIRST_ROWS, [wanted.ids, wanted.start, wanted.end, most_each])


def _has_late(wanted: Wanted) -> bool:
    query = "SELECT EXISTS (SELECT FROM telemetry_observation WHERE datastream_id = ANY(%s) AND at >= %s AND at < %s)"
    return bool(_select(query, [wanted.ids, wanted.start, wanted.end])[0][0])


def _steadily(wanted: Wanted, read: Callable[[Sequence[Piece]], Found]) -> Found:
    """What ``read`` finds, read again when a month left for the archive, or was merged in it, meanwhile."""
    pieces = _pieces(wanted)
    while True:
        found, before = read(pieces), pieces
        pieces = _pieces(wanted)
        if pieces == before:
            return found


def _pieces(wanted: Wanted) -> list[Piece]:
    """The span cut where the archive begins and ends."""
    months = ArchivedMonth.objects.filter(month__gte=month_of(wanted.start), month__lt=wanted.end).order_by("month")
    pieces, reached = [], wanted.start
    for one in months:
        begins, ends = month_start(one.month), month_start(next_month(one.month))
        if reached < begins:
            pieces.append(Piece(wanted.part(reached, begins), None, hours_kept=True))
        pieces.append(Piece(wanted.part(begins, ends), settings.ARCHIVE_FOLDER / one.file, one.hours_kept))
        reached = ends
    if reached < wanted.end:
        pieces.append(Piece(wanted.part(reached, wanted.end), None, hours_kept=True))
    return pieces


def _bin(at: datetime, width: timedelta) -> datetime:
    return at - (at - ORIGIN) % width


def _select(query: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())

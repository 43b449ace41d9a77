"""Proof that archive, partitions and summaries agree: everything is read again and compared. Nothing is changed."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from math import isclose
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from maillage.identity.actor import Actor
from maillage.telemetry.archive import queries as archive
from maillage.telemetry.archive.files import digest_of
from maillage.telemetry.archive.queries import EPOCH
from maillage.telemetry.engine.calendar import DAY, day_of, day_start, month_of, next_month
from maillage.telemetry.models import ArchivedMonth, Datastream
from maillage.telemetry.retention.queries import limits
from maillage.telemetry.values.queries import Bucket, Wanted, hours_by_values, joined_by_day, stored_days, stored_hours

STREAMS_AT_ONCE = 200
MOST_TOLD = 100
_TOLERANCE = 1e-9  # sums of the same numbers in another order
_SPAN = """
SELECT least((SELECT min(at) FROM telemetry_observation),
             (SELECT min(month)::timestamp AT TIME ZONE 'UTC' FROM telemetry_archivedmonth),
             (SELECT min(day)::timestamp AT TIME ZONE 'UTC' FROM telemetry_daily)),
       greatest((SELECT max(at) FROM telemetry_observation),
                (SELECT max(month)::timestamp AT TIME ZONE 'UTC' FROM telemetry_archivedmonth),
                (SELECT max(day)::timestamp AT TIME ZONE 'UTC' FROM telemetry_daily))
"""
_STALE = "SELECT DISTINCT h.id, h.hour FROM telemetry_stale s, unnest(s.datastream_ids, s.hours) AS h (id, hour)"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """``where`` names a file, or the datastream and the hour or day; ``what`` says in words what does not agree."""

    where: str
    what: str
    datastream_id: int = 0
    at: datetime = EPOCH


@dataclass(frozen=True, slots=True)
class Verified:
    """What was compared. ``waiting``: hours not summed up yet, which were left out."""

    files: int
    values: int
    hours: int
    days: int
    waiting: int
    disagreements: tuple[Disagreement, ...]


def verify(actor: Actor, now: datetime) -> Verified:
    """Compare everything that ``actor`` sees and that is not to be forgotten by ``now``.

    At most ``MOST_TOLD`` disagreements are told.
    """
    found = list(_of_files())
    stale, forgotten = _stale(), {one.datastream_id: one.values for one in limits(actor, now)}
    values = hours = days = 0
    streams = list(Datastream.objects.visible_to(actor).order_by("pk").values_list("pk", "kind", "modulus"))
    unreadable = bool(found)
    for first, end in [] if unreadable else _months():
        for wanted in _groups(streams, first, end):
            compared = _compare(wanted, stale, forgotten)
            values, hours, days = values + compared.values, hours + compared.hours, days + compared.days
            found += compared.disagreements
    return Verified(ArchivedMonth.objects.count(), values, hours, days, len(stale), tuple(found[:MOST_TOLD]))


def _of_files() -> Iterator[Disagreement]:
    for month in ArchivedMonth.objects.order_by("month"):
        path: Path = settings.ARCHIVE_FOLDER / month.file
        if not path.is_file():
            yield Disagreement(month.file, "the file is missing")
        elif digest_of(path) != month.sha256:
            yield Disagreement(month.file, "the file is not the one that was written: its SHA-256 differs")
        else:
            yield from _of_rows(path, month.value_count)


def _of_rows(path: Path, value_count: int) -> Iterator[Disagreement]:
    count, unsorted, strangers = archive.counted(path)
    if count != value_count:
        yield Disagreement(path.name, f"it holds {count} values, {value_count} were written")
    if unsorted:
        yield Disagreement(path.name, f"{unsorted} values are out of order or doubled")
    if strangers:
        yield Disagreement(path.name, f"{strangers} values are of another month")


def _compare(wanted: Wanted, stale: frozenset[tuple[int, datetime]], forgotten: Mapping[int, datetime]) -> Verified:
    by_values = hours_by_values(wanted)
    true_hours = {(one, bucket.at): bucket for one, buckets in by_values.items() for bucket in buckets}
    true_days = {(one, day_of(b.at)): b for one, bs in joined_by_day(by_values, wanted.moduli).items() for b in bs}
    hours, kept_months = stored_hours(wanted)
    days = stored_days(wanted)
    expected = {key: bucket for key, bucket in true_hours.items() if month_of(key[1]) in kept_months}
    stale_days = {(one, day_of(at)) for one, at in stale}
    found = [
        *_differences(expected, hours, stale, "hour"),
        *_differences(true_days, days, stale_days, "day"),
    ]
    found = [one for one in found if one.at >= forgotten.get(one.datastream_id, one.at)]
    values = sum(bucket.size for bucket in true_hours.values())
    return Verified(0, values, len(expected), len(true_days), 0, tuple(found))


def _differences(
    true: dict[tuple[int, Any], Bucket],
    stored: dict[tuple[int, Any], Bucket],
    skipped: AbstractSet[tuple[int, Any]],
    what: str,
) -> Iterator[Disagreement]:
    for key in sorted((true.keys() | stored.keys()) - skipped):
        expected, found = true.get(key), stored.get(key)
        words = ""
        if found is None:
            words = "its summary is missing"
        elif expected is None:
            words = "there is a summary of no values"
        elif not _same(expected, found):
            words = f"its summary {_told(found)} is not that of its values {_told(expected)}"
        bucket = found or expected
        if words and bucket is not None:
            yield Disagreement(f"datastream {key[0]}, {what} {key[1]}", words, key[0], bucket.at)


def _same(one: Bucket, other: Bucket) -> bool:
    return all(
        (a is None and b is None)
        or (a is not None and b is not None and isclose(a, b, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE))
        for a, b in zip(one[1:], other[1:], strict=True)
    )


def _told(bucket: Bucket) -> str:
    return f"({', '.join(f'{name} {value}' for name, value in zip(bucket._fields[1:], bucket[1:], strict=True))})"


def _months() -> Iterator[tuple[datetime, datetime]]:
    """Local months, so that whole local days are compared."""
    with connection.cursor() as cursor:
        cursor.execute(_SPAN)
        first, last = cursor.fetchone() or (None, None)
    if first is None or last is None:
        return
    month = day_of(first).replace(day=1)
    while day_start(month) <= last + DAY:
        yield day_start(month), day_start(next_month(month))
        month = next_month(month)


def _groups(streams: Sequence[tuple[int, str, float | None]], start: datetime, end: datetime) -> Iterator[Wanted]:
    for is_counter in (False, True):
        kind = [one for one in streams if (one[1] == Datastream.Kind.COUNTER) is is_counter]
        for first in range(0, len(kind), STREAMS_AT_ONCE):
            moduli = {pk: modulus for pk, _, modulus in kind[first : first + STREAMS_AT_ONCE]}
            yield Wanted(moduli, frozenset(moduli) if is_counter else frozenset(), start, end)


def _stale() -> frozenset[tuple[int, datetime]]:
    with connection.cursor() as cursor:
        cursor.execute(_STALE)
        return frozenset((int(one), hour) for one, hour in cursor.fetchall())

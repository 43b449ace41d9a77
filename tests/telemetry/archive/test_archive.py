"""Closed months leave for a file and are read as before; nothing is lost, nothing counted twice."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from psycopg import AsyncConnection

from maillage.identity.actor import machine
from maillage.telemetry import queries
from maillage.telemetry.archive import store as archive_store
from maillage.telemetry.archive.store import ArchiveStore
from maillage.telemetry.models import ArchivedMonth, Datastream, Observation
from maillage.telemetry.rollups.store import Roller
from maillage.telemetry.store import ObservationStore
from maillage.telemetry.verification.queries import verify

MONTH = date(2026, 1, 1)
FIRST = datetime(2025, 12, 31, 23, tzinfo=UTC)
LATER = datetime(2026, 4, 1, tzinfo=UTC)
WIDTHS = ("raw", timedelta(minutes=30), timedelta(hours=1), timedelta(hours=3), timedelta(days=1))
ACTOR = machine("test")


class Database:
    """What the processes do, one after the other."""

    def __init__(self, conninfo, folder):
        self.conninfo, self.folder = conninfo, folder

    def write(self, rows):
        async def work():
            async with await AsyncConnection.connect(self.conninfo, autocommit=True) as connection:
                written = await ObservationStore(connection).write(rows)
                await Roller(connection, self.folder).catch_up()
                return written

        return asyncio.run(work())

    def archive(self, act):
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            return act(ArchiveStore(connection, self.folder))

    def export(self, month=MONTH):
        return self.archive(lambda store: store.export(month, LATER))

    def run(self, statement):
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            connection.execute(statement)


@pytest.fixture
def database(committed_conninfo, tmp_path, settings):
    settings.ARCHIVE_FOLDER = tmp_path
    return Database(committed_conninfo, tmp_path)


@pytest.fixture
def streams(evry, equipment):
    """A gauge and a counter that turns over at 100."""
    found = queries.datastreams(evry.mayor, thing_id=equipment.valve.pk)
    counter = found.get(quantity="battery_voltage")
    counter.kind, counter.modulus = Datastream.Kind.COUNTER, 100.0
    counter.save()
    return found.get(quantity="air_temperature").pk, counter.pk


@pytest.fixture
def two_months(streams, database):
    """Every twenty minutes of ten days around both ends of January."""
    rows = []
    for begin in (FIRST - timedelta(days=1), datetime(2026, 1, 28, tzinfo=UTC)):
        for n in range(72 * 5):
            at = begin + timedelta(minutes=20 * n)
            rows += [(streams[0], at, 15.0 + n % 31 / 10, 0), (streams[1], at, float(n * 7 % 100), 0)]
    database.write(rows)
    return rows


def curves(evry, streams):
    start, end = FIRST - timedelta(days=1), datetime(2026, 2, 3, tzinfo=UTC)
    return [queries.series(evry.mayor, streams, start, end, width) for width in WIDTHS]


def kept_as(curves_found):
    return [
        [[(p.at, *(None if v is None else pytest.approx(v) for v in p[1:])) for p in curve.points] for curve in each]
        for each in curves_found
    ]


def hot_rows():
    january = Observation.objects.filter(
        at__gte=datetime(2026, 1, 1, tzinfo=UTC), at__lt=datetime(2026, 2, 1, tzinfo=UTC)
    )
    return january.count()


def test_curves_of_an_archived_month_are_the_same(evry, streams, two_months, database):
    before = kept_as(curves(evry, streams))
    exported = database.export()
    assert exported.written.value_count == sum(at.month == 1 for _, at, _, _ in two_months)
    assert hot_rows() == 0
    assert [[c.points for c in each] for each in curves(evry, streams)] == before
    assert verify(ACTOR, LATER).disagreements == ()


def test_curves_are_the_same_once_the_hours_are_gone_too(evry, streams, two_months, database):
    before = kept_as(curves(evry, streams))
    database.export()
    assert database.archive(lambda store: store.drop_old_hours(LATER + timedelta(days=365))) == [MONTH]
    assert [[c.points for c in each] for each in curves(evry, streams)] == before
    assert verify(ACTOR, LATER).disagreements == ()


@pytest.mark.parametrize("hours_gone", [False, True])
def test_values_that_come_late_for_an_archived_month_count(evry, streams, two_months, database, hours_gone):
    database.export()
    if hours_gone:
        database.archive(lambda store: store.drop_old_hours(LATER + timedelta(days=365)))
    late = [(streams[0], FIRST + timedelta(hours=h, minutes=7), 30.0, 0) for h in (0, 1, 40)]
    late += [(streams[1], FIRST + timedelta(hours=3, minutes=7), 55.0, 0)]
    assert database.write([*late, two_months[-1]]) == 4
    with_late = kept_as(curves(evry, streams))
    raw = {(streams[0], p.at): p.value for p in curves(evry, streams)[0][0].points}
    assert [raw[stream_id, at] for stream_id, at, _, _ in late[:3]] == [30.0] * 3
    assert verify(ACTOR, LATER).disagreements == ()
    exported = database.export()
    assert exported.late == 4 - sum(at.month == 12 for _, at, _, _ in late)
    assert [[c.points for c in each] for each in curves(evry, streams)] == with_late
    assert verify(ACTOR, LATER).disagreements == ()


def test_a_value_delivered_again_does_not_outrank_the_archived_one(evry, streams, two_months, database):
    database.export()
    in_january = next(row for row in two_months if row[1].month == 1 and row[0] == streams[0])
    database.write([(streams[0], in_january[1], 99.0, 0)])
    values = {p.at: p.value for p in curves(evry, streams)[0][0].points}
    assert values[in_january[1]] == in_january[2]
    database.export()
    assert {p.at: p.value for p in curves(evry, streams)[0][0].points} == values
    assert verify(ACTOR, LATER).disagreements == ()


def test_an_export_that_dies_before_its_commit_changes_nothing(evry, streams, two_months, database, monkeypatch):
    before, rows = kept_as(curves(evry, streams)), hot_rows()

    class Killed(BaseException):
        pass

    def die(*_arguments):
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(ArchiveStore, "_is_behind", die)
        with pytest.raises(Killed):
            database.export()
    assert not ArchivedMonth.objects.exists()
    assert hot_rows() == rows
    assert [[c.points for c in each] for each in curves(evry, streams)] == before
    (orphan,) = database.folder.iterdir()
    assert database.archive(lambda store: store.sweep(datetime.now(UTC))) == []
    assert database.archive(lambda store: store.sweep(datetime.now(UTC) + timedelta(hours=2))) == [orphan.name]


def test_what_is_written_during_an_export_makes_it_wait(evry, streams, two_months, database, monkeypatch):
    write, late = archive_store.write, (streams[0], FIRST + timedelta(hours=5, minutes=3), 1.0, 0)

    def interrupted(*arguments):
        database.write([late])
        return write(*arguments)

    with monkeypatch.context() as busy:
        busy.setattr(archive_store, "write", interrupted)
        assert database.export() is None
    assert hot_rows() > 0
    assert database.export().written.value_count == sum(at.month == 1 for _, at, _, _ in two_months) + 1
    assert verify(ACTOR, LATER).disagreements == ()


def test_a_file_that_cannot_be_read_back_is_not_kept(database, two_months, monkeypatch):
    monkeypatch.setattr("maillage.telemetry.archive.files._checked", lambda _path: (0, 0))
    with pytest.raises(Exception, match="archive_unwritable"):
        database.export()
    assert list(database.folder.iterdir()) == []
    assert hot_rows() > 0


def test_only_months_that_have_ended_leave(database, two_months):
    months = [date(2025, 12, 1), MONTH]
    assert database.archive(lambda store: store.months_with_rows(datetime(2026, 2, 1, tzinfo=UTC))) == months
    assert database.archive(lambda store: store.months_with_rows(datetime(2026, 1, 31, tzinfo=UTC))) == months[:1]


TAMPERING = {
    "an hour": "UPDATE telemetry_hourly SET total = total + 1 WHERE hour = (SELECT min(hour) FROM telemetry_hourly)",
    "a day": "UPDATE telemetry_daily SET last_value = last_value + 1 WHERE day = '2026-01-29'",
    "a missing day": "DELETE FROM telemetry_daily WHERE day = '2026-01-29'",
    "an invented hour": "UPDATE telemetry_hourly SET hour = hour + interval '10 days' WHERE hour = '2026-01-31 12:00Z'",
    "a value": "UPDATE telemetry_observation SET value = value + 1 WHERE at = '2026-02-01 12:00Z'",
    "a deleted value": "DELETE FROM telemetry_observation WHERE at = '2026-02-01 12:00Z'",
}


@pytest.mark.parametrize("what", TAMPERING)
def test_tampering_is_found(database, two_months, what):
    database.export()
    assert verify(ACTOR, LATER).disagreements == ()
    database.run(TAMPERING[what])
    assert verify(ACTOR, LATER).disagreements


def test_a_changed_and_a_missing_file_are_found(database, two_months):
    database.export()
    (file,) = database.folder.iterdir()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert [one.where for one in verify(ACTOR, LATER).disagreements] == [file.name]
    file.unlink()
    assert "missing" in verify(ACTOR, LATER).disagreements[0].what


def test_forgotten_datastreams_leave_the_file(database, two_months, streams, evry):
    database.export()
    went = database.archive(lambda store: store.forget(MONTH, {streams[1]}, LATER))
    assert went == sum(at.month == 1 for _, at, _, _ in two_months) // 2
    gauge, counter = curves(evry, streams)[0]
    assert any(p.at.month == 1 for p in gauge.points)
    assert not any(p.at.month == 1 and p.value is not None and p.at.day > 1 for p in counter.points if p.at.month == 1)


def test_summaries_are_rebuilt_from_partitions_and_files(database, two_months):
    database.export()
    for statement in TAMPERING.values():
        if "telemetry_observation" not in statement:
            database.run(statement)
    assert verify(ACTOR, LATER).disagreements
    call_command("rebuild_summaries", stdout=StringIO())
    assert verify(ACTOR, LATER).disagreements == ()


def test_the_commands_tell_what_they_did(database, two_months):
    told = StringIO()
    call_command("archive_telemetry", stdout=told)
    call_command("verify_telemetry", stdout=told)
    assert "2026-01: " in told.getvalue()
    assert "Everything agrees" in told.getvalue()
    database.run("DELETE FROM telemetry_daily")
    with pytest.raises(CommandError, match="disagreements"):
        call_command("verify_telemetry", stdout=told)

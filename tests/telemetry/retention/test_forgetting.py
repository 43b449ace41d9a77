"""Values past their time go, from the database and from the archive, and the journal says so."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from psycopg import AsyncConnection
from tests.fixtures.things import INSTALLER, person

from maillage.identity.actor import Role, machine
from maillage.identity.models import JournalEntry, Organisation
from maillage.kernel.errors import Invalid, NotFound, Refused
from maillage.telemetry import queries
from maillage.telemetry.archivist import archive_once
from maillage.telemetry.models import ArchivedMonth, Observation
from maillage.telemetry.retention.actions import forget_expired, remove_retention, set_retention
from maillage.telemetry.retention.queries import rules_seen
from maillage.telemetry.rollups.store import Roller
from maillage.telemetry.store import ObservationStore
from maillage.telemetry.verification.queries import verify

NOW = datetime(2026, 6, 20, 12, tzinfo=UTC)
ACTOR = machine("archive")


@pytest.fixture
def half_a_year(evry, equipment, committed_conninfo, tmp_path, settings):
    """A value a day of a temperature and of a valve's opening; returns their datastreams."""
    settings.ARCHIVE_FOLDER = tmp_path
    streams = queries.datastreams(evry.mayor, thing_id=equipment.valve.pk)
    ids = [streams.get(quantity=one).pk for one in ("air_temperature", "valve_opening")]
    rows = [(pk, NOW - timedelta(days=n), 20.0, 0) for n in range(150) for pk in ids]

    async def work():
        async with await AsyncConnection.connect(committed_conninfo, autocommit=True) as connection:
            await ObservationStore(connection).write(rows)
            await Roller(connection, tmp_path).catch_up()

    asyncio.run(work())
    return ids


def kept(evry, ids):
    curves = queries.series(evry.mayor, ids, NOW - timedelta(days=200), NOW + timedelta(days=1), "raw")
    return [sum(point.value is not None for point in curve.points) for curve in curves]


def test_values_past_their_time_go_and_their_summaries_stay(evry, half_a_year):
    set_retention(INSTALLER, evry.organisation.pk, "valve_opening", 30, None)
    assert forget_expired(ACTOR, NOW) == 150 - 31
    assert kept(evry, half_a_year) == [150, 31]
    days = queries.series(evry.mayor, half_a_year, NOW - timedelta(days=149), NOW, timedelta(days=1))
    assert [sum(p.value is not None for p in curve.points) for curve in days] == [150, 150]
    journal = JournalEntry.objects.get(action="telemetry.values_forgotten")
    assert (journal.organisation_id, journal.facts) == (evry.organisation.pk, {"values": 119})
    assert verify(ACTOR, NOW).disagreements == ()


def test_summaries_go_when_they_are_told_to(evry, half_a_year):
    set_retention(INSTALLER, evry.organisation.pk, "valve_opening", 30, 60)
    forget_expired(ACTOR, NOW)
    (days,) = queries.series(evry.mayor, half_a_year[1:], NOW - timedelta(days=149), NOW, timedelta(days=1))
    assert len(days.points) == 61


def test_the_archive_forgets_too_by_whole_months(evry, half_a_year):
    archive_once(ACTOR, NOW)
    months = ArchivedMonth.objects.count()
    assert months == 5
    Organisation.objects.create(kind="operator", name="Syndicat", slug="syndicat")
    set_retention(INSTALLER, None, "valve_opening", 30, None)
    archive_once(ACTOR, NOW)
    assert kept(evry, half_a_year) == [150, 20 + 31]  # June is hot, May is not past as a whole
    assert JournalEntry.objects.filter(action="telemetry.values_forgotten").count() == months - 1
    archive_once(ACTOR, NOW)
    assert JournalEntry.objects.filter(action="telemetry.values_forgotten").count() == months - 1
    assert Observation.objects.filter(at__lt=NOW - timedelta(days=31)).count() == 0
    assert verify(ACTOR, NOW).disagreements == ()


def test_only_the_operator_decides_how_long_values_are_kept(evry, brunoy, db):
    Organisation.objects.create(kind="operator", name="Syndicat", slug="syndicat")
    technician = person(evry.organisation, Role.TECHNICIAN)
    for scope in (evry.organisation.pk, brunoy.organisation.pk, None):
        with pytest.raises(Refused):
            set_retention(technician, scope, "", 100, None)
    for days in ((0, None), (100, 50), (40_000, None), (-1, None)):
        with pytest.raises(Invalid):
            set_retention(INSTALLER, None, "", *days)
    rule = set_retention(INSTALLER, evry.organisation.pk, "", 100, None)
    assert set_retention(INSTALLER, evry.organisation.pk, "", 200, None).pk == rule.pk
    everybody = set_retention(INSTALLER, None, "", 1000, None)
    assert {one.pk for one in rules_seen(brunoy.mayor)} == {everybody.pk}
    with pytest.raises(NotFound):
        remove_retention(person(brunoy.organisation, Role.TECHNICIAN), rule.pk)
    remove_retention(INSTALLER, rule.pk)
    assert [one.pk for one in rules_seen(INSTALLER)] == [everybody.pk]

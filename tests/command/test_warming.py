"""What a room teaches about its own warming, through the measures that are really kept."""

import asyncio
import math
from datetime import UTC, datetime, time, timedelta

import pytest
from django.urls import reverse
from psycopg import AsyncConnection
from tests.fixtures.things import INSTALLER, logged_in

from maillage.command.engine.schedule import AtClock
from maillage.command.schedules.actions import Draft, add_entry
from maillage.command.warming import queries
from maillage.command.warming.actions import learn_next, learn_room
from maillage.telemetry.models import Latest
from maillage.telemetry.queries import datastreams
from maillage.telemetry.store import ObservationStore

NOW = datetime(2026, 11, 23, 3, 30, tzinfo=UTC)  # 04:30 in Paris
STEP = timedelta(minutes=15)
SCHOOL_DAYS = frozenset({1, 2, 3, 4, 5})


def stream(thing, quantity):
    return datastreams(INSTALLER, thing_id=thing.pk).get(quantity=quantity).pk


def mornings(equipment, days):
    """Each morning at five the setpoint rises from 16 to 19 °C and the room follows within two hours."""
    air, target = stream(equipment.sensor, "air_temperature"), stream(equipment.valve, "target_temperature")
    rows = []
    for day in range(1, days + 1):
        begin = NOW.replace(hour=4, minute=0) - timedelta(days=day)
        for quarter in range(-8, 40):
            hours = max(quarter, 0) / 4
            felt = min(26 - 11 * math.exp(-hours / 4), 19.0)
            at = begin + quarter * STEP
            rows += [(air, at, round(felt, 2), 0), (target, at, 19.0 if quarter >= 0 else 16.0, 0)]
    return rows


def keep(conninfo, rows):
    async def write():
        async with await AsyncConnection.connect(conninfo, autocommit=True) as connection:
            return await ObservationStore(connection).write(rows)

    return asyncio.run(write())


@pytest.fixture
def known(committed_conninfo, transactional_db, equipment):
    keep(committed_conninfo, mornings(equipment, 6))
    Latest.objects.update_or_create(
        datastream_id=stream(equipment.sensor, "air_temperature"), defaults={"at": NOW, "value": 15.0}
    )
    return equipment


def test_the_room_is_learnt_from_its_wall_sensor_and_its_setpoint(evry, known):
    row = learn_room(INSTALLER, known.valve, NOW)
    assert row.warm_ups == 6
    lead = queries.lead_of(evry.mayor, known.valve, "set_temperature", 19, NOW)
    exact_h = 4 * math.log((26 - 15) / (26 - 18.5))
    assert lead.is_learnt
    assert lead.expected / timedelta(hours=1) == pytest.approx(exact_h, rel=0.2)
    assert lead.duration >= lead.expected + timedelta(minutes=10)  # the valve hears every ten minutes


def test_the_page_says_in_words_when_it_begins(evry, known, monkeypatch):
    monkeypatch.setattr("maillage.kernel.clock.now", lambda: NOW)
    add_entry(evry.mayor, known.valve.pk, Draft("set_temperature", 19, SCHOOL_DAYS, AtClock(time(8)), ready=True))
    page = logged_in(evry.mayor).get(reverse("command:place", args=[evry.school.pk, f"s{evry.classroom.pk}"]))
    words = page.content.decode()
    assert "commence à 06:" in words or "commence à 05:" in words
    assert "d’après ses dernières chauffes" in words


def test_rooms_are_learnt_one_at_a_time_and_once_a_day(evry, equipment):
    assert learn_next(INSTALLER, NOW) is False
    add_entry(evry.mayor, equipment.valve.pk, Draft("set_temperature", 19, SCHOOL_DAYS, AtClock(time(8)), ready=True))
    later = datetime.now(UTC) + timedelta(days=2)
    assert learn_next(INSTALLER, later) is True
    assert learn_next(INSTALLER, later + timedelta(hours=19)) is False
    assert learn_next(INSTALLER, later + timedelta(hours=20)) is True


def test_a_room_without_measures_begins_two_hours_before(evry, equipment):
    lead = queries.lead_of(evry.mayor, equipment.valve, "set_temperature", 19, NOW)
    assert (lead.is_learnt, lead.duration) == (False, timedelta(hours=2, minutes=10))


def test_a_gate_has_nothing_to_warm(evry, equipment):
    assert queries.lead_of(evry.mayor, equipment.gate, "open", None, NOW) is None

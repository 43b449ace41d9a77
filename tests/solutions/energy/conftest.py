"""A school whose meter has been read for two years, with works after the first."""

import asyncio
from datetime import timedelta
from math import cos, pi

import pytest
from psycopg import AsyncConnection
from tests.fixtures.things import INSTALLER

from maillage.kernel import clock
from maillage.telemetry import queries
from maillage.telemetry.actions import Declaration, Declared, declare_thing
from maillage.telemetry.engine.calendar import day_of, day_start
from maillage.telemetry.rollups.store import Roller
from maillage.telemetry.store import ObservationStore

STEP = timedelta(hours=6)
DAYS = 740
LEAK_KWH = 60


def outdoor_c(at):
    """The year, weather of a week, and the day."""
    number = at.timestamp() / 86_400
    weather = 3 * cos(2 * pi * number / 7.3) + 2 * cos(2 * pi * number / 3.1)
    return 12 - 8 * cos(2 * pi * (number - 25) / 365.25) + weather - 3 * cos(2 * pi * number)


@pytest.fixture
def read_meter(committed_conninfo, tmp_path):
    """A meter and a weather sensor on the school, read for two years; ``saving`` since the second, a leak yesterday."""

    def read(town, saving=0.3, days=DAYS):
        energy = Declared("active_energy", "Énergie", "kW.h", "import", "counter", 21_600)
        outdoor = Declared("outdoor_temperature", "Température extérieure", "Cel", "import", "gauge", 21_600)
        declared = Declaration(town.school.pk, "Compteur de gaz", "meter", (energy, outdoor), solution="energy")
        thing = declare_thing(INSTALLER, declared)
        streams = {one.quantity: one.pk for one in queries.datastreams(INSTALLER, thing_id=thing.pk)}
        asyncio.run(_write(committed_conninfo, tmp_path, list(_rows(streams, saving, days))))
        return thing

    return read


def _rows(streams, saving, days):
    start = day_start(day_of(clock.now()) - timedelta(days=days))
    at, index = start, 1000.0
    while at < clock.now():
        share = 1 - saving if at - start > timedelta(days=366) else 1.0
        yield streams["active_energy"], at, index, 2
        yield streams["outdoor_temperature"], at, outdoor_c(at), 2
        index += share * (10 + 6 * max(16 - outdoor_c(at), 0)) + cos(at.timestamp() * 7919)
        index += LEAK_KWH if day_of(at) == day_of(clock.now()) - timedelta(days=1) else 0
        at += STEP


async def _write(conninfo, folder, rows):
    async with await AsyncConnection.connect(conninfo, autocommit=True) as connection:
        await ObservationStore(connection).write(rows)
        await Roller(connection, folder).catch_up()

"""Hourly and daily summaries are what the values say, whenever and however these came."""

import asyncio
import random
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from psycopg import AsyncConnection

from maillage.telemetry import queries
from maillage.telemetry.engine.calendar import day_of, hour_of
from maillage.telemetry.engine.summary import summary_of_values
from maillage.telemetry.models import Datastream
from maillage.telemetry.rollups.store import Roller
from maillage.telemetry.store import ObservationStore

HOURLY = """
SELECT datastream_id, hour, count, minimum, maximum, total, first_value, last_value, rise, resets FROM telemetry_hourly
"""
DAILY = HOURLY.replace("hour,", "day,").replace("telemetry_hourly", "telemetry_daily")
CHANGE_DAY = date(2026, 10, 25)


@pytest.fixture
def air_id(evry, equipment):
    return queries.datastreams(evry.mayor, thing_id=equipment.valve.pk).get(quantity="air_temperature").pk


@pytest.fixture
def counter_id(evry, equipment):
    """A datastream that counts to 1,000."""
    stream = queries.datastreams(evry.mayor, thing_id=equipment.valve.pk).get(quantity="battery_voltage")
    stream.kind, stream.modulus = Datastream.Kind.COUNTER, 1000.0
    stream.save()
    return stream.pk


@pytest.fixture
def database(committed_conninfo, tmp_path):
    """Runs ``work(store, roller)`` over a connection of its own."""

    def run(work):
        async def over_a_connection():
            async with await AsyncConnection.connect(committed_conninfo, autocommit=True) as connection:
                return await work(ObservationStore(connection), Roller(connection, tmp_path))

        return asyncio.run(over_a_connection())

    return run


def rows(conninfo, query):
    with psycopg.connect(conninfo) as connection:
        return {tuple(row[:2]): row[2:] for row in connection.execute(query)}


def expected(values, key, modulus=None, *, counts=True):
    groups = {}
    for at, value in values:
        groups.setdefault(key(at), []).append((at, value))
    found = {bucket: summary_of_values(members, modulus) for bucket, members in groups.items()}
    return {
        bucket: (
            one.size, one.minimum, one.maximum, pytest.approx(one.total), one.first, one.last,
            one.rise if counts else None, one.resets if counts else None,
        )
        for bucket, one in found.items()
    }  # fmt: skip


def a_counter_over_the_change_of_clocks():
    """Every 17 minutes for four days; it turns over, and is once reset."""
    start, total = datetime(2026, 10, 23, 21, tzinfo=UTC), 0
    for n in range(340):
        total = 5 if n == 200 else total + n % 23
        yield start + timedelta(minutes=17 * n), float(total % 1000)


def test_summaries_are_right_whatever_the_order_in_which_values_came(committed_conninfo, counter_id, database):
    values = list(a_counter_over_the_change_of_clocks())
    shuffled = random.Random(4).sample(values, len(values))

    async def work(store, roller):
        for first in range(0, len(shuffled), 50):
            await store.write([(counter_id, at, value, 0) for at, value in shuffled[first : first + 50]])
            await roller.catch_up()

    database(work)
    hours = expected(values, lambda at: (counter_id, hour_of(at)), 1000.0)
    days = expected(values, lambda at: (counter_id, day_of(at)), 1000.0)
    assert rows(committed_conninfo, HOURLY) == hours
    assert rows(committed_conninfo, DAILY) == days
    of_change_day = [value for value in values if day_of(value[0]) == CHANGE_DAY]
    assert len(of_change_day) == days[counter_id, CHANGE_DAY][0] == 88  # 25 hours of 17 minutes


def test_a_gauge_is_summed_up_without_counting(committed_conninfo, air_id, database):
    values = [(datetime(2026, 1, 5, 12, n, tzinfo=UTC), 20.0 + n) for n in range(0, 60, 10)]

    async def work(store, roller):
        await store.write([(air_id, at, value, 0) for at, value in values])
        return await roller.step()

    rolled = database(work)
    assert (rolled.hours, rolled.days) == (1, 1)
    assert rows(committed_conninfo, HOURLY) == expected(values, lambda at: (air_id, hour_of(at)), counts=False)


def test_a_follower_that_dies_leaves_the_hours_stale(committed_conninfo, air_id, database):
    """Its transaction is rolled back: the next one finds every note."""

    async def work(store, roller):
        await store.write([(air_id, datetime(2026, 1, 5, 12, tzinfo=UTC), 20.0, 0)])

        async def die(_stale):
            raise ConnectionAbortedError

        real, roller._sum_up = roller._sum_up, die
        with pytest.raises(ConnectionAbortedError):
            await roller.step()
        assert await roller.pending() == 1
        roller._sum_up = real
        return await roller.catch_up(), await roller.pending()

    assert database(work) == (1, 0)


def test_two_followers_never_work_at_once(committed_conninfo, air_id, database):
    async def work(store, roller):
        await store.write([(air_id, datetime(2026, 1, 5, 12, tzinfo=UTC), 20.0, 0)])
        async with await AsyncConnection.connect(committed_conninfo) as other:
            await other.execute("SELECT")  # the transaction stays open
            assert (await Roller(other, roller._folder).step()).free
            refused = await roller.step()
            await other.rollback()
        return refused, await roller.step()

    refused, later = database(work)
    assert (refused.free, refused.hours) == (False, 0)
    assert (later.free, later.hours) == (True, 1)


def test_a_curve_of_a_counter_tells_what_it_counted(evry, counter_id, database):
    values = list(a_counter_over_the_change_of_clocks())

    async def work(store, roller):
        await store.write([(counter_id, at, value, 0) for at, value in values])
        await roller.catch_up()

    database(work)
    start, end = datetime(2026, 10, 23, 22, tzinfo=UTC), datetime(2026, 10, 28, tzinfo=UTC)
    whole = summary_of_values(values, 1000.0)
    for width in (timedelta(minutes=30), timedelta(hours=1), timedelta(hours=3), timedelta(days=1)):
        (curve,) = queries.series(evry.mayor, [counter_id], start, end, width)
        counted = sum(point.value for point in curve.points if point.value is not None)
        lost = counted_before(values, curve.points[0].at)
        assert curve.width == width
        assert counted + lost == pytest.approx(whole.rise)
    (days,) = queries.series(evry.mayor, [counter_id], start, end, timedelta(days=1))
    assert [point.at.hour for point in days.points] == [22, 22, 23, 23]


def counted_before(values, at):
    found = summary_of_values([value for value in values if value[0] < at], 1000.0)
    return found.rise if found else 0.0

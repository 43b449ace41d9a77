"""Observations are written once, and read as values and curves by those who may."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from psycopg import AsyncConnection, DataError
from tests.fixtures.things import INSTALLER, VALVE_EUI, installed

from maillage.kernel.errors import Invalid, NotFound
from maillage.lorawan.events import Uplink
from maillage.lorawan.models import Refusal
from maillage.telemetry import queries
from maillage.telemetry.engine.intake import UNKNOWN_DEVICE, Intake
from maillage.telemetry.models import Latest, Observation
from maillage.telemetry.rollups.store import Roller
from maillage.telemetry.store import ObservationStore
from maillage.telemetry.writer import ASK_AGAIN_AFTER, Directory, live_messages, take_in

NOW = datetime(2026, 1, 31, 23, 50, tzinfo=UTC)
MEASURED = Observation.Source.MEASURED.value


@pytest.fixture
def air_id(evry, equipment):
    return stream_id(evry.mayor, equipment.valve, "air_temperature")


@pytest.fixture
def store(committed_conninfo):
    """Runs ``work(store)`` over a connection of its own."""

    def run(work):
        async def over_a_connection():
            async with await AsyncConnection.connect(committed_conninfo, autocommit=True) as connection:
                return await work(ObservationStore(connection))

        return asyncio.run(over_a_connection())

    return run


@pytest.fixture
def write(store):
    return lambda batch: store(lambda an_observation_store: an_observation_store.write(batch))


@pytest.fixture
def sum_up(committed_conninfo, tmp_path):
    """Brings the summaries of hours and days up to date."""

    async def work():
        async with await AsyncConnection.connect(committed_conninfo, autocommit=True) as connection:
            return await Roller(connection, tmp_path).catch_up()

    return lambda: asyncio.run(work())


def stream_id(actor, thing, quantity):
    return queries.datastreams(actor, thing_id=thing.pk).get(quantity=quantity).pk


def uplink(measures, dev_eui=VALVE_EUI, at=NOW):
    return Uplink(1, dev_eui, 10, at, 7, measures, -80.0, 7.0, 1)


def rows():
    return [(row.datastream_id, row.at, row.value) for row in Observation.objects.order_by("datastream_id", "at")]


def test_a_repeated_batch_changes_nothing(air_id, write):
    batch = [(air_id, NOW + timedelta(minutes=10 * n), 19.0 + n, MEASURED) for n in range(3)]
    assert write(batch) == 3
    assert write(batch) == 0
    assert rows() == [(air_id, at, value) for _, at, value, _ in batch]


def test_a_batch_over_the_end_of_a_month_goes_to_both_partitions(air_id, write):
    write([(air_id, NOW, 19.0, MEASURED), (air_id, NOW + timedelta(minutes=20), 19.5, MEASURED)])
    assert len(rows()) == 2


def test_the_latest_value_is_the_newest_measured_not_the_last_written(air_id, write):
    write([(air_id, NOW, 19.0, MEASURED), (air_id, NOW - timedelta(minutes=10), 17.0, MEASURED)])
    write([(air_id, NOW - timedelta(hours=1), 15.0, MEASURED)])
    latest = Latest.objects.get(datastream_id=air_id)
    assert (latest.at, latest.value) == (NOW, 19.0)


def test_a_batch_that_fails_leaves_nothing(air_id, store, write):
    store(lambda each: each.ensure_partitions([NOW]))
    too_large_for_the_column = 40_000
    with pytest.raises(DataError):
        write([(air_id, NOW, 19.0, MEASURED), (air_id, NOW + timedelta(minutes=1), 19.0, too_large_for_the_column)])
    assert rows() == []
    assert write([(air_id, NOW, 19.0, MEASURED)]) == 1


def test_values_of_a_deleted_datastream_do_not_block_the_others(air_id, write):
    assert write([(10**9, NOW, 1.0, MEASURED), (air_id, NOW, 19.0, MEASURED)]) == 1


def test_refusals_are_counted_where_the_operator_looks(store, equipment):
    refused = Intake(refused=Counter({(UNKNOWN_DEVICE, "00" * 8): 2}))
    store(lambda each: each.take_in(refused, NOW))
    store(lambda each: each.take_in(refused, NOW))
    refusal = Refusal.objects.get(cause=UNKNOWN_DEVICE)
    assert (refusal.subject, refusal.count) == ("00" * 8, 4)


def test_an_uplink_taken_twice_is_stored_once(air_id, store):
    directory = Directory()
    for _ in range(2):
        intake = store(lambda each: take_in([uplink({"air_temperature": 18.5})], directory, each, NOW))
        assert [taken.value for taken in intake.taken] == [18.5]
    assert rows() == [(air_id, NOW, 18.5)]
    (message,) = live_messages(intake.taken)
    assert b'"quantity":"air_temperature"' in message


@pytest.mark.parametrize("told", [True, False])
def test_a_device_installed_after_the_start_is_found_when_told_or_after_a_while(evry, store, told):
    directory = Directory()
    first = store(lambda each: take_in([uplink({"air_temperature": 18.5})], directory, each, NOW))
    assert first.refused == Counter({(UNKNOWN_DEVICE, VALVE_EUI): 1})
    installed(evry.school, VALVE_EUI, "mclimate-vicki", "Radiateur", "heating")
    if told:
        directory.forget(VALVE_EUI)
    later = NOW if told else NOW + ASK_AGAIN_AFTER
    assert store(lambda each: take_in([uplink({"air_temperature": 18.5})], directory, each, later)).taken


@pytest.fixture
def a_month(air_id, write, sum_up):
    """Values every ten minutes for 29 days before NOW, but for six hours ten hours ago."""
    instants = [NOW - timedelta(minutes=10 * n) for n in range(29 * 144)]
    silent = (NOW - timedelta(hours=16), NOW - timedelta(hours=10))
    write([(air_id, at, 15 + at.hour / 10, MEASURED) for at in instants if not silent[0] <= at <= silent[1]])
    sum_up()
    return air_id


@pytest.mark.parametrize(("days", "width_min"), [(1, 0), (7, 15), (30, 60)])
def test_the_usual_spans_have_few_points_and_a_hole_where_nothing_was_measured(a_month, evry, days, width_min):
    (curve,) = queries.series(evry.mayor, [a_month], NOW - timedelta(days=days), NOW)
    assert curve.width == timedelta(minutes=width_min)
    assert 100 < len(curve.points) <= 752
    gaps = [point.at for point in curve.points if point.value is None]
    assert len(gaps) == 1
    assert timedelta(hours=10) <= NOW - gaps[0] <= timedelta(hours=16, minutes=15)
    assert all(p.minimum <= p.value <= p.maximum for p in curve.points if p.value is not None)


def test_a_bucket_holds_its_mean_and_extremes(a_month, evry):
    (curve,) = queries.series(evry.mayor, [a_month], NOW - timedelta(hours=3), NOW, timedelta(hours=2))
    assert [point.at.hour for point in curve.points] == [20, 22]
    assert [(point.minimum, point.maximum) for point in curve.points] == [(17.0, 17.1), (17.2, 17.3)]
    assert curve.points[1].value == pytest.approx(17.25, abs=0.01)


def test_a_span_makes_sense_or_is_refused(air_id, evry):
    for start, end in ((NOW, NOW), (NOW, NOW - timedelta(days=1)), (NOW - timedelta(days=4000), NOW)):
        with pytest.raises(Invalid):
            queries.series(evry.mayor, [air_id], start, end)
    with pytest.raises(Invalid):
        queries.series(evry.mayor, [air_id] * 201, NOW - timedelta(days=1), NOW)


def test_the_page_of_a_site_shows_every_thing_with_its_newest_values(evry, air_id, write):
    write([(air_id, NOW, 19.0, MEASURED)])
    states = queries.latest_of_site(evry.mayor, evry.school.pk)
    valve = next(state for state in states if state.thing.name == "Radiateur")
    assert (valve.reading("air_temperature").value, valve.reading("valve_opening").value) == (19.0, None)
    assert valve.period == timedelta(minutes=10)
    assert [state.thing.name for state in states] == ["Capteur", "Radiateur"]


def test_another_commune_finds_nothing(brunoy, evry, equipment, air_id):
    stranger = brunoy.mayor
    for look in (
        lambda: queries.latest_of_site(stranger, evry.school.pk),
        lambda: queries.state_of_thing(stranger, equipment.valve.pk),
        lambda: queries.series(stranger, [air_id], NOW - timedelta(days=1), NOW),
        lambda: queries.thing(stranger, equipment.valve.pk),
        lambda: queries.visible_device(stranger, VALVE_EUI),
    ):
        with pytest.raises(NotFound):
            look()
    assert not queries.things(stranger)
    assert not queries.datastreams(stranger)


def test_the_operator_sees_every_commune(equipment, air_id):
    assert queries.things(INSTALLER).count() == 3
    assert queries.series(INSTALLER, [air_id], NOW - timedelta(days=1), NOW)[0].points == []

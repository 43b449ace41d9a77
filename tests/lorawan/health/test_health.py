"""What the frame log says: rhythm, losses, margin, coverage."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from psycopg.types.json import Jsonb
from tests.fixtures.things import INSTALLER, SENSOR_EUI, VALVE_EUI, equipment, evry, person

from maillage.identity.actor import Role
from maillage.identity.models import JournalEntry
from maillage.kernel.errors import Invalid, Refused
from maillage.lorawan.health import actions, queries
from maillage.lorawan.models import Device, Gateway

__all__ = ["equipment", "evry"]
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
G1, G2 = "aa555a0000000001", "aa555a0000000002"


@pytest.fixture
def heard(db):
    """Writes uplinks into the frame log: ``heard(dev_eui, [(minutes ago, counter), …], {gateway: snr})``."""
    ids = iter(range(1, 100000))
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS lorawan_frame_test PARTITION OF lorawan_frame DEFAULT")

    def write(dev_eui, frames, snrs, rate="SF7BW125"):
        receptions = Jsonb([{"eui": eui, "rssi_dbm": -100.0, "snr_db": snr} for eui, snr in snrs.items()])
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO lorawan_frame (id, at, direction, dev_eui, organisation_id, m_type, f_cnt, frequency_hz,"
                " data_rate, phy_payload, receptions) VALUES (%s, %s, 'up', %s, 1, 2, %s, 868100000, %s, '', %s)",
                [(next(ids), NOW - ago * MINUTE, dev_eui, f_cnt, rate, receptions) for ago, f_cnt in frames],
            )

    return write


def quality(dev_eui):
    return queries.quality(Device.objects.visible_to(INSTALLER).get(pk=dev_eui))


def test_a_regular_device_teaches_its_rhythm_whatever_was_lost(equipment, heard):
    heard(VALVE_EUI, [(200 - 7 * n, n) for n in range(20) if n not in {5, 6, 11}], {G1: 2.5, G2: -3.0})
    assert actions.refresh(INSTALLER, NOW) == 1
    found = quality(VALVE_EUI)
    assert (found.rhythm, found.source) == (7 * MINUTE, "learned")
    assert (found.heard, found.lost, found.margin_db) == (17, 3, 10.0)
    assert found.loss_percent == pytest.approx(15.0)


def test_an_irregular_device_keeps_the_rhythm_of_its_model(equipment, heard):
    gaps = [1, 1, 1, 1, 300, 1, 1, 1, 1, 400]
    heard(VALVE_EUI, [(sum(gaps[n:]), n) for n in range(len(gaps))], {G1: 2.5})
    actions.refresh(INSTALLER, NOW)
    assert (quality(VALVE_EUI).source, quality(VALVE_EUI).rhythm) == ("model", 10 * MINUTE)


def test_a_reset_counter_is_no_loss(equipment, heard):
    heard(VALVE_EUI, [(50, 5000), (40, 5001), (30, 0), (20, 1), (10, 9000)], {G1: 2.5})
    actions.refresh(INSTALLER, NOW)
    assert (quality(VALVE_EUI).heard, quality(VALVE_EUI).lost) == (5, 0)


def test_each_gateway_knows_whom_it_hears_and_the_weakest_come_first(evry, equipment, heard):
    heard(VALVE_EUI, [(20, 1), (10, 2)], {G1: 8.0, G2: -6.0})
    heard(SENSOR_EUI, [(15, 1)], {G1: -7.0})
    actions.refresh(INSTALLER, NOW)
    gateway = Gateway(eui=G1)
    found = queries.heard_by(INSTALLER, gateway, 10)
    assert [(one.device_id, one.frames, one.snr_db) for one in found] == [(SENSOR_EUI, 1, -7.0), (VALVE_EUI, 2, 8.0)]
    assert queries.heard_count(evry.mayor, gateway) == 2
    assert [one.gateway_eui for one in queries.hearings_of(equipment.valve.device)] == [G1, G2]


def test_what_is_heard_no_more_is_forgotten(equipment, heard):
    heard(VALVE_EUI, [(20, 1), (10, 2)], {G1: 8.0})
    actions.refresh(INSTALLER, NOW)
    actions.refresh(INSTALLER, NOW + timedelta(days=2))
    assert queries.heard_count(INSTALLER, Gateway(eui=G1)) == 0
    assert quality(VALVE_EUI).loss_percent is None


def test_a_stranger_sees_nothing_of_what_a_gateway_hears(equipment, heard, brunoy_mayor):
    heard(VALVE_EUI, [(20, 1)], {G1: 8.0})
    actions.refresh(INSTALLER, NOW)
    assert not queries.heard_by(brunoy_mayor, Gateway(eui=G1), 10)


@pytest.fixture
def brunoy_mayor(evry):
    organisation = type(evry.organisation).objects.create(kind="commune", name="Brunoy", slug="brunoy")
    return person(organisation, Role.MAYOR)


def test_a_declared_rhythm_is_kept_in_the_journal_and_within_bounds(equipment):
    actions.declare_period(INSTALLER, VALVE_EUI, 3600)
    assert (quality(VALVE_EUI).rhythm, quality(VALVE_EUI).source) == (60 * MINUTE, "declared")
    assert JournalEntry.objects.filter(action="lorawan.period_declared").count() == 1
    with pytest.raises(Invalid, match="period_unfit"):
        actions.declare_period(INSTALLER, VALVE_EUI, 5)


def test_only_who_sees_everything_counts_the_whole_log(evry, equipment):
    with pytest.raises(Refused):
        actions.refresh(evry.mayor, NOW)

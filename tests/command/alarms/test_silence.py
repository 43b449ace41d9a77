"""Silence becomes alarms over the real registry: rhythm, gateways, closing, coming back."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.fixtures.things import INSTALLER, SENSOR_EUI, VALVE_EUI

from maillage.command.alarms import actions, queries
from maillage.command.alarms.silence import look_for_silence
from maillage.identity.models import Organisation
from maillage.lorawan.health import actions as health
from maillage.lorawan.models import Device, Gateway

MINUTE = timedelta(minutes=1)
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=30)
G1, G2 = "aa555a0000000001", "aa555a0000000002"


@pytest.fixture
def operator(db):
    return Organisation.objects.create(kind="operator", name="Syndicat", slug="syndicat")


@pytest.fixture
def gateways(operator, equipment):
    """Two, heard now; no device was heard yet."""
    Device.objects.visible_to(INSTALLER).update(last_seen_at=None)
    for eui in (G1, G2):
        Gateway.objects.create(organisation=operator, eui=eui, name=eui[-1], last_seen_at=NOW)


def heard(dev_eui, minutes_ago, now=NOW, by=(G1,)):
    seen = {"last_seen_at": now - minutes_ago * MINUTE, "last_gateways": list(by)}
    Device.objects.visible_to(INSTALLER).filter(pk=dev_eui).update(**seen)


def gateway_heard(eui, at):
    Gateway.objects.visible_to(INSTALLER).filter(pk=eui).update(last_seen_at=at)


def look(now=NOW):
    look_for_silence(INSTALLER, now, LONG_AGO)
    return {alarm.key: alarm for alarm in queries.open_alarms(INSTALLER)}


def test_a_silent_device_rings_where_it_stands_and_is_quiet_once_heard(evry, equipment, gateways):
    heard(VALVE_EUI, 5)
    heard(SENSOR_EUI, 600)
    (alarm,) = look().values()
    assert (alarm.code, alarm.thing, alarm.site, alarm.organisation) == (
        "device_silent",
        equipment.sensor,
        evry.school,
        evry.organisation,
    )
    heard(SENSOR_EUI, 1)
    assert look() == {}


def test_a_declared_rhythm_decides(evry, equipment, gateways):
    heard(SENSOR_EUI, 600)
    health.declare_period(INSTALLER, SENSOR_EUI, 6 * 3600)
    assert look() == {}
    health.declare_period(INSTALLER, SENSOR_EUI, 3 * 3600)
    assert len(look()) == 1


def test_a_silent_gateway_takes_over_the_alarms_of_its_devices_and_gives_them_time(evry, operator, equipment, gateways):
    heard(SENSOR_EUI, 45)
    heard(VALVE_EUI, 45)
    before = look()
    gateway_heard(G1, NOW - 40 * MINUTE)
    during = look()
    assert set(during) == {f"gateway_silent:{G1}"}
    own = queries.open_alarms(evry.mayor).get()
    assert (own.severity, own.facts) == ("warning", {"count": 2})
    assert all(queries.alarm(INSTALLER, alarm.pk).state == "cleared" for alarm in before.values())
    back = NOW + 10 * MINUTE
    for eui in (G1, G2):
        gateway_heard(eui, back)
    assert look(back) == {}
    for eui in (G1, G2):
        gateway_heard(eui, back + 200 * MINUTE)
    assert len(look(back + 200 * MINUTE)) == 2


def test_a_closed_alarm_stays_closed_until_the_device_was_heard(evry, equipment, gateways):
    heard(SENSOR_EUI, 600)
    (alarm,) = look().values()
    actions.close(evry.mayor, alarm.pk, "Pile commandée.")
    for eui in (G1, G2):
        gateway_heard(eui, datetime.now(UTC))
    later = datetime.now(UTC) + MINUTE
    assert look(later) == {}


def test_when_nothing_is_heard_the_network_is_the_alarm(evry, operator, equipment, gateways):
    heard(SENSOR_EUI, 60)
    for eui in (G1, G2):
        gateway_heard(eui, NOW - 50 * MINUTE)
    assert set(look()) == {"network_silent"}
    assert queries.open_alarms(evry.mayor).get().code == "network_silent"

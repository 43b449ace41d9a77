"""The frame log of all devices: filters, tenants, MAC commands in words."""

import pytest
from django.urls import reverse
from tests.fixtures.radio import EVRY_VALVE, MASSY_VALVE, MAST, SCHOOL_ROOF, frame

from maillage.lorawan import queries
from maillage.lorawan.models import Device
from maillage.lorawan.queries import FrameFilter


@pytest.fixture
def log(equipped):
    massy = Device.objects.unscoped("test").get(pk=MASSY_VALVE)
    valve = Device.objects.unscoped("test").get(pk=EVRY_VALVE)
    frame(massy, 10, receptions=[{"eui": SCHOOL_ROOF, "rssi_dbm": -80.0, "snr_db": 9.0}])
    status = bytes.fromhex("40341201268301000600f807" + "aabbccdd")  # FOpts: DevStatusAns
    frame(valve, 11, m_type=4, phy_payload=status, payload=None, f_port=None, decoded=None)
    return equipped


def found(house, name="operator", limit=50, before=None, **wanted):
    rows, next_id = queries.frame_log(house.actor(name), FrameFilter(**wanted), before, limit)
    return [row.pk for row in rows], next_id


def test_every_frame_of_visible_devices_newest_first(log):
    assert found(log) == ([11, 10, 3, 2, 1], None)
    assert found(log, "technician") == ([11, 3, 2, 1], None)


def test_the_log_is_filtered_by_gateway_device_and_type(log):
    assert found(log, gateway_eui=SCHOOL_ROOF)[0] == [10]
    assert found(log, gateway_eui=MAST)[0] == [11, 3, 2, 1]
    assert found(log, dev_eui=MASSY_VALVE)[0] == [10]
    assert found(log, m_type=4)[0] == [11]


def test_pages_follow_each_other_and_a_far_match_is_found_by_going_on(log, monkeypatch):
    assert found(log, limit=2) == ([11, 10], 10)
    assert found(log, limit=2, before=10) == ([3, 2], 2)
    monkeypatch.setattr(queries, "FRAMES_LOOKED_AT", 3)
    assert found(log, m_type=2, limit=2) == ([10], 9)
    assert found(log, m_type=2, limit=2, before=9) == ([], 6)


def test_the_page_shows_commands_in_words_and_follows_the_log(log):
    path = reverse("lorawan:frames")
    page = log.client("operator").get(path, {"type": "4"}).content.decode()
    assert "marge de réception" in page
    assert "live:frames from:document" in page
    part = log.client("technician").get(path, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "Mairie de Massy" not in part
    assert log.client("mayor").get(path).status_code == 403
    assert log.client("operator").get(path, {"type": "99"}).status_code == 422

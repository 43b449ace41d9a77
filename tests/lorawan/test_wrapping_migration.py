"""Keys that were stored in clear are wrapped when the tables are brought up to date, and can be taken back."""

import importlib

from django.apps import apps
from tests.fixtures.radio import EVRY_VALVE, KEY

from maillage.lorawan.key_ring import key_ring
from maillage.lorawan.keys import Purpose
from maillage.lorawan.models import Device, Session

migration = importlib.import_module("maillage.lorawan.migrations.0006_keys_are_wrapped")


def keys():
    device = Device.objects.unscoped("test").get(pk=EVRY_VALVE)
    session = Session.objects.get(pk=EVRY_VALVE)
    return bytes(device.app_key), bytes(session.nwk_s_key), bytes(session.app_s_key)


def test_keys_in_clear_are_wrapped_and_wrapped_ones_are_left_alone(equipped):
    migration.unwrap(apps, None)
    assert keys() == (KEY, bytes(16), bytes(16))
    migration.wrap(apps, None)
    wrapped = keys()
    purposes = (Purpose.APP_KEY, Purpose.NWK_S_KEY, Purpose.APP_S_KEY)
    opened = [key_ring().unwrap(key, EVRY_VALVE, purpose) for key, purpose in zip(wrapped, purposes, strict=True)]
    assert opened == [KEY, bytes(16), bytes(16)]
    migration.wrap(apps, None)
    assert keys() == wrapped

from datetime import UTC, datetime

import pytest

from maillage.lorawan.codecs.model import DeviceModel, Measure
from maillage.lorawan.codecs.values import CodecInput

NOW = datetime(2026, 1, 15, 8, 0, tzinfo=UTC)


@pytest.fixture
def model_of():
    """Makes a device model of a codec's source."""

    def make(source, key="test-model"):
        measure = Measure("air_temperature", "Cel", "Température", "Temperature", 1, "gauge")
        return DeviceModel(
            key=key,
            vendor="Test",
            name=key,
            category="room_sensor",
            icon="flask",
            documentation="none",
            lorawan_version="1.0.3",
            regional_parameters="RP001-1.0.3-RevA",
            device_class="A",
            dev_nonce_is_counter=False,
            uplink_period_s=600,
            measures={"air_temperature": measure},
            verbs={},
            codec_source=source,
        )

    return make


@pytest.fixture
def uplink():
    """Makes an uplink of a model, a port and bytes."""

    def make(model_key, f_port=1, payload=b"\x15"):
        return CodecInput(model_key, f_port, payload, NOW)

    return make

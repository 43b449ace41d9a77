"""The simulated devices speak the bytes that the server's real codecs read, and obey the bytes that these write."""

import json
from datetime import UTC, datetime

import pytest
import quickjs
from hypothesis import given
from hypothesis import strategies as st

from maillage.kernel.errors import Invalid
from maillage.lorawan.codecs.registry import load_models
from maillage.lorawan.simulator.models.base import Surroundings
from maillage.lorawan.simulator.models.catalogue import make_model
from maillage.lorawan.simulator.models.dl_pm import crc16
from maillage.lorawan.simulator.physics.weather import weather

MODELS = load_models()
AT = datetime(2025, 1, 15, 10, 0, tzinfo=UTC)
KEYS = ("mclimate-vicki", "elsys-ers", "milesight-am107", "dragino-lt22222l", "decentlab-dl-pm")
# Half of the payload's own step for each model and quantity.
ROUNDING = {
    "air_temperature": 0.094,
    "relative_humidity": 0.5,
    "illuminance": 0.5,
    "battery_voltage": 0.0501,
    "co2": 0.5,
    "tvoc": 0.5,
    "barometric_pressure": 0.0501,
    "valve_opening": 0.06,
    "pm1": 0.0501,
    "pm2_5": 0.0501,
    "pm4": 0.0501,
    "pm10": 0.0501,
}


def call(key, function, argument):
    script = quickjs.Context()
    script.eval(MODELS[key].codec_source)
    return json.loads(script.eval(f"JSON.stringify({function}({json.dumps(argument)}))"))


def around(air_c=19.4, humidity=45.0, co2_ppm=700.0, people=20):
    return Surroundings(AT, weather(AT), air_c, humidity, co2_ppm, people)


def downlink(device, key, data):
    encoded = call(key, "encodeDownlink", {"data": data})
    assert "errors" not in encoded
    return device.obey(encoded["fPort"], bytes(encoded["bytes"]))


def decoded(device, key, surroundings):
    payload = device.uplink(surroundings)
    result = call(key, "decodeUplink", {"fPort": payload.f_port, "bytes": list(payload.data)})
    assert "errors" not in result
    assert "warnings" not in result
    return call(key, "normalizeUplink", {"data": result["data"]})["data"]


@pytest.mark.parametrize("key", KEYS)
@given(air_c=st.floats(0, 35), humidity=st.floats(10, 98), co2_ppm=st.floats(400, 3000), people=st.integers(0, 30))
def test_the_servers_codec_reads_the_values_that_the_device_felt(key, air_c, humidity, co2_ppm, people):
    device = make_model(key, "seed", 600)
    surroundings = around(air_c, humidity, co2_ppm, people)
    felt = device.readings(surroundings)
    read = decoded(device, key, surroundings)
    assert set(read) == set(felt)
    for quantity, value in felt.items():
        assert read[quantity] == pytest.approx(value, abs=ROUNDING.get(quantity, 1e-9)), quantity


@pytest.mark.parametrize("key", KEYS)
def test_every_reading_is_a_measure_that_the_model_declares(key):
    assert set(make_model(key, "seed", 600).readings(around())) <= set(MODELS[key].measures)
    assert make_model(key, "seed", 600).class_c == (MODELS[key].device_class == "C")


@given(st.integers(5, 30))
def test_a_setpoint_moves_the_valve_and_is_reported(target_c):
    valve = make_model("mclimate-vicki", "seed", 600)
    assert downlink(valve, "mclimate-vicki", {"setTargetTemperature": target_c})
    read = decoded(valve, "mclimate-vicki", around(air_c=17.0))
    assert read["target_temperature"] == target_c
    assert (read["valve_opening"] == 100) == (target_c >= 19)


def test_a_valve_ignores_what_it_cannot_do():
    valve = make_model("mclimate-vicki", "seed", 600)
    before = dict(valve.kept())
    for data in (b"\x0e\x50", b"\x0e", b"\xee\x01", b""):
        valve.obey(1, data)
    assert dict(valve.kept()) == before


def test_a_valve_answers_a_question_before_its_keep_alive():
    valve = make_model("mclimate-vicki", "seed", 600)
    assert downlink(valve, "mclimate-vicki", {"setKeepAlive": 5, "getKeepAlive": True})
    payload = valve.uplink(around())
    read = call("mclimate-vicki", "decodeUplink", {"fPort": payload.f_port, "bytes": list(payload.data)})
    assert read["data"]["keepAliveTime"] == 5
    assert len(valve.uplink(around()).data) == 9


def test_the_gate_opens_and_closes_and_says_so():
    gate = make_model("dragino-lt22222l", "seed", 600)
    assert downlink(gate, "dragino-lt22222l", {"relay_1": "on"})
    assert decoded(gate, "dragino-lt22222l", around())["relay_1"] == 1
    assert downlink(gate, "dragino-lt22222l", {"relay_1": "off"})
    assert decoded(gate, "dragino-lt22222l", around())["digital_input_1"] == 0


@pytest.mark.parametrize(
    ("key", "data", "period_s"),
    [
        ("mclimate-vicki", {"setKeepAlive": 2}, 120),
        ("milesight-am107", {"report_interval": 300}, 300),
        ("dragino-lt22222l", {"uplink_period_s": 900}, 900),
        ("decentlab-dl-pm", {"command": "set period + save", "parameter": 120}, 120),
    ],
)
def test_a_new_period_is_kept_through_a_power_cut(key, data, period_s):
    device = make_model(key, "seed", 600)
    downlink(device, key, data)
    assert device.period_s == period_s
    assert make_model(key, "seed", 600, device.kept()).period_s == period_s


def test_a_downlink_with_a_wrong_checksum_is_ignored():
    sensor = make_model("decentlab-dl-pm", "seed", 600)
    wrong = bytes((0, 2, 0, 60)) + ((crc16(bytes((0, 2, 0, 60))) + 1) & 0xFFFF).to_bytes(2, "big")
    sensor.obey(1, wrong)
    assert sensor.period_s == 600


def test_an_unknown_model_is_named():
    with pytest.raises(Invalid) as refusal:
        make_model("acme-9000", "seed", 600)
    assert refusal.value.facts["model"] == "acme-9000"

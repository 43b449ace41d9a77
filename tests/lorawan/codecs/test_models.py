import json

import pytest
import pytest_asyncio

from maillage.lorawan.codecs.pool import CodecPool
from maillage.lorawan.codecs.registry import MODELS_FOLDER, load_models
from maillage.lorawan.codecs.values import CodecFailure, Decoded, Encoded

MODELS = load_models()
EXAMPLES = [
    pytest.param(key, example, id=f"{key}: {example['description']}")
    for key in MODELS
    for example in json.loads((MODELS_FOLDER / key / "examples.json").read_text(encoding="utf-8"))
]
DECODED = [
    example
    for example in EXAMPLES
    if example.values[1]["routine"] == "decodeUplink" and "data" in example.values[1]["expected"]
]

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool():
    async with CodecPool(MODELS) as pool:
        yield pool


@pytest.mark.parametrize(("key", "example"), EXAMPLES)
async def test_a_published_example_is_answered_exactly(pool, uplink, key, example):
    given_, expected = example["input"], example["expected"]
    if example["routine"] == "encodeDownlink":
        outcome = await pool.encode(key, given_["data"])
        assert outcome == Encoded(expected["fPort"], bytes(expected["bytes"]))
        return
    payload = bytes(given_["bytes"])
    if example["routine"] == "decodeDownlink":
        outcome = await pool.decode_downlink(key, given_["fPort"], payload)
    else:
        (outcome,) = await pool.decode([uplink(key, given_["fPort"], payload)])
    if "errors" in expected:
        assert outcome == CodecFailure("refused", "; ".join(expected["errors"]))
    else:
        assert outcome.data == expected["data"]


@pytest.mark.parametrize(("key", "example"), DECODED)
async def test_every_measure_of_a_published_example_is_declared(pool, uplink, key, example):
    payload = bytes(example["input"]["bytes"])
    (outcome,) = await pool.decode([uplink(key, example["input"]["fPort"], payload)])
    assert outcome.measures.keys() <= MODELS[key].measures.keys()


async def test_a_vicki_at_position_250_of_300_is_one_sixth_open(pool, uplink):
    (outcome,) = await pool.decode([uplink("mclimate-vicki", 1, bytes([1, 29, 90, 120, 250, 44, 1, 240, 128]))])
    assert outcome.measures == {
        "target_temperature": 29,
        "air_temperature": 18.01,
        "relative_humidity": 46.88,
        "valve_opening": 16.7,
        "battery_voltage": 3.5,
        "open_window": 0,
        "child_lock": 1,
    }


@pytest.mark.parametrize(("position", "opening"), [(0, 100), (300, 0), (150, 50), (400, 0)])
async def test_position_zero_of_a_vicki_is_fully_open(pool, uplink, position, opening):
    payload = bytes([0x81, 20, 130, 120, position & 255, 300 & 255, (position >> 8) << 4 | 300 >> 8, 0xF0, 0x30])
    (outcome,) = await pool.decode([uplink("mclimate-vicki", 2, payload)])
    assert outcome.measures["valve_opening"] == opening


async def test_a_vicki_that_is_not_calibrated_reports_no_opening(pool, uplink):
    (outcome,) = await pool.decode([uplink("mclimate-vicki", 2, bytes([0x81, 20, 130, 120, 0, 0, 0, 0xF0, 0]))])
    assert "valve_opening" not in outcome.measures
    assert outcome.measures["target_temperature"] == 20


async def test_a_vicki_with_a_broken_sensor_reports_no_air_temperature(pool, uplink):
    (outcome,) = await pool.decode([uplink("mclimate-vicki", 2, bytes([0x81, 20, 0, 120, 0, 44, 1, 0xF1, 0]))])
    assert "air_temperature" not in outcome.measures


async def test_a_recent_vicki_uses_the_new_temperature_formula(pool, uplink):
    (outcome,) = await pool.decode([uplink("mclimate-vicki", 2, bytes([0x81, 20, 136, 120, 0, 44, 1, 0xF0, 0x70]))])
    assert outcome.data["sensorTemperature"] == 19
    assert outcome.data["calibrationFailed"] is True
    assert outcome.data["attachedBackplate"] is True


async def test_answers_of_a_vicki_come_before_its_keepalive(pool, uplink):
    payload = bytes([0x12, 10, 0x15, 5, 30, 0x81, 21, 130, 120, 0, 44, 1, 0xF0, 0])
    (outcome,) = await pool.decode([uplink("mclimate-vicki", 2, payload)])
    assert outcome.data["keepAliveTime"] == 10
    assert outcome.data["temperatureRange"] == {"min": 5, "max": 30}
    assert outcome.measures["target_temperature"] == 21


async def test_an_unknown_answer_of_a_vicki_does_not_hide_its_keepalive(pool, uplink):
    payload = bytes([0xEE, 1, 2, 0x81, 21, 130, 120, 0, 44, 1, 0xF0, 0])
    (outcome,) = await pool.decode([uplink("mclimate-vicki", 2, payload)])
    assert outcome.measures["target_temperature"] == 21
    assert "0xee" in outcome.warnings[0]


ROUND_TRIPS = [
    ("mclimate-vicki", {"setTargetTemperature": 19}),
    ("mclimate-vicki", {"setTargetTemperaturePrecisely": 19.5}),
    ("mclimate-vicki", {"setKeepAlive": 5, "setChildLock": True, "getTemperatureRange": True}),
    ("mclimate-vicki", {"setTemperatureRange": {"min": 12, "max": 22}}),
    ("mclimate-vicki", {"setOperationalMode": "automatic", "setJoinRetryPeriod": 20}),
    ("mclimate-vicki", {"setMotorPosition": 500, "setConfirmedUplinks": False}),
    ("dragino-lt22222l", {"relay_1": "on"}),
    ("dragino-lt22222l", {"relay_1": "off", "relay_2": "on"}),
    ("dragino-lt22222l", {"uplink_period_s": 600}),
    ("dragino-lt22222l", {"poll": True}),
    ("milesight-am107", {"report_interval": 1200, "reboot": True}),
    ("decentlab-dl-pm", {"command": "set period", "parameter": 600}),
]


@pytest.mark.parametrize(("key", "data"), ROUND_TRIPS)
async def test_a_downlink_reads_back_as_what_was_asked(pool, key, data):
    encoded = await pool.encode(key, data)
    assert isinstance(encoded, Encoded)
    decoded = await pool.decode_downlink(key, encoded.f_port, encoded.payload)
    assert decoded == Decoded(data, {})


# the examples in the makers' documents
@pytest.mark.parametrize(
    ("key", "data", "payload"),
    [
        ("mclimate-vicki", {"setTargetTemperature": 22}, "0e16"),
        ("mclimate-vicki", {"setChildLock": True}, "0701"),
        ("mclimate-vicki", {"setMotorPosition": 500}, "2d01f4"),
        ("mclimate-vicki", {"setJoinRetryPeriod": 20}, "10f0"),
        ("dragino-lt22222l", {"relay_1": "off"}, "030011"),
        ("dragino-lt22222l", {"relay_1": "on"}, "030111"),
        ("dragino-lt22222l", {"relay_1": "on", "relay_2": "off"}, "030100"),
        ("dragino-lt22222l", {"uplink_period_s": 60}, "0100003c"),
        ("milesight-am107", {"report_interval": 1200}, "ff03b004"),
    ],
)
async def test_a_downlink_has_the_bytes_of_the_makers_document(pool, key, data, payload):
    encoded = await pool.encode(key, data)
    assert encoded.payload.hex() == payload


@pytest.mark.parametrize(
    ("key", "data", "words"),
    [
        ("mclimate-vicki", {"setTargetTemperature": 80}, "from 5 to 30 °C, got 80"),
        ("mclimate-vicki", {"setTargetTemperature": 19.5}, "whole number"),
        ("mclimate-vicki", {"setTargetTemperature": "19"}, 'got "19"'),
        ("mclimate-vicki", {"setTargetTemperaturePrecisely": 31}, "from 5 to 30 °C"),
        ("mclimate-vicki", {"setTemperatureRange": {"min": 22, "max": 12}}, "must be below"),
        ("mclimate-vicki", {"toString": 1}, "unknown request toString"),
        ("mclimate-vicki", {}, "no request"),
        ("dragino-lt22222l", {"relay_1": "open"}, '"on" or "off"'),
        ("dragino-lt22222l", {"relay_1": "on", "poll": True}, "exactly one"),
        ("milesight-am107", {"report_interval": 1}, "from 60 to 64800"),
        ("decentlab-dl-pm", {"command": "set period", "parameter": 0}, "from 5 to 65535"),
    ],
)
async def test_a_wrong_downlink_is_refused_in_words(pool, key, data, words):
    outcome = await pool.encode(key, data)
    assert isinstance(outcome, CodecFailure)
    assert outcome.code == "refused"
    assert words in outcome.message


async def test_every_verb_gives_a_downlink_at_both_of_its_bounds(pool):
    for model in MODELS.values():
        for verb in model.verbs.values():
            values = [None] if verb.bounds is None else [verb.bounds.minimum, verb.bounds.maximum]
            for value in values:
                assert isinstance(await pool.encode(model.key, verb.data_for(value)), Encoded), (
                    model.key,
                    verb,
                )


async def test_opening_energises_relay_1_and_the_report_confirms_it(pool, uplink):
    verb = MODELS["dragino-lt22222l"].verbs["open"]
    encoded = await pool.encode("dragino-lt22222l", verb.data_for(None))
    assert encoded.payload == bytes([3, 1, 0x11])
    (report,) = await pool.decode([uplink("dragino-lt22222l", 2, bytes([0] * 8 + [0x80, 0xFF, 0x41]))])
    assert verb.confirmation.is_met_by(report.measures["relay_1"], None)


async def test_a_sensor_without_downlinks_says_so(pool):
    outcome = await pool.encode("elsys-ers", {"anything": 1})
    assert outcome.code == "not_supported"


async def test_a_cut_elsys_payload_gives_what_is_whole_and_a_warning(pool, uplink):
    (outcome,) = await pool.decode([uplink("elsys-ers", 5, bytes([1, 0, 226, 2]))])
    assert outcome.data == {"temperature": 22.6}
    assert "cut short" in outcome.warnings[0]


@pytest.mark.parametrize("serial", ["6127a2174132", "6136c40091605408"])
async def test_both_lengths_of_serial_number_of_an_am107_are_read(pool, uplink, serial):
    payload = bytes.fromhex("ff0101ff16" + serial + "ff090140ff0a0114ff0f00ff18007f")
    (outcome,) = await pool.decode([uplink("milesight-am107", 85, payload)])
    assert outcome.data["serial_number"] == serial
    assert outcome.data["hardware_version"] == "1.4"
    assert outcome.data["software_version"] == "1.14"
    assert outcome.data["device_class"] == "A"

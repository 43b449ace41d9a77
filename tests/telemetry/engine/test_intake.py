"""Which measures become observations."""

import math
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from maillage.lorawan.events import Uplink
from maillage.telemetry.engine.intake import (
    ABSURD_TIME,
    NOT_A_NUMBER,
    UNKNOWN_DEVICE,
    UNKNOWN_QUANTITY,
    Stream,
    sort_out,
    unknown_pairs,
)

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
VALVE = "70b3d52dd3000001"
AIR = Stream(1, 10, 100, "air_temperature", "Cel")
TARGET = Stream(2, 10, 100, "target_temperature", "Cel")
STREAMS = {VALVE: {"air_temperature": AIR, "target_temperature": TARGET}}


def uplink(measures, dev_eui=VALVE, at=NOW):
    return Uplink(1, dev_eui, 10, at, 7, measures, -80.0, 7.0, 1)


def test_every_measure_with_a_stream_is_taken():
    intake = sort_out([uplink({"air_temperature": 18.5, "target_temperature": 19.0})], STREAMS, NOW)
    assert [(taken.stream, taken.at, taken.value) for taken in intake.taken] == [(AIR, NOW, 18.5), (TARGET, NOW, 19.0)]
    assert not intake.refused


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_a_number_is_refused_and_the_rest_taken(value):
    intake = sort_out([uplink({"air_temperature": value, "target_temperature": 19.0})], STREAMS, NOW)
    assert [taken.stream for taken in intake.taken] == [TARGET]
    assert intake.refused == Counter({(NOT_A_NUMBER, VALVE): 1})


@pytest.mark.parametrize("offset", [timedelta(minutes=6), timedelta(days=-367), timedelta(days=4000)])
def test_an_absurd_time_is_refused(offset):
    intake = sort_out([uplink({"air_temperature": 18.5}, at=NOW + offset)], STREAMS, NOW)
    assert (intake.taken, intake.refused) == ([], Counter({(ABSURD_TIME, VALVE): 1}))


def test_an_unknown_device_is_counted_by_its_name():
    intake = sort_out([uplink({"air_temperature": 18.5}, "00" * 8)] * 2, STREAMS, NOW)
    assert (intake.taken, intake.refused) == ([], Counter({(UNKNOWN_DEVICE, "00" * 8): 2}))


def test_a_quantity_that_the_model_does_not_declare_is_counted():
    intake = sort_out([uplink({"radon": 100.0})], STREAMS, NOW)
    assert intake.refused == Counter({(UNKNOWN_QUANTITY, VALVE): 1})


def test_only_devices_in_doubt_are_worth_asking_for():
    doubtful = [uplink({"radon": 1.0}), uplink({"air_temperature": 1.0}, "00" * 8)]
    assert unknown_pairs([uplink({"air_temperature": 1.0})], STREAMS) == set()
    assert unknown_pairs(doubtful, STREAMS) == {VALVE, "00" * 8}

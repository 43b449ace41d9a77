"""What open pages are told."""

import json
from datetime import UTC, datetime, timedelta

from maillage.command.events import CommandUpdate
from maillage.command.live import command_message, observation_messages, topics
from maillage.telemetry.events import LiveObservation, LiveObservationBatch

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


def observation(stream_id, value, thing_id=7, minutes=0):
    at = NOON + timedelta(minutes=minutes)
    return LiveObservation(stream_id, 1, thing_id, "air_temperature", "Cel", at, value)


def test_each_thing_gets_one_message_with_all_its_values():
    batch = LiveObservationBatch([observation(1, 19.4), observation(2, 35), observation(3, 18.0, thing_id=8)])
    first, second = observation_messages(batch)
    assert (first.topic, second.topic) == ("thing.7", "thing.8")
    assert json.loads(first.data) == {
        "datastream.1": {"value": 19.4, "unit": "Cel", "at": "2026-03-03T12:00:00Z"},
        "datastream.2": {"value": 35, "unit": "Cel", "at": "2026-03-03T12:00:00Z"},
    }
    assert first.key is None


def test_of_one_datastream_only_the_newest_value_is_told():
    batch = LiveObservationBatch([observation(1, 19.4, minutes=10), observation(1, 18.0)])
    (message,) = observation_messages(batch)
    assert json.loads(message.data)["datastream.1"]["value"] == 19.4


def test_an_empty_batch_tells_nothing():
    assert list(observation_messages(LiveObservationBatch([]))) == []


def test_a_command_that_moves_tells_the_pages_of_its_thing():
    message = command_message(CommandUpdate("c-1", 1, 7, "expired", NOON, "device_silent"))
    assert (message.topic, message.key) == ("command.7", "life")
    assert json.loads(message.data) == {"command.c-1": {"state": "danger", "at": "2026-03-03T12:00:00Z"}}


def test_a_page_listens_to_the_values_and_the_commands_of_its_things():
    assert topics([7, 8]) == ["thing.7", "command.7", "thing.8", "command.8"]

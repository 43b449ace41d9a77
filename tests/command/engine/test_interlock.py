"""What forbids a verb for a while."""

from datetime import UTC, datetime, timedelta

from maillage.command.engine.interlock import Interlock, Sensed, forbidden

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)
PRESENCE = Interlock("presence", frozenset({"close"}), "occupancy")


def seen(value, minutes_ago=5, quantity="occupancy"):
    at = None if minutes_ago is None else NOW - timedelta(minutes=minutes_ago)
    return Sensed("Détecteur", "sensor", quantity, value, at)


def verdict(*sensed, verb="close"):
    found = forbidden([PRESENCE], verb, sensed, NOW)
    return found.cause if found else None


def test_the_gate_does_not_close_on_somebody():
    assert verdict(seen(0), seen(1)) == "active"


def test_it_opens_all_the_same():
    assert verdict(seen(1), verb="open") is None


def test_a_free_passage_forbids_nothing():
    assert verdict(seen(0)) is None


def test_a_sensor_that_fell_silent_forbids_as_well():
    assert verdict(seen(0, 31)) == "silent"
    assert verdict(seen(None, None)) == "silent"


def test_without_such_a_sensor_there_is_no_interlock():
    assert verdict(seen(1, quantity="humidity")) is None

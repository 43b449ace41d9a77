"""The command process over a real bus and a real database."""

import asyncio
from datetime import timedelta

import msgspec
import pytest
from tests.fixtures.things import VALVE_EUI

from maillage.command import actions, queries
from maillage.identity.actor import machine
from maillage.lorawan.events import DOWNLINKS, UPLINKS, DownlinkBatch, DownlinkUpdate, Uplink, UplinkBatch
from maillage.lorawan.stream import ensure_stream
from maillage.processes import bus
from maillage.processes import command as process

LOOKER = machine("test")


@pytest.fixture
def command(committed_conninfo, evry, equipment):
    return actions.request(evry.mayor, equipment.valve.pk, "set_temperature", 19)


def life_of(command):
    at = command.requested_at
    updates = [DownlinkUpdate("d", str(command.pk), VALVE_EUI, "sent", at + timedelta(seconds=1))]
    report = Uplink(1, VALVE_EUI, 1, at + timedelta(seconds=9), 7, {"target_temperature": 19.0}, -80.0, 7.0, 1)
    return [(DOWNLINKS, DownlinkBatch(updates)), (UPLINKS, UplinkBatch([report]))]


def states(command):
    return [step.state for step in queries.command(LOOKER, command.pk).steps.all()]


async def follow(url, messages, *, steps=1):
    """Publishes ``messages``, then lets a new follower work; starts from an empty stream."""
    client = await bus.connect(url, "test")
    desk = process.Desk()
    try:
        await ensure_stream(client.jetstream())
        for subject, message in messages:
            data = message if isinstance(message, bytes) else msgspec.json.encode(message)
            await client.jetstream().publish(subject, data)
        follower = process.Follower(client, desk)
        return [await follower.step() for _ in range(steps)]
    finally:
        await desk.close()
        await client.close()


def test_a_command_goes_through_its_life_as_the_bus_tells_it(command, bus_url):
    assert asyncio.run(follow(bus_url, life_of(command))) == [2]
    assert states(command) == ["requested", "sent", "confirmed"]


def test_everything_delivered_twice_changes_nothing(command, bus_url):
    asyncio.run(follow(bus_url, [*life_of(command), *life_of(command)]))
    assert states(command) == ["requested", "sent", "confirmed"]


def test_a_new_process_goes_on_where_the_last_one_stopped(command, bus_url):
    sent, confirmed = life_of(command)
    asyncio.run(follow(bus_url, [sent]))
    assert asyncio.run(follow(bus_url, [confirmed], steps=2)) == [1, 0]
    assert states(command) == ["requested", "sent", "confirmed"]


def test_a_message_that_nobody_can_read_holds_nothing_up(command, bus_url):
    asyncio.run(follow(bus_url, [(DOWNLINKS, b"\xff"), (UPLINKS, b"{}"), *life_of(command)]))
    assert states(command) == ["requested", "sent", "confirmed"]


def test_what_the_bus_still_holds_is_heard_before_anything_expires(command, bus_url, monkeypatch):
    monkeypatch.setattr(process.clock, "now", lambda: command.expires_at + timedelta(hours=1))
    asyncio.run(follow(bus_url, life_of(command)))
    assert states(command) == ["requested", "sent", "confirmed"]


def test_what_was_never_told_expires(command, bus_url, monkeypatch):
    monkeypatch.setattr(process.clock, "now", lambda: command.expires_at)
    asyncio.run(follow(bus_url, [], steps=1))
    assert states(command) == ["requested", "expired"]

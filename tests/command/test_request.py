"""Somebody asks a thing to act."""

import json
import math
import uuid
from dataclasses import replace

import pytest
from django.db import connection
from tests.fixtures.things import INSTALLER, RELAY_EUI, VALVE_EUI

from maillage.command import actions, queries
from maillage.command.models import Command
from maillage.identity.actor import machine
from maillage.identity.models import JournalEntry
from maillage.kernel.errors import Conflict, Invalid, NotFound, Refused
from maillage.lorawan.models import Downlink
from maillage.telemetry.actions import decommission_thing
from maillage.telemetry.models import Latest
from maillage.telemetry.queries import datastreams


def journalled():
    entries = JournalEntry.objects.filter(action__startswith="command.").order_by("pk")
    return [(entry.action, entry.facts) for entry in entries]


def steps(command):
    return [(step.state, step.cause) for step in queries.command(INSTALLER, command.pk).steps.all()]


def test_nineteen_degrees_become_a_message_that_waits_for_the_valve(evry, equipment):
    stream = datastreams(evry.mayor, thing_id=equipment.valve.pk).get(quantity="target_temperature")
    Latest.objects.create(datastream=stream, at=equipment.valve.device.created_at, value=17.0)
    command = actions.request(evry.mayor, equipment.valve.pk, "set_temperature", 19)
    (downlink,) = Downlink.objects.all()
    assert (downlink.device_id, downlink.reference) == (VALVE_EUI, str(command.pk))
    assert (downlink.data, downlink.confirmed) == ({"setTargetTemperature": 19}, True)
    assert command.requested_at < downlink.expires_at < command.expires_at
    assert (command.state, command.previous_value, command.actor_label) == ("requested", 17.0, evry.mayor.label)
    assert steps(command) == [("requested", "")]
    ((action, facts),) = journalled()
    assert (action, facts["value"], facts["previous_value"]) == ("command.requested", 19, 17)


def test_eighty_degrees_are_refused_in_words_in_the_journal_and_on_the_page(evry, equipment):
    with pytest.raises(Invalid) as caught:
        actions.request(evry.mayor, equipment.valve.pk, "set_temperature", 80)
    assert caught.value.code == "setpoint_out_of_bounds"
    (command,) = queries.commands_of_thing(evry.mayor, equipment.valve.pk)
    assert (command.state, command.value) == ("refused", 80)
    assert steps(command) == [("refused", "setpoint_out_of_bounds")]
    assert [action for action, _ in journalled()] == ["command.refused"]
    assert not Downlink.objects.exists()


@pytest.mark.parametrize("value", [None, math.nan, math.inf, 19.5])
def test_a_value_that_the_valve_cannot_take_is_refused(evry, equipment, value):
    with pytest.raises(Invalid):
        actions.request(evry.mayor, equipment.valve.pk, "set_temperature", value)
    assert not Downlink.objects.exists()


@pytest.mark.parametrize("verb", ["open", "lock_buttons", "set_uplink_period", "x" * 300])
def test_only_what_the_use_offers_may_be_asked(evry, equipment, verb):
    with pytest.raises(Invalid, match="verb_not_understood"):
        actions.request(evry.mayor, equipment.valve.pk, verb)


def test_a_sensor_takes_no_commands(evry, equipment):
    with pytest.raises(Invalid, match="verb_not_understood"):
        actions.request(evry.mayor, equipment.sensor.pk, "set_temperature", 19)


def test_a_newer_command_overtakes_the_one_before_and_calls_its_message_back(evry, equipment):
    first = actions.request(evry.mayor, equipment.valve.pk, "set_temperature", 19)
    second = actions.request(evry.agent, equipment.valve.pk, "set_temperature", 18)
    assert steps(first) == [("requested", ""), ("expired", "superseded")]
    assert steps(second) == [("requested", "")]
    states = {row.reference: (row.state, row.cause) for row in Downlink.objects.all()}
    assert states == {str(first.pk): ("expired", "superseded"), str(second.pk): ("queued", "")}
    assert [action for action, _ in journalled()] == ["command.requested", "command.expired", "command.requested"]


def test_closing_a_gate_overtakes_opening_it(evry, equipment):
    opening = actions.request(evry.mayor, equipment.gate.pk, "open")
    actions.request(evry.mayor, equipment.gate.pk, "close")
    assert steps(opening)[-1] == ("expired", "superseded")
    assert Downlink.objects.get(state="queued").data == {"relay_1": "off"}


def test_a_gate_opens_within_two_minutes_or_not_at_all(evry, equipment):
    command = actions.request(evry.mayor, equipment.gate.pk, "open")
    downlink = Downlink.objects.get(device_id=RELAY_EUI)
    assert (downlink.expires_at - command.requested_at).total_seconds() == 120


def test_the_same_request_twice_is_one_command(evry, equipment):
    key = uuid.uuid4()
    first = actions.request(evry.mayor, equipment.valve.pk, "set_temperature", 19, command_id=key)
    again = actions.request(evry.mayor, equipment.valve.pk, "set_temperature", 19, command_id=key)
    assert first == again
    assert Downlink.objects.count() == 1
    with pytest.raises(Conflict, match="command_id_reused"):
        actions.request(evry.mayor, equipment.valve.pk, "set_temperature", 20, command_id=key)


def test_another_commune_finds_nothing(brunoy, equipment):
    command = actions.request(INSTALLER, equipment.valve.pk, "set_temperature", 19)
    stranger = brunoy.mayor
    for look in (
        lambda: actions.request(stranger, equipment.valve.pk, "set_temperature", 25),
        lambda: actions.request(stranger, equipment.valve.pk, "set_temperature", 25, command_id=command.pk),
        lambda: queries.command(stranger, command.pk),
        lambda: queries.commands_of_thing(stranger, equipment.valve.pk),
        lambda: queries.commands_of_site(stranger, equipment.valve.site_id),
    ):
        with pytest.raises(NotFound):
            look()
    assert not queries.commands(stranger)
    assert Command.objects.unscoped("test").count() == 1


def test_who_may_see_may_not_therefore_command(brunoy, evry, equipment):
    both = frozenset({evry.organisation.pk, brunoy.organisation.pk})
    visitor = replace(brunoy.mayor, visible_organisation_ids=both)
    with pytest.raises(Refused):
        actions.request(visitor, equipment.gate.pk, "open")
    assert queries.commands_of_thing(visitor, equipment.gate.pk).get().state == "refused"


def test_a_thing_out_of_service_takes_no_commands(evry, equipment):
    decommission_thing(INSTALLER, equipment.valve.pk)
    with pytest.raises(Conflict, match="thing_decommissioned"):
        actions.request(evry.mayor, equipment.valve.pk, "set_temperature", 19)


def test_pages_and_the_network_are_told_when_it_commits(evry, equipment, monkeypatch):
    told = []
    for module in ("maillage.command.logbook.actions", "maillage.lorawan.actions"):
        monkeypatch.setattr(f"{module}.notify", lambda channel, payload: told.append((channel, payload)))
    command = actions.request(machine("scheduler"), equipment.valve.pk, "set_temperature", 19)
    assert connection.in_atomic_block
    channels = [channel for channel, _ in told]
    assert channels == ["command_state", "lorawan_downlink"]
    assert json.loads(told[0][1])["command_id"] == str(command.pk)
    assert told[1][1] == VALVE_EUI

"""What becomes of a command, as the network and the device tell it."""

from datetime import timedelta

import pytest
from tests.fixtures.things import RELAY_EUI, VALVE_EUI

from maillage.command import actions, queries
from maillage.identity.actor import machine
from maillage.identity.models import JournalEntry
from maillage.lorawan.events import DownlinkUpdate, Uplink
from maillage.lorawan.models import Device, Downlink

FOLLOWER = machine("command")


@pytest.fixture
def command(evry, equipment):
    return actions.request(evry.mayor, equipment.valve.pk, "set_temperature", 19)


def update(command, state, after_s=0.0, cause="", detail=""):
    at = command.requested_at + timedelta(seconds=after_s)
    return DownlinkUpdate("d", str(command.pk), VALVE_EUI, state, at, cause, detail)


def report(command, after_s, dev_eui=VALVE_EUI, **measures):
    at = command.requested_at + timedelta(seconds=after_s)
    return Uplink(1, dev_eui, command.organisation_id, at, 7, measures, -80.0, 7.0, 1)


def steps(command):
    return [(step.state, step.cause) for step in queries.command(FOLLOWER, command.pk).steps.all()]


def states(command):
    return [state for state, _ in steps(command)]


def test_the_whole_life_is_told_step_by_step(command):
    actions.note_downlink(FOLLOWER, update(command, "sent", 10))
    actions.note_downlink(FOLLOWER, update(command, "acknowledged", 20))
    assert actions.note_uplinks(FOLLOWER, [report(command, 20, target_temperature=19.0)])
    assert states(command) == ["requested", "sent", "acknowledged", "confirmed"]
    assert queries.command(FOLLOWER, command.pk).ended_at == command.requested_at + timedelta(seconds=20)
    assert JournalEntry.objects.order_by("pk").last().action == "command.confirmed"


def test_a_report_measured_before_sending_confirms_nothing(command):
    actions.note_downlink(FOLLOWER, update(command, "sent", 10))
    assert not actions.note_uplinks(FOLLOWER, [report(command, 10, target_temperature=19.0)])
    assert not actions.note_uplinks(FOLLOWER, [report(command, 5, target_temperature=19.0)])
    assert states(command)[-1] == "sent"


def test_a_report_confirms_nothing_that_was_not_sent(command):
    assert not actions.note_uplinks(FOLLOWER, [report(command, 10, target_temperature=19.0)])


@pytest.mark.parametrize("measures", [{"target_temperature": 21.0}, {"air_temperature": 19.0}, {}])
def test_another_report_confirms_nothing(command, measures):
    actions.note_downlink(FOLLOWER, update(command, "sent", 10))
    assert not actions.note_uplinks(FOLLOWER, [report(command, 20, **measures)])


def test_the_report_of_another_device_confirms_nothing(command):
    actions.note_downlink(FOLLOWER, update(command, "sent", 10))
    assert not actions.note_uplinks(FOLLOWER, [report(command, 20, RELAY_EUI, target_temperature=19.0)])


def test_a_gate_is_confirmed_by_its_relay(evry, equipment):
    opening = actions.request(evry.mayor, equipment.gate.pk, "open")
    actions.note_downlink(FOLLOWER, update(opening, "sent", 1))
    assert not actions.note_uplinks(FOLLOWER, [report(opening, 2, RELAY_EUI, relay_1=0.0)])
    assert actions.note_uplinks(FOLLOWER, [report(opening, 3, RELAY_EUI, relay_1=1.0)])


def test_a_repeated_event_writes_nothing(command):
    assert actions.note_downlink(FOLLOWER, update(command, "sent", 10)) is not None
    assert actions.note_downlink(FOLLOWER, update(command, "sent", 30)) is None
    assert actions.note_uplinks(FOLLOWER, [report(command, 40, target_temperature=19.0)])
    assert not actions.note_uplinks(FOLLOWER, [report(command, 40, target_temperature=19.0)])
    assert actions.note_downlink(FOLLOWER, update(command, "failed", 50, "no_gateway")) is None
    assert states(command) == ["requested", "sent", "confirmed"]


@pytest.mark.parametrize("cause", ["no_gateway", "codec_threw", "duty_cycle", "payload_too_long"])
def test_a_failure_ends_it_with_its_cause(command, cause):
    actions.note_downlink(FOLLOWER, update(command, "failed", 10, cause, "the gateway said so"))
    assert steps(command)[-1] == ("failed", cause)
    assert queries.command(FOLLOWER, command.pk).steps.last().facts == {"detail": "the gateway said so"}


def test_a_missing_acknowledgement_leaves_the_last_word_to_the_report(command):
    actions.note_downlink(FOLLOWER, update(command, "sent", 10))
    assert actions.note_downlink(FOLLOWER, update(command, "failed", 20, "not_acknowledged")) is None
    assert actions.note_uplinks(FOLLOWER, [report(command, 30, target_temperature=19.0)])


@pytest.mark.parametrize("reference", ["", "firmware-12", "00000000-0000-0000-0000-000000000000"])
def test_messages_that_serve_no_command_are_left_alone(command, reference):
    stray = DownlinkUpdate("d", reference, VALVE_EUI, "sent", command.requested_at)
    assert actions.note_downlink(FOLLOWER, stray) is None


@pytest.mark.parametrize(
    ("sent", "seen_after_s", "cause"),
    [
        (False, None, "device_silent"),
        (False, 60, "not_sent_in_time"),
        (True, None, "no_answer"),
        (True, 60, "not_confirmed_in_time"),
    ],
)
def test_time_runs_out_with_what_was_missing(command, sent, seen_after_s, cause, monkeypatch):
    monkeypatch.setattr(actions, "tries_again", lambda *_: False)
    if sent:
        actions.note_downlink(FOLLOWER, update(command, "sent", 10))
    if seen_after_s is not None:
        seen_at = command.requested_at + timedelta(seconds=seen_after_s)
        Device.objects.unscoped("test").filter(pk=VALVE_EUI).update(last_seen_at=seen_at)
    assert actions.expire_overdue(FOLLOWER, command.expires_at - timedelta(seconds=1)) == 0
    assert actions.expire_overdue(FOLLOWER, command.expires_at) == 1
    assert actions.expire_overdue(FOLLOWER, command.expires_at) == 0
    assert steps(command)[-1] == ("expired", cause)
    assert Downlink.objects.get().state == "expired"


def queue_says(command, **facts):
    Downlink.objects.filter(reference=str(command.pk)).update(**facts)


def test_news_that_the_bus_has_lost_is_taken_from_the_queue(command):
    at = command.requested_at
    assert actions.reconcile(FOLLOWER) == 0
    queue_says(command, state="acknowledged", sent_at=at + timedelta(seconds=1), ended_at=at + timedelta(seconds=2))
    assert actions.reconcile(FOLLOWER) == 2
    assert states(command) == ["requested", "sent", "acknowledged"]
    assert actions.reconcile(FOLLOWER) == 0


def test_a_command_whose_message_failed_unheard_does_not_expire_for_silence(command):
    queue_says(command, state="failed", cause="no_gateway", ended_at=command.requested_at + timedelta(seconds=2))
    actions.expire_overdue(FOLLOWER, command.expires_at)
    assert steps(command)[-1] == ("failed", "no_gateway")


def heard(command, after_s):
    seen_at = command.requested_at + timedelta(seconds=after_s)
    Device.objects.unscoped("test").filter(pk=VALVE_EUI).update(last_seen_at=seen_at)


def test_what_the_radio_lost_is_sent_again_under_a_name_of_its_own(command):
    actions.note_downlink(FOLLOWER, update(command, "sent", 10))
    actions.note_downlink(FOLLOWER, update(command, "failed", 11, "gateway_silent"))
    assert steps(command) == [("requested", ""), ("sent", ""), ("requested", "gateway_silent")]
    again = queries.command(FOLLOWER, command.pk)
    assert (again.state, again.attempt, again.ended_at) == ("requested", 2, None)
    waiting = Downlink.objects.get(state="queued", reference=f"{command.pk}/2")
    assert waiting.data == {"setTargetTemperature": 19}
    assert JournalEntry.objects.order_by("pk").last().action == "command.retried"


def test_news_of_an_earlier_attempt_moves_nothing(command):
    actions.note_downlink(FOLLOWER, update(command, "failed", 11, "gateway_silent"))
    assert actions.note_downlink(FOLLOWER, update(command, "failed", 12, "gateway_silent")) is None
    assert queries.command(FOLLOWER, command.pk).attempt == 2


def test_after_three_attempts_it_is_given_up_with_its_cause(command):
    for attempt in (1, 2, 3):
        reference = str(command.pk) if attempt == 1 else f"{command.pk}/{attempt}"
        at = command.requested_at + timedelta(seconds=attempt)
        lost = DownlinkUpdate("d", reference, VALVE_EUI, "failed", at, "no_opportunity")
        assert actions.note_downlink(FOLLOWER, lost) is not None
    assert (queries.command(FOLLOWER, command.pk).state, steps(command)[-1]) == ("failed", ("failed", "no_opportunity"))


def test_a_valve_that_reports_another_setpoint_is_asked_again(command):
    actions.note_downlink(FOLLOWER, update(command, "sent", 10))
    heard(command, 60)
    assert actions.expire_overdue(FOLLOWER, command.expires_at) == 0
    assert steps(command)[-1] == ("requested", "not_confirmed_in_time")
    sent_at = command.expires_at + timedelta(seconds=30)
    actions.note_downlink(FOLLOWER, DownlinkUpdate("d", f"{command.pk}/2", VALVE_EUI, "sent", sent_at))
    seconds = (sent_at - command.requested_at).total_seconds() + 10
    assert actions.note_uplinks(FOLLOWER, [report(command, seconds, target_temperature=19.0)])
    assert states(command) == ["requested", "sent", "requested", "sent", "confirmed"]


def test_a_gate_is_not_moved_by_an_order_from_minutes_ago(evry, equipment):
    opening = actions.request(evry.mayor, equipment.gate.pk, "open")
    lost = update(opening, "failed", 121, "gateway_silent")
    actions.note_downlink(FOLLOWER, lost)
    assert steps(opening)[-1] == ("failed", "gateway_silent")

"""What may not be asked at this moment: devices unheard, interlocks, the law, a second person."""

from datetime import UTC, datetime, time, timedelta

import pytest
from tests.fixtures.things import INSTALLER, RELAY_EUI, VALVE_EUI, installed

from maillage.command import actions, queries
from maillage.command.actions import Circumstances
from maillage.command.models import Command
from maillage.command.openings.actions import Hours, add_opening
from maillage.command.two_persons.actions import lift_rule, require_two
from maillage.identity.models import JournalEntry
from maillage.kernel.errors import Conflict, Invalid, Refused
from maillage.lorawan.models import Device, Downlink, Session
from maillage.telemetry.models import Latest
from maillage.telemetry.queries import datastreams

SATURDAY = datetime(2026, 11, 21, 10, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
REASON = "Réunion du conseil, salle très froide"


def heard(dev_eui, at):
    Device.objects.unscoped("test").filter(pk=dev_eui).update(last_seen_at=at)


def joined(dev_eui, at):
    Session.objects.create(device_id=dev_eui, dev_addr=1, nwk_s_key=b"", app_s_key=b"", joined_at=at)


def reports(thing, quantity, value, at):
    stream = datastreams(INSTALLER, thing_id=thing.pk).get(quantity=quantity)
    Latest.objects.update_or_create(datastream=stream, defaults={"at": at, "value": value})


def at(monkeypatch, instant):
    for module in ("maillage.command.actions", "maillage.identity.actions", "maillage.lorawan.actions"):
        monkeypatch.setattr(f"{module}.clock.now", lambda: instant)


def last_refusal(actor, thing):
    command = queries.commands_of_thing(actor, thing.pk)[0]
    return command.state, command.steps.last().cause


def test_a_gate_whose_relay_was_never_heard_says_so_at_once(evry, equipment):
    heard(RELAY_EUI, None)
    with pytest.raises(Conflict, match="device_never_heard"):
        actions.request(evry.mayor, equipment.gate.pk, "open")
    assert last_refusal(evry.mayor, equipment.gate) == ("refused", "device_never_heard")
    assert not Downlink.objects.exists()


@pytest.mark.parametrize("seen_at", [None, MONDAY - timedelta(minutes=1)])
def test_a_valve_not_heard_since_its_join_says_so_at_once(evry, equipment, seen_at):
    joined(VALVE_EUI, MONDAY)
    heard(VALVE_EUI, seen_at)
    with pytest.raises(Conflict, match="device_silent_since_join"):
        actions.request(evry.mayor, equipment.valve.pk, "set_temperature", 19)
    heard(VALVE_EUI, MONDAY + timedelta(seconds=5))
    assert actions.request(evry.mayor, equipment.valve.pk, "set_temperature", 19).state == "requested"


@pytest.fixture
def watcher(evry, equipment):
    return installed(evry.cemetery, "a81758fffe0000aa", "elsys-ers", "Détecteur", "access")


def test_a_gate_does_not_close_while_somebody_is_seen_and_opens_all_the_same(evry, equipment, watcher, monkeypatch):
    at(monkeypatch, MONDAY)
    for quantity in ("occupancy", "motion"):
        reports(watcher, quantity, 0, MONDAY)
    assert actions.request(evry.mayor, equipment.gate.pk, "close").state == "requested"
    reports(watcher, "occupancy", 1, MONDAY)
    with pytest.raises(Refused, match="interlock_presence_active") as caught:
        actions.request(evry.mayor, equipment.gate.pk, "close")
    assert caught.value.facts == {"sensor": "Détecteur"}
    assert actions.request(evry.mayor, equipment.gate.pk, "open").state == "requested"


def test_a_silent_presence_sensor_keeps_the_gate_from_closing(evry, equipment, watcher, monkeypatch):
    at(monkeypatch, MONDAY)
    with pytest.raises(Refused, match="interlock_presence_silent"):
        actions.request(evry.mayor, equipment.gate.pk, "close")


@pytest.fixture
def school_hours(evry):
    add_opening(evry.mayor, evry.school.pk, Hours(frozenset({1, 2, 4, 5}), time(8), time(17), "never", "never"))


def test_on_a_saturday_the_empty_school_is_not_heated_without_a_reason(evry, equipment, school_hours, monkeypatch):
    at(monkeypatch, SATURDAY)
    with pytest.raises(Refused, match="above_legal_empty_long") as caught:
        actions.request(evry.mayor, equipment.valve.pk, "set_temperature", 19)
    assert caught.value.facts["ceiling"] == 8
    assert last_refusal(evry.mayor, equipment.valve) == ("refused", "above_legal_empty_long")


def test_a_reasoned_exception_is_carried_out_and_journalled(evry, equipment, school_hours, monkeypatch):
    at(monkeypatch, SATURDAY)
    around = Circumstances(REASON, beyond_law=True)
    command = actions.request(evry.mayor, equipment.valve.pk, "set_temperature", 19, around=around)
    assert (command.value, command.reason, command.beyond_law) == (19, REASON, True)
    line = JournalEntry.objects.order_by("pk").last()
    assert (line.action, line.facts["reason"], line.facts["beyond_law"]) == ("command.requested", REASON, True)


def test_a_reason_of_three_letters_is_none(evry, equipment, school_hours, monkeypatch):
    at(monkeypatch, SATURDAY)
    around = Circumstances("bof", beyond_law=True)
    with pytest.raises(Invalid, match="reason_too_short"):
        actions.request(evry.mayor, equipment.valve.pk, "set_temperature", 19, around=around)


def test_a_schedule_is_lowered_to_what_the_law_allows_and_says_so(evry, equipment, school_hours, monkeypatch):
    at(monkeypatch, SATURDAY)
    around = Circumstances(lowers=True)
    origin = Command.Origin.SCHEDULE
    command = actions.request(INSTALLER, equipment.valve.pk, "set_temperature", 19, origin, around=around)
    assert command.value == 8
    facts = JournalEntry.objects.order_by("pk").last().facts
    assert (facts["wished"], facts["lowered_by"]) == (19, "empty_long")


def test_on_monday_the_mean_of_the_building_counts(evry, equipment, school_hours, monkeypatch):
    at(monkeypatch, MONDAY)
    with pytest.raises(Refused, match="above_legal_mean"):
        actions.request(evry.mayor, equipment.valve.pk, "set_temperature", 20)
    second = installed(evry.school, "70b3d52dd30000bb", "mclimate-vicki", "Couloir", "heating")
    reports(second, "target_temperature", 17, MONDAY)
    assert actions.request(evry.mayor, equipment.valve.pk, "set_temperature", 20).value == 20
    with pytest.raises(Refused, match="above_legal_mean"):
        actions.request(evry.mayor, second.pk, "set_temperature", 20)


@pytest.fixture
def two(evry):
    return require_two(evry.mayor, evry.organisation.pk, "access", "open")


def test_where_two_persons_must_agree_nothing_leaves_until_another_approves(evry, equipment, two):
    proposed = actions.request(evry.agent, equipment.gate.pk, "open")
    assert (proposed.state, Downlink.objects.count()) == ("proposed", 0)
    with pytest.raises(Refused, match="approved_by_its_asker"):
        actions.approve(evry.agent, proposed.pk)
    approved = actions.approve(evry.mayor, proposed.pk)
    assert (approved.state, Downlink.objects.get().reference) == ("requested", str(proposed.pk))
    steps = [(step.state, step.facts) for step in queries.command(evry.mayor, proposed.pk).steps.all()]
    assert steps == [("proposed", {}), ("requested", {"approved_by": evry.mayor.label})]
    with pytest.raises(Conflict, match="not_proposed_any_more"):
        actions.approve(evry.mayor, proposed.pk)
    assert actions.request(evry.agent, equipment.gate.pk, "close").state == "requested"


def test_a_proposal_is_declined_withdrawn_or_forgotten(evry, equipment, two):
    declined = actions.request(evry.agent, equipment.gate.pk, "open")
    assert actions.decline(evry.mayor, declined.pk, "Trop tôt").state == "refused"
    withdrawn = actions.request(evry.agent, equipment.gate.pk, "open")
    actions.decline(evry.agent, withdrawn.pk)
    assert last_refusal(evry.agent, equipment.gate) == ("refused", "withdrawn")
    forgotten = actions.request(evry.agent, equipment.gate.pk, "open")
    assert actions.expire_overdue(INSTALLER, forgotten.expires_at) == 1
    assert last_refusal(evry.agent, equipment.gate) == ("expired", "not_approved_in_time")
    assert not Downlink.objects.exists()


def test_what_an_interlock_forbids_by_now_is_not_approved(evry, equipment, watcher, monkeypatch):
    at(monkeypatch, MONDAY)
    require_two(evry.mayor, evry.organisation.pk, "access", "close", evry.cemetery.pk)
    for quantity in ("occupancy", "motion"):
        reports(watcher, quantity, 0, MONDAY)
    proposed = actions.request(evry.agent, equipment.gate.pk, "close")
    reports(watcher, "motion", 1, MONDAY)
    with pytest.raises(Refused, match="interlock_presence_active"):
        actions.approve(evry.mayor, proposed.pk)
    assert queries.command(evry.mayor, proposed.pk).state == "proposed"


def test_only_the_mayor_decides_what_needs_two_and_only_once(evry, brunoy, two):
    for stranger in (evry.agent, brunoy.mayor):
        with pytest.raises(Refused):
            require_two(stranger, evry.organisation.pk, "heating", "set_temperature")
    with pytest.raises(Conflict, match="rule_exists"):
        require_two(evry.mayor, evry.organisation.pk, "access", "open")
    lift_rule(evry.mayor, two.pk)
    assert not queries.two_person_rules(evry.mayor)

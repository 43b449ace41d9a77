"""Undoing, overriding for a time, planning a fair, and asking many at once."""

import uuid
from datetime import UTC, datetime, time, timedelta

import pytest
from tests.fixtures.things import INSTALLER, installed

from maillage.command import actions, queries
from maillage.command.actions import Circumstances
from maillage.command.bulk.actions import request_many
from maillage.command.bulk.queries import Selection, chosen, commands_of_batch, outcome
from maillage.command.engine.schedule import AtClock
from maillage.command.models import Command, SpecialPeriod
from maillage.command.schedules.actions import Draft, add_entry, carry_out_due
from maillage.command.schedules.agenda import Agenda
from maillage.command.specials.actions import Plan, cancel_period, carry_out_specials, override, plan_period
from maillage.command.undoing.actions import undo
from maillage.identity.actor import machine
from maillage.identity.models import JournalEntry
from maillage.kernel.errors import Conflict, Invalid, NotFound, Refused
from maillage.lorawan.events import DownlinkUpdate, Uplink
from maillage.lorawan.models import Downlink
from maillage.telemetry.actions import decommission_thing
from maillage.telemetry.models import Latest
from maillage.telemetry.queries import datastreams

SCHEDULER = machine("scheduler")
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
EVERY_DAY = frozenset(range(1, 8))


@pytest.fixture(autouse=True)
def now(monkeypatch):
    def move(instant):
        monkeypatch.setattr("maillage.kernel.clock.now", lambda: instant)

    move(NOW)
    return move


def reports(thing, quantity, value):
    stream = datastreams(INSTALLER, thing_id=thing.pk).get(quantity=quantity)
    Latest.objects.update_or_create(datastream=stream, defaults={"at": NOW, "value": value})


def confirmed(command, **measures):
    dev_eui = command.thing.device_id
    sent_at = command.requested_at + timedelta(seconds=1)
    actions.note_downlink(SCHEDULER, DownlinkUpdate("d", str(command.pk), dev_eui, "sent", sent_at))
    seen = Uplink(1, dev_eui, command.organisation_id, sent_at + timedelta(seconds=5), 7, measures, -80.0, 7.0, 1)
    assert actions.note_uplinks(SCHEDULER, [seen])


def asked(thing):
    return [(c.verb, c.value, c.origin) for c in queries.commands_of_thing(INSTALLER, thing.pk)]


def test_a_command_that_waits_is_called_back(evry, equipment):
    command = actions.request(evry.mayor, equipment.valve.pk, "set_temperature", 19)
    assert undo(evry.agent, command.pk).state == "expired"
    assert Downlink.objects.get().cause == "cancelled"
    assert len(asked(equipment.valve)) == 1


def test_a_command_carried_out_is_undone_by_what_was_before(evry, equipment, now):
    reports(equipment.valve, "target_temperature", 16)
    command = actions.request(evry.mayor, equipment.valve.pk, "set_temperature", 19)
    confirmed(command, target_temperature=19.0)
    now(NOW + HOUR)
    back = undo(evry.mayor, command.pk)
    assert (back.verb, back.value, back.undoes_id) == ("set_temperature", 16, command.pk)
    with pytest.raises(Conflict, match="undo_too_late"):
        undo(evry.mayor, command.pk)


def test_opening_a_gate_is_undone_by_closing_it(evry, equipment, now):
    reports(equipment.gate, "relay_1", 0)
    command = actions.request(evry.mayor, equipment.gate.pk, "open")
    confirmed(command, relay_1=1.0)
    now(NOW + HOUR)
    assert undo(evry.mayor, command.pk).verb == "close"


def test_undoing_an_override_ends_it(evry, equipment, now):
    reports(equipment.valve, "target_temperature", 16)
    command = override(evry.mayor, equipment.valve.pk, until(2))
    confirmed(command, target_temperature=19.0)
    now(NOW + HOUR)
    assert undo(evry.mayor, command.pk).value == 16
    assert SpecialPeriod.objects.unscoped("test").get().ended_at == NOW + HOUR
    assert carry_out_specials(SCHEDULER, NOW + 3 * HOUR) == []


def test_what_nobody_knows_is_not_undone(evry, brunoy, equipment):
    command = actions.request(evry.mayor, equipment.gate.pk, "open")
    confirmed(command, relay_1=1.0)
    with pytest.raises(Conflict, match="nothing_to_undo"):
        undo(evry.mayor, command.pk)
    with pytest.raises(NotFound):
        undo(brunoy.mayor, command.pk)


def until(hours, **changes):
    plan = {"label": "Réunion", "verb": "set_temperature", "value": 19, "starts_at": NOW, "ends_at": NOW + hours * HOUR}
    return Plan(**{**plan, **changes})


def test_an_override_goes_back_by_itself_to_what_was(evry, equipment, now):
    reports(equipment.valve, "target_temperature", 16)
    override(evry.mayor, equipment.valve.pk, until(2))
    assert carry_out_specials(SCHEDULER, NOW + HOUR) == []
    now(NOW + 2 * HOUR)
    (back,) = carry_out_specials(machine("another scheduler, after a restart"), NOW + 2 * HOUR)
    assert (back.value, back.origin) == (16, "special")
    assert carry_out_specials(SCHEDULER, NOW + 3 * HOUR) == []


def test_it_goes_back_to_what_the_schedule_wants_by_then(evry, equipment, now):
    reports(equipment.valve, "target_temperature", 16)
    add_entry(evry.mayor, equipment.valve.pk, Draft("set_temperature", 18, EVERY_DAY, AtClock(time(11))))
    override(evry.mayor, equipment.valve.pk, until(3))
    agenda = Agenda()
    now(NOW + HOUR)
    assert carry_out_due(SCHEDULER, NOW + HOUR, agenda) == []
    assert JournalEntry.objects.order_by("pk").last().facts["cause"] == "within_exception"
    now(NOW + 3 * HOUR)
    (back,) = carry_out_specials(SCHEDULER, NOW + 3 * HOUR)
    assert back.value == 18


def test_an_override_is_replaced_by_the_next_and_ended_by_hand(evry, equipment, now):
    reports(equipment.valve, "target_temperature", 16)
    override(evry.mayor, equipment.valve.pk, until(2))
    override(evry.mayor, equipment.valve.pk, until(4, value=18))
    (running,) = SpecialPeriod.objects.unscoped("test").filter(ended_at=None)
    cancel_period(evry.agent, running.pk)
    (back,) = carry_out_specials(SCHEDULER, NOW + HOUR)
    assert back.value == 16
    with pytest.raises(Conflict, match="special_over"):
        cancel_period(evry.agent, running.pk)


def test_an_override_that_is_refused_leaves_nothing(evry, equipment):
    with pytest.raises(Invalid, match="setpoint_out_of_bounds"):
        override(evry.mayor, equipment.valve.pk, until(2, value=80))
    with pytest.raises(Refused, match="above_legal_planned"):
        override(evry.mayor, equipment.valve.pk, until(2, value=21))
    assert not SpecialPeriod.objects.unscoped("test").exists()
    refused = queries.commands_of_thing(evry.mayor, equipment.valve.pk)
    assert sorted((one.state, one.value) for one in refused) == [("refused", 21), ("refused", 80)]


def test_an_override_sent_twice_is_one(evry, equipment):
    key = uuid.uuid4()
    first, again = (override(evry.mayor, equipment.valve.pk, until(2), key) for _ in range(2))
    assert first == again
    assert SpecialPeriod.objects.unscoped("test").count() == 1


def fair(**changes):
    start = datetime(2026, 11, 28, 13, tzinfo=UTC)
    return until(0, label="Fête du village", starts_at=start, ends_at=start + 8 * HOUR, **changes)


def test_the_village_fair_is_warm_on_saturday_and_over_at_night(evry, equipment, now):
    reports(equipment.valve, "target_temperature", 12)
    (period,) = plan_period(evry.mayor, [equipment.valve.pk], fair())
    assert carry_out_specials(SCHEDULER, period.starts_at - timedelta(seconds=1)) == []
    now(period.starts_at)
    (begun,) = carry_out_specials(SCHEDULER, period.starts_at)
    assert (begun.value, begun.reason) == (19, "Fête du village")
    now(period.ends_at)
    (ended,) = carry_out_specials(SCHEDULER, period.ends_at)
    assert ended.value == 12
    told = JournalEntry.objects.filter(action__startswith="special.").order_by("pk").values_list("action", flat=True)
    assert list(told) == ["special.planned", "special.ended"]


def test_a_fair_that_is_to_be_ready_begins_early(evry, equipment, now):
    (period,) = plan_period(evry.mayor, [equipment.valve.pk], fair(ready=True))
    early = period.starts_at - timedelta(hours=2)  # nothing is learnt yet: two hours, and the valve's own ten minutes
    now(early)
    assert carry_out_specials(SCHEDULER, early - timedelta(minutes=11)) == []
    assert len(carry_out_specials(SCHEDULER, early - timedelta(minutes=10))) == 1


def test_a_house_that_slept_through_a_fair_does_not_begin_it(evry, equipment, now):
    (period,) = plan_period(evry.mayor, [equipment.valve.pk], fair())
    now(period.ends_at + HOUR)
    assert carry_out_specials(SCHEDULER, period.ends_at + HOUR) == []
    assert JournalEntry.objects.order_by("pk").last().action == "special.missed"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ends_at": NOW}, "special_reversed"),
        ({"starts_at": NOW - 3 * HOUR, "ends_at": NOW - HOUR}, "special_past"),
        ({"ends_at": NOW + timedelta(days=101)}, "special_too_long"),
        ({"starts_at": NOW + timedelta(days=401), "ends_at": NOW + timedelta(days=402)}, "special_too_far"),
        ({"label": "  "}, "special_without_label"),
        ({"reason": "bof"}, "reason_too_short"),
        ({"value": 9, "occupied": False, "ends_at": NOW + 49 * HOUR}, "above_legal_planned"),
    ],
)
def test_a_period_that_makes_no_sense_gets_a_sentence(evry, equipment, changes, code):
    with pytest.raises((Invalid, Refused), match=code):
        plan_period(evry.mayor, [equipment.valve.pk], until(2, **changes))
    assert not SpecialPeriod.objects.unscoped("test").exists()


def test_two_periods_of_one_thing_do_not_overlap(evry, brunoy, equipment):
    plan_period(evry.mayor, [equipment.valve.pk], fair())
    with pytest.raises(Conflict, match="special_overlaps"):
        plan_period(evry.agent, [equipment.valve.pk], fair())
    with pytest.raises(NotFound):
        plan_period(brunoy.mayor, [equipment.valve.pk], fair())


SCHOOLS = Selection("91228", "heating", "set_temperature", "school")


@pytest.fixture
def valves(evry, equipment):
    more = [installed(evry.school, f"70b3d52dd30001{n:02d}", "mclimate-vicki", f"Vanne {n}", "heating") for n in (1, 2)]
    return [equipment.valve, *more]


def test_all_the_schools_are_asked_and_each_answers_for_itself(evry, valves):
    valves[1].device.last_seen_at = None
    valves[1].device.save()
    batch = request_many(evry.mayor, SCHOOLS, 18, "Toutes les écoles", around=Circumstances("Plan de sobriété"))
    found = list(commands_of_batch(evry.mayor, batch.pk))
    told = outcome(found)
    assert (told.asked, told.under_way, told.refused, told.is_settled) == (3, 2, 1, False)
    assert {one.reason for one in found} == {"Plan de sobriété"}
    assert Downlink.objects.count() == 2


def test_the_same_batch_again_asks_only_what_was_left_out(evry, valves):
    key = uuid.uuid4()
    request_many(evry.mayor, SCHOOLS, 18, "Écoles", key)
    late = installed(evry.school, "70b3d52dd3000199", "mclimate-vicki", "Vanne 9", "heating")
    request_many(evry.mayor, SCHOOLS, 18, "Écoles", key)
    assert Command.objects.unscoped("test").count() == 4
    assert asked(late) == [("set_temperature", 18, "person")]
    with pytest.raises(Conflict, match="command_id_reused"):
        request_many(evry.mayor, SCHOOLS, 17, "Écoles", key)


def test_a_batch_reaches_only_what_its_asker_may_command(evry, brunoy, valves):
    with pytest.raises(Invalid, match="batch_without_things"):
        request_many(brunoy.mayor, SCHOOLS, 18, "Écoles")
    assert chosen(brunoy.mayor, SCHOOLS) == []
    batch = request_many(evry.mayor, SCHOOLS, 18, "Écoles")
    assert not commands_of_batch(brunoy.mayor, batch.pk)


def test_what_is_out_of_service_is_not_asked(evry, valves):
    decommission_thing(INSTALLER, valves[2].pk)
    assert len(chosen(evry.mayor, SCHOOLS)) == 2

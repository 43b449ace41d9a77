"""Schedules are changed by people and carried out exactly once."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from tests.fixtures.things import INSTALLER, installed

from maillage.command import queries
from maillage.command.engine.schedule import AtClock, AtSun, Sun
from maillage.command.models import Command, ScheduleEntry
from maillage.command.openings.actions import Hours, add_opening
from maillage.command.schedules import actions
from maillage.command.schedules.actions import Draft
from maillage.command.schedules.agenda import LOOK_AHEAD, Agenda
from maillage.command.two_persons.actions import require_two
from maillage.identity.actor import machine
from maillage.identity.models import JournalEntry
from maillage.kernel.errors import Invalid, NotFound, Refused
from maillage.telemetry.models import Latest, Thing
from maillage.telemetry.queries import datastreams

SCHEDULER = machine("scheduler")
MONDAY_MIDNIGHT = datetime(2026, 1, 4, 23, 0, tzinfo=UTC)  # Monday 5 January, 00:00 in Paris
EVERY_DAY = frozenset(range(1, 8))
OPENS = Draft("open", None, EVERY_DAY, AtClock(time(8, 0)))
CLOSES = Draft("close", None, EVERY_DAY, AtSun(Sun.SET, timedelta(minutes=-30)))


def monday(hour, minute=0):
    return datetime(2026, 1, 5, hour - 1, minute, tzinfo=UTC)


@pytest.fixture(autouse=True)
def on_monday(monkeypatch):
    monkeypatch.setattr("maillage.command.schedules.actions.clock.now", lambda: MONDAY_MIDNIGHT)


@pytest.fixture
def gate(evry, equipment):
    actions.add_entry(evry.mayor, equipment.gate.pk, OPENS)
    return equipment.gate


def carried_out(now, agenda=None):
    commands = actions.carry_out_due(SCHEDULER, now, agenda or Agenda())
    return [(command.verb, command.origin) for command in commands]


def skipped():
    return [entry.facts for entry in JournalEntry.objects.filter(action="schedule.skipped").order_by("pk")]


def test_an_occurrence_is_carried_out_once_whatever_the_restarts(gate):
    assert carried_out(monday(7, 59)) == []
    assert carried_out(monday(8)) == [("open", "schedule")]
    assert carried_out(monday(8)) == []
    assert carried_out(monday(9)) == []
    assert carried_out(monday(8) + timedelta(days=1)) == [("open", "schedule")]


def test_after_a_short_absence_the_gate_still_opens(gate):
    assert carried_out(monday(8, 30)) == [("open", "schedule")]


def test_after_a_long_absence_it_does_not_and_the_journal_says_so(gate):
    assert carried_out(monday(8, 31)) == []
    assert [(facts["cause"], facts["count"]) for facts in skipped()] == [("too_late", 1)]
    assert carried_out(monday(8, 32)) == []
    assert len(skipped()) == 1


def test_of_several_missed_only_the_last_state_is_carried_out(evry, gate):
    actions.add_entry(evry.mayor, gate.pk, Draft("close", None, EVERY_DAY, AtClock(time(8, 20))))
    assert carried_out(monday(8, 25)) == [("close", "schedule")]
    assert [facts["cause"] for facts in skipped()] == ["overtaken"]


def test_a_heating_setpoint_is_made_up_for_hours_later(evry, equipment):
    warm = Draft("set_temperature", 19, EVERY_DAY, AtClock(time(6, 0)))
    actions.add_entry(evry.mayor, equipment.valve.pk, warm)
    assert carried_out(monday(11)) == [("set_temperature", "schedule")]
    assert queries.commands_of_thing(evry.mayor, equipment.valve.pk).get().value == 19


def test_nothing_before_its_beginning_is_made_up_for(evry, equipment, monkeypatch):
    monkeypatch.setattr("maillage.command.schedules.actions.clock.now", lambda: monday(8, 10))
    actions.add_entry(evry.mayor, equipment.gate.pk, OPENS)
    assert carried_out(monday(8, 15)) == []


def test_a_disabled_entry_does_nothing_and_makes_up_for_nothing(evry, gate, monkeypatch):
    (entry,) = queries.schedule_of_thing(evry.mayor, gate.pk)
    actions.enable_entry(evry.mayor, entry.pk, enabled=False)
    assert carried_out(monday(8)) == []
    monkeypatch.setattr("maillage.command.schedules.actions.clock.now", lambda: monday(8, 5))
    actions.enable_entry(evry.mayor, entry.pk, enabled=True)
    assert carried_out(monday(8, 6)) == []


def test_a_scheduled_command_that_is_refused_is_noted_and_not_tried_again(evry, gate):
    ScheduleEntry.objects.unscoped("test").update(verb="explode")
    assert carried_out(monday(8)) == []
    assert carried_out(monday(8)) == []
    assert [command.state for command in queries.commands_of_thing(evry.mayor, gate.pk)] == ["refused"]


def test_a_crash_between_command_and_mark_leaves_neither(gate, monkeypatch):
    def crash(self, *args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(ScheduleEntry, "save", crash)
        with pytest.raises(KeyboardInterrupt):
            actions.carry_out_due(SCHEDULER, monday(8), Agenda())
    assert not Command.objects.unscoped("test").exists()
    assert carried_out(monday(8)) == [("open", "schedule")]


def test_the_next_thirty_days_can_be_looked_at(evry, gate):
    actions.add_entry(evry.mayor, gate.pk, CLOSES)
    planned = queries.preview(evry.mayor, gate.pk, MONDAY_MIDNIGHT)
    assert [plan.entry.verb for plan in planned] == ["open", "close"] * 30
    assert planned[0].at == monday(8)
    assert monday(16) < planned[1].at < monday(17)


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        (Draft("open", None, frozenset(), AtClock(time(8))), "weekdays_unfit"),
        (Draft("open", None, frozenset({0, 8}), AtClock(time(8))), "weekdays_unfit"),
        (Draft("open", 1.0, EVERY_DAY, AtClock(time(8))), "value_not_expected"),
        (Draft("jump", None, EVERY_DAY, AtClock(time(8))), "verb_not_understood"),
        (Draft("open", None, EVERY_DAY, AtSun(Sun.RISE, timedelta(hours=13))), "offset_too_far"),
    ],
)
def test_an_entry_that_makes_no_sense_is_refused(evry, gate, draft, code):
    with pytest.raises(Invalid, match=code):
        actions.add_entry(evry.mayor, gate.pk, draft)
    (entry,) = queries.schedule_of_thing(evry.mayor, gate.pk)
    with pytest.raises(Invalid, match=code):
        actions.change_entry(evry.mayor, entry.pk, draft)
    assert queries.schedule_of_thing(evry.mayor, gate.pk) == [entry]


def test_every_change_is_in_the_journal_with_what_was_before(evry, gate):
    (entry,) = queries.schedule_of_thing(evry.mayor, gate.pk)
    actions.change_entry(evry.mayor, entry.pk, CLOSES)
    actions.enable_entry(evry.mayor, entry.pk, enabled=False)
    actions.remove_entry(evry.mayor, entry.pk)
    lines = JournalEntry.objects.filter(action__startswith="schedule.").order_by("pk")
    assert [line.action.removeprefix("schedule.entry_") for line in lines] == [
        "added",
        "changed",
        "disabled",
        "removed",
    ]
    assert lines[1].facts["before"]["clock_time"] == "08:00"


def test_another_commune_finds_nothing(evry, brunoy, gate):
    (entry,) = queries.schedule_of_thing(evry.mayor, gate.pk)
    for act in (
        lambda: queries.schedule_of_thing(brunoy.mayor, gate.pk),
        lambda: queries.preview(brunoy.mayor, gate.pk, MONDAY_MIDNIGHT),
        lambda: queries.schedule_entry(brunoy.mayor, entry.pk),
        lambda: actions.add_entry(brunoy.mayor, gate.pk, OPENS),
        lambda: actions.change_entry(brunoy.mayor, entry.pk, CLOSES),
        lambda: actions.enable_entry(brunoy.mayor, entry.pk, enabled=False),
        lambda: actions.remove_entry(brunoy.mayor, entry.pk),
    ):
        with pytest.raises(NotFound):
            act()


def test_a_schedule_has_an_end(evry, gate):
    for _ in range(actions.MOST_ENTRIES - 1):
        actions.add_entry(INSTALLER, gate.pk, OPENS)
    with pytest.raises(Invalid, match="schedule_full"):
        actions.add_entry(INSTALLER, gate.pk, OPENS)


def test_a_scheduler_that_stays_looks_only_at_what_has_come_or_changed(
    evry, gate, monkeypatch, django_assert_num_queries
):
    agenda = Agenda()
    assert carried_out(monday(7, 30), agenda) == []
    with django_assert_num_queries(1):
        assert carried_out(monday(7, 59), agenda) == []
    assert carried_out(monday(8), agenda) == [("open", "schedule")]
    with django_assert_num_queries(3):  # the line has had its turn: its next one is worked out
        assert carried_out(monday(8, 0), agenda) == []
    monkeypatch.setattr("maillage.command.schedules.actions.clock.now", lambda: monday(8, 10))
    entry = ScheduleEntry.objects.unscoped("test").get()
    actions.change_entry(evry.mayor, entry.pk, Draft("close", None, EVERY_DAY, AtClock(time(8, 20))))
    assert carried_out(monday(8, 19), agenda) == []
    assert carried_out(monday(8, 20), agenda) == [("close", "schedule")]
    actions.remove_entry(evry.mayor, entry.pk)
    assert carried_out(monday(8, 20) + timedelta(days=1), agenda) == []


def test_a_scheduler_that_stays_finds_every_turn_of_the_weeks_around_a_change_of_clock(evry, gate):
    agenda, at = Agenda(), datetime(2026, 3, 27, 0, 0, tzinfo=UTC)
    carried_out(at, agenda)
    turns = []
    while at < datetime(2026, 4, 1, tzinfo=UTC):
        at += LOOK_AHEAD / 4
        turns += [at] * len(carried_out(at, agenda))
    hours = [(turn.day, turn.hour, turn.minute) for turn in turns]
    assert hours == [(27, 7, 0), (28, 7, 0), (29, 6, 0), (30, 6, 0), (31, 6, 0)]


def presence(evry, value, at):
    watcher = Thing.objects.unscoped("test").filter(name="Détecteur").first()
    watcher = watcher or installed(evry.cemetery, "a81758fffe0000aa", "elsys-ers", "Détecteur", "access")
    for quantity in ("occupancy", "motion"):
        stream = datastreams(INSTALLER, thing_id=watcher.pk).get(quantity=quantity)
        Latest.objects.update_or_create(datastream=stream, defaults={"at": at, "value": value})


def at(monkeypatch, instant):
    monkeypatch.setattr("maillage.kernel.clock.now", lambda: instant)


def test_a_gate_that_somebody_stands_in_closes_once_they_have_left(evry, equipment, monkeypatch):
    actions.add_entry(evry.mayor, equipment.gate.pk, Draft("close", None, EVERY_DAY, AtClock(time(18))))
    agenda = Agenda()
    presence(evry, 1, monday(18))
    at(monkeypatch, monday(18))
    for minute in (0, 1, 2):
        assert carried_out(monday(18, minute), agenda) == []
    waiting = JournalEntry.objects.filter(action="schedule.waiting")
    assert [line.facts["cause"] for line in waiting] == ["interlock_presence_active"]
    assert not Command.objects.unscoped("test").exists()
    presence(evry, 0, monday(18, 10))
    at(monkeypatch, monday(18, 10))
    assert carried_out(monday(18, 10), agenda) == [("close", "schedule")]
    assert carried_out(monday(18, 11), agenda) == []


def test_a_gate_that_is_never_free_is_refused_at_last_so_that_somebody_sees_it(evry, equipment, monkeypatch):
    actions.add_entry(evry.mayor, equipment.gate.pk, Draft("close", None, EVERY_DAY, AtClock(time(18))))
    presence(evry, 1, monday(18, 29))
    at(monkeypatch, monday(18, 29))
    assert carried_out(monday(18, 29)) == []
    command = queries.commands_of_thing(evry.mayor, equipment.gate.pk).get()
    assert (command.state, command.steps.last().cause) == ("refused", "interlock_presence_active")


def test_a_line_that_is_to_be_ready_begins_early_and_only_once(evry, equipment, monkeypatch):
    warm = Draft("set_temperature", 19, EVERY_DAY, AtClock(time(8)), ready=True)
    actions.add_entry(evry.mayor, equipment.valve.pk, warm)
    agenda = Agenda()
    at(monkeypatch, monday(5))
    assert carried_out(monday(5), agenda) == []
    early = monday(5, 50)  # nothing is learnt: two hours before, and the valve's own ten minutes
    at(monkeypatch, early)
    assert carried_out(early - timedelta(minutes=1), agenda) == []
    begun = [early + timedelta(minutes=minute) for minute in range(0, 200, 2)]
    assert [carried_out(instant, agenda) for instant in begun].count([("set_temperature", "schedule")]) == 1


def test_a_line_above_the_law_needs_a_reason(evry, equipment):
    hot = Draft("set_temperature", 21, EVERY_DAY, AtClock(time(8)))
    with pytest.raises(Refused, match="above_legal_mean"):
        actions.add_entry(evry.mayor, equipment.valve.pk, hot)
    with pytest.raises(Invalid, match="reason_too_short"):
        actions.add_entry(evry.mayor, equipment.valve.pk, replace(hot, exception_reason="froid"))
    entry = actions.add_entry(evry.mayor, equipment.valve.pk, replace(hot, exception_reason="Crèche : jeunes enfants"))
    assert JournalEntry.objects.order_by("pk").last().facts["exception_reason"] == entry.exception_reason


def test_where_two_persons_must_agree_a_line_waits_for_the_second(evry, equipment):
    require_two(evry.mayor, evry.organisation.pk, "access", "open")
    entry = actions.add_entry(evry.agent, equipment.gate.pk, OPENS)
    assert (entry.enabled, carried_out(monday(8))) == (False, [])
    with pytest.raises(Refused, match="approved_by_its_asker"):
        actions.enable_entry(evry.agent, entry.pk, enabled=True)
    actions.enable_entry(evry.mayor, entry.pk, enabled=True)
    assert carried_out(monday(8)) == [("open", "schedule")]


def test_in_the_holidays_the_schedule_itself_lowers_the_empty_school(evry, equipment, monkeypatch):
    hours = Hours(frozenset({1, 2, 4, 5}), time(8), time(17), "never", "never")
    add_opening(evry.mayor, evry.school.pk, hours)
    actions.add_entry(evry.mayor, equipment.valve.pk, Draft("set_temperature", 19, EVERY_DAY, AtClock(time(8))))
    christmas = datetime(2026, 12, 28, 7, tzinfo=UTC)
    at(monkeypatch, christmas)
    (command,) = actions.carry_out_due(SCHEDULER, christmas, Agenda())
    assert command.value == 8

"""Rules that are switched on: what is measured becomes alarms, orders and messages, once."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.fixtures.measures import measured, stream_of
from tests.fixtures.things import INSTALLER

from maillage.command.alarms import actions as alarms
from maillage.command.alarms.models import Alarm, AlarmEvent
from maillage.command.models import Command
from maillage.command.notifications.models import Notification
from maillage.command.rules import actions
from maillage.command.rules.actions import Draft, Order, Variable
from maillage.command.rules.models import RuleAct, RuleState
from maillage.command.rules.watch import Watch
from maillage.kernel import clock

MINUTE = timedelta(minutes=1)
T = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def at(monkeypatch):
    """Sets what time it is."""

    def be(now):
        monkeypatch.setattr(clock, "now", lambda: now)
        return now

    be(T)
    return be


@pytest.fixture
def air(equipment):
    return stream_of(equipment.valve, "air_temperature")


def cold(air, **more):
    return Draft(
        name="Classe trop froide",
        variables=(Variable("air", (air,)),),
        condition="air < 16.0",
        clear_condition="air > 17.0",
        hold=20 * MINUTE,
        **more,
    )


def switched_on(actor, organisation, draft):
    rule = actions.add_rule(actor, organisation.pk, draft)
    return actions.enable_rule(actor, rule.pk, enabled=True)


def open_alarms():
    return list(Alarm.objects.unscoped("test").filter(state__in=["raised", "acknowledged"]))


def test_a_rule_rings_after_its_hold_and_clears_past_its_margin(evry, equipment, air, at):
    switched_on(evry.mayor, evry.organisation, cold(air))
    watch = Watch(INSTALLER)
    measured(air, [(T + MINUTE, 15.0), (T + 11 * MINUTE, 15.5)])
    watch.look(at(T + 12 * MINUTE))
    assert not open_alarms()
    measured(air, [(T + 22 * MINUTE, 15.5)])
    watch.look(at(T + 25 * MINUTE), {air})
    (alarm,) = open_alarms()
    assert (alarm.raised_at, alarm.site, alarm.thing) == (T + 21 * MINUTE, evry.school, equipment.valve)
    measured(air, [(T + 32 * MINUTE, 16.5)])
    watch.look(at(T + 33 * MINUTE))
    assert open_alarms()
    measured(air, [(T + 42 * MINUTE, 17.5)])
    watch.look(at(T + 43 * MINUTE))
    alarm.refresh_from_db()
    assert (alarm.state, alarm.ended_at) == ("cleared", T + 42 * MINUTE)


def test_a_restart_goes_on_where_the_watch_stopped(evry, air, at):
    switched_on(evry.mayor, evry.organisation, cold(air))
    measured(air, [(T + MINUTE, 15.0)])
    Watch(INSTALLER).look(at(T + 2 * MINUTE))
    assert RuleState.objects.get().phase == "pending"
    measured(air, [(T + 11 * MINUTE, 15.0), (T + 21 * MINUTE, 15.0)])
    Watch(INSTALLER).look(at(T + 30 * MINUTE))
    (alarm,) = open_alarms()
    assert alarm.raised_at == T + 21 * MINUTE
    Watch(INSTALLER).look(at(T + 31 * MINUTE))
    assert open_alarms() == [alarm]


def test_a_second_watch_changes_nothing_twice(evry, air, at):
    switched_on(evry.mayor, evry.organisation, cold(air))
    one, other = Watch(INSTALLER), Watch(INSTALLER)
    measured(air, [(T + MINUTE, 15.0)])
    one.look(at(T + 2 * MINUTE))
    other.look(T + 2 * MINUTE)
    measured(air, [(T + 21 * MINUTE, 15.0)])
    one.look(at(T + 30 * MINUTE))
    other.look(T + 30 * MINUTE)
    other.look(T + 31 * MINUTE)
    assert AlarmEvent.objects.filter(kind="raised").count() == 1


def test_a_rule_that_rings_every_minute_is_one_alarm_told_once(evry, air, at):
    draft = Draft("Bascule", (Variable("air", (air,)),), "air < 16.0", rest=30 * MINUTE, severity="critical")
    switched_on(evry.mayor, evry.organisation, draft)
    watch = Watch(INSTALLER)
    for minute in range(1, 120):
        measured(air, [(T + minute * MINUTE, 15.0 if minute % 2 else 17.0)])
        watch.look(at(T + minute * MINUTE))
        alarms.attend(INSTALLER, T + minute * MINUTE)
    (alarm,) = Alarm.objects.unscoped("test").all()
    assert alarm.times_rung == 60
    assert Notification.objects.unscoped("test").filter(user=evry.mayor.user_id).count() == 1
    assert alarm.events.filter(kind="rang_again").count() == 1


def test_a_rule_gives_its_order_once_through_the_command_post(evry, equipment, air, at):
    order = Order("raised", equipment.valve.pk, "set_temperature", 19.0)
    switched_on(evry.mayor, evry.organisation, cold(air, orders=(order,)))
    measured(air, [(T + MINUTE, 15.0), (T + 11 * MINUTE, 15.0)])
    Watch(INSTALLER).look(at(T + 22 * MINUTE))
    assert actions.carry_out_owed(INSTALLER, T + 22 * MINUTE) == 1
    assert actions.carry_out_owed(INSTALLER, T + 23 * MINUTE) == 0
    command = Command.objects.unscoped("test").get()
    assert (command.verb, command.value, command.origin, command.state) == (
        "set_temperature",
        19.0,
        "rule",
        "requested",
    )
    assert RuleAct.objects.get().state == "done"


def test_an_order_that_comes_too_late_is_not_given(evry, equipment, air, at):
    order = Order("raised", equipment.valve.pk, "set_temperature", 19.0)
    switched_on(evry.mayor, evry.organisation, cold(air, orders=(order,)))
    measured(air, [(T + MINUTE, 15.0), (T + 11 * MINUTE, 15.0)])
    Watch(INSTALLER).look(at(T + 22 * MINUTE))
    actions.carry_out_owed(INSTALLER, T + 60 * MINUTE)
    assert (RuleAct.objects.get().state, Command.objects.unscoped("test").count()) == ("too_late", 0)


def test_switching_off_ends_the_alarm_and_forgets(evry, air, at):
    rule = switched_on(evry.mayor, evry.organisation, cold(air))
    measured(air, [(T + MINUTE, 15.0), (T + 11 * MINUTE, 15.0)])
    watch = Watch(INSTALLER)
    watch.look(at(T + 22 * MINUTE))
    actions.enable_rule(evry.mayor, rule.pk, enabled=False)
    watch.look(T + 23 * MINUTE)
    assert (open_alarms(), watch.size, RuleState.objects.count()) == ([], 0, 0)
    assert AlarmEvent.objects.last().kind == "withdrawn"


def test_values_too_old_ring_nothing(evry, air, at):
    switched_on(evry.mayor, evry.organisation, cold(air))
    measured(air, [(T + MINUTE, 15.0)])
    watch = Watch(INSTALLER)
    watch.look(at(T + 2 * MINUTE))
    watch.look(at(T + 300 * MINUTE))
    # The valve reports every ten minutes: its value counted for thirty, enough to have held for twenty.
    (alarm,) = open_alarms()
    assert alarm.raised_at == T + 21 * MINUTE

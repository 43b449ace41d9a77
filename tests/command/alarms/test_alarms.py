"""Alarms: told, reminded, escalated, muted; flood-safe."""

from datetime import UTC, datetime, time, timedelta

import pytest
from tests.fixtures.things import INSTALLER

from maillage.command.alarms import actions, queries
from maillage.command.alarms.actions import Cause
from maillage.command.alarms.engine.oncall import Patience
from maillage.command.alarms.models import Alarm
from maillage.command.alarms.rosters import actions as rosters
from maillage.command.alarms.rosters.actions import Turn, Works
from maillage.command.notifications import actions as notifications
from maillage.command.notifications.models import Notification
from maillage.identity.models import JournalEntry
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, NotFound, Refused

MINUTE = timedelta(minutes=1)
T = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EVERY_DAY = frozenset(range(1, 8))


@pytest.fixture(autouse=True)
def _at_nine(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: T)


def cause(evry, key="rule:1", at=T, **more):
    return Cause(evry.organisation.pk, key, "rule", f"Alarme {key}", "critical", at, **more)


def told(actor):
    return Notification.objects.unscoped("test").filter(user=actor.user_id)


@pytest.fixture
def roster(evry):
    made = rosters.save_roster(evry.mayor, evry.organisation.pk, "Semaine", Patience(15 * MINUTE, 30 * MINUTE))
    for level, who in ((1, evry.agent), (2, evry.mayor)):
        rosters.add_shift(evry.mayor, made.pk, Turn(who.user_id, level, EVERY_DAY, time(8), time(8)))
    return made


def test_one_cause_is_one_open_alarm(evry):
    first = actions.raise_alarm(INSTALLER, cause(evry))
    assert actions.raise_alarm(INSTALLER, cause(evry, at=T + MINUTE)) == first
    assert JournalEntry.objects.filter(action="alarm.raised").count() == 1


def test_without_a_roster_the_organisations_people_are_told_once(evry):
    actions.raise_alarm(INSTALLER, cause(evry))
    for minute in range(3):
        actions.attend(INSTALLER, T + minute * MINUTE)
    assert (told(evry.mayor).count(), told(evry.agent).count()) == (1, 1)
    assert "Urgence : Alarme rule:1" in told(evry.mayor).get().subject


def test_the_next_level_is_told_when_nobody_acknowledges(evry, roster):
    alarm = actions.raise_alarm(INSTALLER, cause(evry, roster_id=roster.pk))
    actions.attend(INSTALLER, T)
    assert (told(evry.agent).count(), told(evry.mayor).count()) == (1, 0)
    actions.attend(INSTALLER, T + 14 * MINUTE)
    assert told(evry.mayor).count() == 0
    actions.attend(INSTALLER, T + 15 * MINUTE)
    assert (told(evry.agent).count(), told(evry.mayor).count()) == (1, 1)
    actions.attend(INSTALLER, T + 45 * MINUTE)
    assert (told(evry.agent).count(), told(evry.mayor).count()) == (2, 2)
    assert [event.kind for event in alarm.events.all()] == ["raised", "told", "escalated", "reminded"]


def test_nobody_is_reminded_of_what_somebody_has_taken(evry, roster):
    alarm = actions.raise_alarm(INSTALLER, cause(evry, roster_id=roster.pk))
    actions.attend(INSTALLER, T)
    actions.acknowledge(evry.agent, alarm.pk, "J’y vais.")
    actions.attend(INSTALLER, T + 60 * MINUTE)
    assert told(evry.mayor).count() == 0
    alarm.refresh_from_db()
    assert (alarm.state, alarm.assigned_to_id) == ("acknowledged", evry.agent.user_id)


def test_a_storm_is_one_message_a_person(evry):
    for number in range(300):
        actions.raise_alarm(INSTALLER, cause(evry, f"rule:{number}"))
    actions.attend(INSTALLER, T)
    message = told(evry.mayor).get()
    assert message.subject == "300 alarmes"
    assert "+ 280" in message.body


def test_ringing_again_after_its_rest_is_another_alarm(evry):
    first = actions.raise_alarm(INSTALLER, cause(evry))
    actions.clear_alarm(INSTALLER, evry.organisation.pk, "rule:1", T + MINUTE)
    same = actions.raise_alarm(INSTALLER, cause(evry, at=T + 5 * MINUTE, rest=10 * MINUTE))
    assert (same.pk, same.times_rung) == (first.pk, 2)
    actions.clear_alarm(INSTALLER, evry.organisation.pk, "rule:1", T + 6 * MINUTE)
    other = actions.raise_alarm(INSTALLER, cause(evry, at=T + 60 * MINUTE, rest=10 * MINUTE))
    assert other.pk != first.pk


def test_who_took_it_still_has_it_when_it_rings_again(evry):
    alarm = actions.raise_alarm(INSTALLER, cause(evry))
    actions.acknowledge(evry.mayor, alarm.pk)
    actions.clear_alarm(INSTALLER, evry.organisation.pk, "rule:1", T + MINUTE)
    again = actions.raise_alarm(INSTALLER, cause(evry, at=T + 2 * MINUTE, rest=10 * MINUTE))
    assert (again.state, again.attend_at) == ("acknowledged", None)


def test_what_a_person_closed_is_not_opened_again(evry):
    alarm = actions.raise_alarm(INSTALLER, cause(evry))
    actions.close(evry.mayor, alarm.pk, "Réglé.")
    again = actions.raise_alarm(INSTALLER, cause(evry, at=T + MINUTE, rest=10 * MINUTE))
    assert again.pk != alarm.pk


def test_during_works_nobody_is_told_and_at_their_end_what_still_rings_is(evry):
    works = Works(evry.organisation.pk, T - MINUTE, T + 60 * MINUTE, "Chaufferie", evry.school.pk)
    rosters.announce(evry.mayor, works)
    there = actions.raise_alarm(INSTALLER, cause(evry, site_id=evry.school.pk))
    elsewhere = actions.raise_alarm(INSTALLER, cause(evry, "rule:2", site_id=evry.cemetery.pk))
    actions.attend(INSTALLER, T)
    assert [one.alarm_id for one in told(evry.mayor)] == [elsewhere.pk]
    actions.attend(INSTALLER, T + 60 * MINUTE)
    assert {one.alarm_id for one in told(evry.mayor)} == {elsewhere.pk, there.pk}


def test_works_that_end_early_let_alarms_be_told(evry):
    works = rosters.announce(evry.mayor, Works(evry.organisation.pk, T, T + 60 * MINUTE, "Chaufferie"))
    actions.raise_alarm(INSTALLER, cause(evry))
    actions.attend(INSTALLER, T)
    rosters.end(evry.mayor, works.pk)
    actions.attend(INSTALLER, T)
    assert told(evry.mayor).count() == 1


def test_an_alarm_that_is_over_cannot_be_taken(evry):
    alarm = actions.raise_alarm(INSTALLER, cause(evry))
    actions.clear_alarm(INSTALLER, evry.organisation.pk, "rule:1", T)
    with pytest.raises(Conflict, match="alarm_over"):
        actions.acknowledge(evry.mayor, alarm.pk)
    assert actions.comment(evry.mayor, alarm.pk, "Vu.").events.filter(comment="Vu.").exists()


def test_another_commune_sees_and_does_nothing(evry, brunoy, roster):
    alarm = actions.raise_alarm(INSTALLER, cause(evry))
    assert not queries.alarms(brunoy.mayor).exists()
    for act in (
        lambda: actions.acknowledge(brunoy.mayor, alarm.pk),
        lambda: rosters.remove_roster(brunoy.mayor, roster.pk),
    ):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(Refused):
        rosters.announce(brunoy.mayor, Works(evry.organisation.pk, T, T + MINUTE, "x"))


def test_a_stranger_cannot_be_on_call(evry, brunoy, roster):
    with pytest.raises(Invalid, match="assignee_unfit"):
        rosters.add_shift(evry.mayor, roster.pk, Turn(brunoy.mayor.user_id, 1, EVERY_DAY, time(8), time(8)))


def test_a_program_is_told_of_each_new_alarm(evry):
    notifications.save_hook(evry.mayor, evry.organisation.pk, "Centre", "https://example.org/", "info")
    alarm = actions.raise_alarm(INSTALLER, cause(evry))
    actions.attend(INSTALLER, T)
    message = Notification.objects.unscoped("test").get(channel="webhook")
    assert (message.payload["alarm"], message.payload["code"]) == (alarm.pk, "rule")
    assert Alarm.objects.unscoped("test").count() == 1

"""The pages of alarms, rules, rosters and notifications: who sees which, and what they say and do."""

import json
import re
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from tests.fixtures.measures import measured, stream_of
from tests.fixtures.things import INSTALLER, logged_in, person

from maillage.command.alarms import actions as alarm_actions
from maillage.command.alarms.actions import Cause
from maillage.command.alarms.models import Alarm, Maintenance, Roster
from maillage.command.alarms.urls import urlpatterns as alarm_urls
from maillage.command.notifications import actions as notification_actions
from maillage.command.notifications.models import Hook, Notification, Preference, PushSubscription
from maillage.command.notifications.urls import urlpatterns as notification_urls
from maillage.command.rules import actions as rule_actions
from maillage.command.rules.actions import Draft, Variable
from maillage.command.rules.models import Rule
from maillage.command.rules.urls import urlpatterns as rule_urls
from maillage.identity.actor import Role
from maillage.identity.models import JournalEntry, Mandate, Organisation
from maillage.kernel import clock

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def alarm(evry, equipment):
    cause = Cause(
        evry.organisation.pk,
        "rule:1",
        "rule",
        "Classe trop froide",
        "warning",
        clock.now(),
        {"advice": "Purgez le radiateur."},
        site_id=evry.school.pk,
    )
    return alarm_actions.raise_alarm(INSTALLER, cause)


@pytest.fixture
def rule(evry, equipment):
    air = stream_of(equipment.valve, "air_temperature")
    return rule_actions.add_rule(
        evry.mayor, evry.organisation.pk, Draft("Trop froid", (Variable("air", (air,)),), "air < 16.0")
    )


@pytest.fixture
def roster(evry):
    return Roster.objects.create(organisation=evry.organisation, name="Semaine")


@pytest.fixture
def works(evry):
    return Maintenance.objects.create(
        organisation=evry.organisation,
        site=evry.school,
        starts_at=clock.now(),
        ends_at=clock.now() + timedelta(days=1),
        reason="Chaufferie",
        announced_by="x",
    )


@pytest.fixture
def hook(evry):
    return notification_actions.save_hook(
        evry.mayor, evry.organisation.pk, "Centre", "https://example.org/alarms", "info"
    )


def text(response):
    words = unescape(re.sub(r"<[^>]+>", " ", response.content.decode()))
    return re.sub(r"\s+", " ", words)


# --- who sees what

ADDRESSES = [
    ("get", "alarm", "alarm"),
    ("post", "alarm-acknowledge", "alarm"),
    ("post", "alarm-assign", "alarm"),
    ("post", "alarm-comment", "alarm"),
    ("post", "alarm-close", "alarm"),
    ("get", "rule", "rule"),
    ("get", "rule-change", "rule"),
    ("post", "rule-change", "rule"),
    ("post", "rule-switch", "rule"),
    ("post", "rule-remove", "rule"),
    ("post", "roster-shift", "roster"),
    ("post", "roster-remove", "roster"),
    ("post", "shift-remove", "shift"),
    ("post", "works-end", "works"),
    ("post", "hook-remove", "hook"),
]
# Everybody has these, and sees there only what is theirs.
OWN = {"alarms", "alarm-list", "alarms-live", "rules", "rule-new", "rosters", "roster-add", "works-add"} | {
    "notifications",
    "push-subscribe",
    "push-remove",
    "push-worker",
    "hook-add",
}
PATTERNS = [*alarm_urls, *rule_urls, *notification_urls]


@pytest.fixture
def given(alarm, rule, roster, works, hook):
    return {
        "alarm": [alarm.pk],
        "rule": [rule.pk],
        "roster": [roster.pk],
        "shift": [roster.pk, 1],
        "works": [works.pk],
        "hook": [hook.pk],
    }


def test_the_matrix_names_every_address():
    assert {name for _, name, _ in ADDRESSES} | OWN == {pattern.name for pattern in PATTERNS}


@pytest.mark.parametrize(("method", "name", "kind"), ADDRESSES)
def test_another_communes_mayor_finds_nothing(method, name, kind, given, brunoy):
    entries = JournalEntry.objects.count()
    typed = {"comment": "x", "enabled": "1", "confirmed": "1", "person": str(brunoy.mayor.user_id)}
    response = getattr(logged_in(brunoy.mayor), method)(reverse(f"command:{name}", args=given[kind]), typed)
    assert response.status_code == 404
    assert JournalEntry.objects.count() == entries


@pytest.mark.parametrize(("method", "name", "kind"), ADDRESSES)
def test_nobody_gets_in_without_logging_in(method, name, kind, given):
    response = getattr(Client(), method)(reverse(f"command:{name}", args=given[kind]))
    assert (response.status_code, response["Location"].startswith("/login/")) == (302, True)


@pytest.mark.parametrize("name", ["alarms", "alarm-list", "rules", "rosters", "notifications"])
def test_a_list_shows_nothing_of_another_commune(name, given, brunoy):
    page = text(logged_in(brunoy.mayor).get(reverse(f"command:{name}"), {"show": "all"} if name != "rules" else {}))
    assert not re.search(r"Classe trop froide|Trop froid\b|Semaine|Chaufferie|Evry|Centre", page)


def test_a_mandated_contractor_who_is_no_technician_may_look_but_not_act(evry, given, alarm):
    contractor = Organisation.objects.create(kind="contractor", name="Réseaux", slug="reseaux")
    Mandate.objects.create(client=evry.organisation, contractor=contractor, granted_at=NOW)
    client = logged_in(person(contractor, Role.AGENT))
    assert client.get(reverse("command:alarm", args=[alarm.pk])).status_code == 200
    assert client.post(reverse("command:alarm-acknowledge", args=[alarm.pk])).status_code == 403
    assert client.post(reverse("command:rule-switch", args=given["rule"]), {"enabled": "1"}).status_code == 403


# --- alarms


def test_the_list_says_what_rings_and_one_takes_it_in_charge_there(evry, alarm):
    client = logged_in(evry.mayor)
    page = text(client.get(reverse("command:alarms")))
    assert "Classe trop froide" in page
    assert "Purgez le radiateur." in page
    client.post(reverse("command:alarm-acknowledge", args=[alarm.pk]), {"from": "list"})
    alarm.refresh_from_db()
    assert (alarm.state, alarm.assigned_to_id, alarm.attend_at) == ("acknowledged", evry.mayor.user_id, None)
    assert "Classe trop froide" in text(client.get(reverse("command:alarms"), {"show": "mine"}))


def test_an_alarm_is_closed_with_a_comment_only(evry, alarm):
    client = logged_in(evry.mayor)
    refused = client.post(reverse("command:alarm-close", args=[alarm.pk]), {"comment": " "})
    assert refused.status_code == 422
    assert "Dites en quelques mots" in text(refused)
    client.post(reverse("command:alarm-close", args=[alarm.pk]), {"comment": "Purgé."})
    alarm.refresh_from_db()
    assert alarm.state == "closed"
    page = text(client.get(reverse("command:alarm", args=[alarm.pk])))
    assert "Purgé." in page
    assert JournalEntry.objects.filter(action="alarm.closed").exists()


def test_an_alarm_is_entrusted_and_the_person_told(evry, alarm):
    address = reverse("command:alarm-assign", args=[alarm.pk])
    logged_in(evry.mayor).post(address, {"person": str(evry.agent.user_id)})
    alarm.refresh_from_db()
    assert alarm.assigned_to_id == evry.agent.user_id
    assert Notification.objects.unscoped("test").filter(user=evry.agent.user_id, alarm=alarm).count() == 1


def test_nobody_from_elsewhere_is_entrusted_with_it(evry, brunoy, alarm):
    address = reverse("command:alarm-assign", args=[alarm.pk])
    response = logged_in(evry.mayor).post(address, {"person": str(brunoy.mayor.user_id)})
    assert response.status_code == 422
    assert "choisissez quelqu’un de la liste" in text(response)


def test_the_mayors_home_counts_the_alarms(evry, alarm):
    page = text(logged_in(evry.mayor).get("/"))
    assert "Classe trop froide" in page
    assert "points à regarder" in page


# --- rules


def test_a_rule_is_made_by_choices_and_tried_on_the_past(evry, equipment):
    air = stream_of(equipment.valve, "air_temperature")
    now = clock.now().replace(microsecond=0)
    start = now - timedelta(hours=10)
    measured(air, [(start + timedelta(minutes=10 * step), 15.0 if step % 12 < 4 else 20.0) for step in range(60)])
    typed = {
        "name": "Trop froid",
        "measures": [str(air)],
        "quantifier": "any",
        "least": "1",
        "comparison": "below",
        "threshold": "16,5",
        "margin": "0,5",
        "hold_min": "20",
        "rest_min": "30",
        "severity": "critical",
        "raises_alarm": "on",
    }
    client, address = logged_in(evry.mayor), f"{reverse('command:rule-new')}?site={evry.school.pk}"
    tried = client.post(address, {**typed, "do": "rehearse"})
    assert "Elle aurait sonné 5 fois" in text(tried)
    assert not Rule.objects.unscoped("test").exists()
    client.post(address, {**typed, "do": "save"})
    rule = Rule.objects.unscoped("test").get()
    assert (rule.condition, rule.clear_condition) == ("mesure < 16.5", "!(mesure < 17.0)")
    assert (rule.enabled, rule.hold_s, rule.severity) == (False, 1200, "critical")
    assert "suspendue" in text(client.get(reverse("command:rule", args=[rule.pk])))


def test_a_condition_that_is_wrong_is_refused_with_its_place(evry, equipment):
    air = stream_of(equipment.valve, "air_temperature")
    typed = {"name": "x", "alias_1": "air", "measures_1": [str(air)], "condition": "air < 16", "severity": "info"}
    more = {"hold_min": "0", "rest_min": "0", "raises_alarm": "on", "do": "save"}
    address = f"{reverse('command:rule-new')}?site={evry.school.pk}&mode=text"
    response = logged_in(evry.mayor).post(address, typed | more)
    assert response.status_code == 422
    assert "Ligne 1, colonne 5 : une mesure est un nombre décimal ; écrivez 19.0 et non 19." in text(response)


def test_a_rule_is_changed_switched_and_removed(evry, rule):
    client = logged_in(evry.mayor)
    page = client.get(reverse("command:rule-change", args=[rule.pk]))
    assert "air &lt; 16.0" in page.content.decode()
    client.post(reverse("command:rule-switch", args=[rule.pk]), {"enabled": "1"})
    rule.refresh_from_db()
    assert rule.enabled
    asked = client.post(reverse("command:rule-remove", args=[rule.pk]))
    assert "Supprimer la règle ?" in text(asked)
    client.post(reverse("command:rule-remove", args=[rule.pk]), {"confirmed": "1"})
    assert not Rule.objects.unscoped("test").exists()


# --- rosters and works


def test_a_roster_gets_its_shifts_and_works_are_announced(evry, equipment):
    client = logged_in(evry.mayor)
    owner = str(evry.organisation.pk)
    client.post(
        reverse("command:roster-add"),
        {"organisation": owner, "name": "Nuits", "escalate_min": "15", "remind_min": "30"},
    )
    roster = Roster.objects.unscoped("test").get()
    prefix = f"r{roster.pk}-"
    shift = {
        "person": str(evry.agent.user_id),
        "level": "1",
        "weekdays": ["1", "2"],
        "start": "08:00",
        "until": "08:00",
    }
    client.post(reverse("command:roster-shift", args=[roster.pk]), {prefix + name: one for name, one in shift.items()})
    assert roster.shifts.get().user_id == evry.agent.user_id
    works = {
        "where": f"{owner}:{evry.school.pk}",
        "starts_at": "2030-01-01T08:00",
        "ends_at": "2030-01-02T08:00",
        "reason": "Chaufferie",
    }
    client.post(reverse("command:works-add"), works)
    assert Maintenance.objects.unscoped("test").get().starts_at == datetime(2030, 1, 1, 7, tzinfo=UTC)
    page = text(client.get(reverse("command:rosters")))
    assert "Nuits" in page
    assert "Chaufferie" in page


def test_works_that_end_before_they_begin_are_refused(evry, equipment):
    works = {"where": f"{evry.organisation.pk}:", "starts_at": "2030-01-02T08:00", "ends_at": "2030-01-01T08:00"}
    response = logged_in(evry.mayor).post(reverse("command:works-add"), works | {"reason": "x"})
    assert response.status_code == 422
    assert "doivent finir après avoir commencé" in text(response)


# --- notifications


def test_a_person_chooses_how_to_be_told(evry):
    typed = {"by_email": "on", "sms_number": "+33612345678", "severity": "warning", "digest_at": "07:00"}
    client = logged_in(evry.mayor)
    client.post(reverse("command:notifications"), typed)
    wanted = Preference.objects.unscoped("test").get()
    assert (wanted.sms_number, wanted.severity, wanted.critical_wakes) == ("+33612345678", "warning", False)
    refused = client.post(reverse("command:notifications"), {**typed, "sms_number": "0612"})
    assert refused.status_code == 422
    assert "+33612345678" in text(refused)


def test_a_browser_is_subscribed_and_leaves(evry, settings, tmp_path):
    keys = {"p256dh": b"\x04" + bytes(range(64)), "auth": bytes(16)}
    given = {
        "endpoint": "https://push.example.org/1",
        "keys": {n: urlsafe_b64encode(k).decode() for n, k in keys.items()},
    }
    client = logged_in(evry.mayor)
    answer = client.post(reverse("command:push-subscribe"), json.dumps(given), content_type="application/json")
    assert answer.status_code == 201
    assert "Désabonner" in text(client.get(reverse("command:notifications")))
    client.post(reverse("command:push-remove", args=[answer.json()["id"]]))
    assert not PushSubscription.objects.exists()


def test_a_subscription_that_is_none_is_refused(evry):
    answer = logged_in(evry.mayor).post(reverse("command:push-subscribe"), "{}", content_type="application/json")
    assert answer.status_code == 422


def test_only_who_represents_sends_data_to_a_program(evry):
    typed = {"organisation": str(evry.organisation.pk), "name": "x", "url": "https://example.org/", "severity": "info"}
    assert logged_in(evry.agent).post(reverse("command:hook-add"), typed).status_code == 403
    page = logged_in(evry.mayor).post(reverse("command:hook-add"), typed, follow=True)
    assert Hook.objects.unscoped("test").get().secret in text(page)


def test_the_worker_of_the_browser_is_served_as_script(evry):
    response = logged_in(evry.mayor).get(reverse("command:push-worker"))
    assert response["Content-Type"].startswith("text/javascript")
    assert b"showNotification" in response.content


def test_alarms_on_the_list_are_all_of_what_is_asked_for(evry, alarm):
    client = logged_in(evry.mayor)
    assert "Rien à traiter" in text(client.get(reverse("command:alarms"), {"severity": "critical"}))
    alarm_actions.clear_alarm(INSTALLER, evry.organisation.pk, alarm.key, clock.now())
    assert "Rien à traiter" in text(client.get(reverse("command:alarms")))
    assert "terminée" in text(client.get(reverse("command:alarms"), {"show": "all"}))
    assert Alarm.objects.unscoped("test").count() == 1

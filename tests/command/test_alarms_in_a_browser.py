"""The pages of alarms in a real Chromium: for everybody, on a phone too, and the list follows what happens."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.urls import reverse
from playwright.sync_api import expect
from tests.fixtures.chromium import assert_fit_for_everybody, chromium
from tests.fixtures.measures import stream_of
from tests.fixtures.serving import served
from tests.fixtures.things import INSTALLER, logged_in

from maillage.command.alarms import actions as alarms
from maillage.command.alarms.actions import Cause
from maillage.command.alarms.engine.oncall import Patience
from maillage.command.alarms.events import AlarmUpdate
from maillage.command.alarms.live import alarm_messages
from maillage.command.alarms.rosters import actions as rosters
from maillage.command.alarms.rosters.actions import Turn, Works
from maillage.command.rules import actions as rules
from maillage.command.rules.actions import Draft, Variable
from maillage.kernel import clock

pytestmark = pytest.mark.browser


def ring(evry, key, label, severity="warning"):
    cause = Cause(
        evry.organisation.pk, key, "rule", label, severity, clock.now(), {"advice": "Purgez."}, site_id=evry.school.pk
    )
    return alarms.raise_alarm(INSTALLER, cause)


@pytest.fixture
def house(transactional_db, evry, equipment):
    """Something of everything."""
    alarm = ring(evry, "rule:901", "Classe 1 trop froide", "critical")
    alarms.comment(evry.agent, alarm.pk, "J’ai appelé le chauffagiste.")
    air = stream_of(equipment.valve, "air_temperature")
    rule = rules.add_rule(
        evry.mayor, evry.organisation.pk, Draft("Trop froid", (Variable("air", (air,)),), "air < 16.0")
    )
    rules.enable_rule(evry.mayor, rule.pk, enabled=True)
    roster = rosters.save_roster(
        evry.mayor, evry.organisation.pk, "Semaine", Patience(timedelta(minutes=15), timedelta(minutes=30))
    )
    day = clock.now().time().replace(hour=8, minute=0, second=0, microsecond=0)
    rosters.add_shift(evry.mayor, roster.pk, Turn(evry.agent.user_id, 1, frozenset(range(1, 8)), day, day))
    works = Works(evry.organisation.pk, clock.now(), clock.now() + timedelta(days=1), "Chaufferie", evry.cemetery.pk)
    rosters.announce(evry.mayor, works)
    alarms.attend(INSTALLER, clock.now())
    return {
        "alarms": reverse("command:alarms"),
        "alarm": reverse("command:alarm", args=[alarm.pk]),
        "rules": reverse("command:rules"),
        "rule": reverse("command:rule", args=[rule.pk]),
        "rule-change": reverse("command:rule-change", args=[rule.pk]),
        "rule-new": f"{reverse('command:rule-new')}?site={evry.school.pk}",
        "rosters": reverse("command:rosters"),
        "notifications": reverse("command:notifications"),
        "home": "/",
    }


def test_the_pages_are_fit_for_everybody_and_follow_what_happens(house, evry, settings):
    settings.ALLOWED_HOSTS = ["*"]
    cookie = logged_in(evry.mayor).cookies["sessionid"].value
    with served() as (server, tell), chromium() as browser:
        page = browser.new_page()
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": server}])
        for name, address in house.items():
            page.goto(server + address)
            _picture(page, name)
            assert_fit_for_everybody(page)
        page.goto(server + house["alarms"])
        expect(page.locator("body")).to_have_attribute("data-live-status", "online")
        new = elsewhere(lambda: ring(evry, "rule:2", "Portail resté ouvert").pk)
        tell(alarm_messages(AlarmUpdate(evry.organisation.pk, new)))
        expect(page.get_by_role("link", name="Portail resté ouvert")).to_be_visible()
        page.get_by_role("button", name="Prendre en charge : Portail resté ouvert").press("Enter")
        expect(page.locator(".a-alarm", has_text="Portail resté ouvert")).to_contain_text("prise en charge")
        page.close()


def elsewhere(work):
    """The browser's driver holds this thread's event loop, beside which Django refuses to work."""

    def run():
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        return threads.submit(run).result()


def _picture(page, name):
    folder = os.environ.get("PICTURES")
    for width in (1440, 390) if folder else ():
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)

"""The command post's own pages in a real Chromium: on a desk, on a phone, from the keyboard."""

import asyncio
import threading
from contextlib import contextmanager
from datetime import time, timedelta

import pytest
import uvicorn
from django.core.asgi import get_asgi_application
from django.urls import reverse
from playwright.sync_api import expect
from tests.fixtures.chromium import assert_fit_for_everybody, chromium
from tests.fixtures.things import INSTALLER, Equipment, installed, logged_in, town

from maillage.command import actions
from maillage.command.bulk.actions import request_many
from maillage.command.bulk.queries import Selection
from maillage.command.engine.calendar import DayRule
from maillage.command.engine.schedule import AtClock
from maillage.command.openings.actions import Hours, add_opening
from maillage.command.schedules.actions import Draft, add_entry
from maillage.command.specials.actions import Plan, plan_period
from maillage.command.two_persons.actions import require_two
from maillage.kernel import clock
from maillage.telemetry.models import Latest
from maillage.telemetry.queries import datastreams

pytestmark = pytest.mark.browser


class Served(uvicorn.Server):
    """The whole house in a thread; says when it listens."""

    def __init__(self):
        options = {"lifespan": "off", "log_level": "error", "ws": "none", "loop": "asyncio"}
        super().__init__(uvicorn.Config(get_asgi_application(), port=0, timeout_graceful_shutdown=1, **options))
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.run)

    async def startup(self, sockets=None):
        await super().startup(sockets)
        self.loop = asyncio.get_running_loop()
        self.ready.set()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.servers[0].sockets[0].getsockname()[1]}"

    @contextmanager
    def running(self):
        self.thread.start()
        assert self.ready.wait(10)
        try:
            yield self
        finally:
            self.should_exit = True
            self.thread.join(10)


def reports(thing, quantity, value):
    stream = datastreams(INSTALLER, thing_id=thing.pk).get(quantity=quantity)
    Latest.objects.create(datastream=stream, at=clock.now() - timedelta(minutes=2), value=value)
    thing.device.last_seen_at = clock.now() - timedelta(minutes=2)
    thing.device.save()


@pytest.fixture
def evry(transactional_db, settings):
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    return town("Evry", "91228")


@pytest.fixture
def things(evry):
    valve = installed(evry.school, "70b3d52dd3000001", "mclimate-vicki", "Radiateur", "heating", evry.classroom)
    sensor = installed(evry.school, "a81758fffe000001", "elsys-ers", "Capteur", "heating", evry.classroom)
    gate = installed(evry.cemetery, "a84041fffe000001", "dragino-lt22222l", "Portail", "access")
    reports(valve, "target_temperature", 16)
    reports(sensor, "air_temperature", 16.4)
    reports(gate, "relay_1", 0)
    workdays = frozenset({1, 2, 4, 5})
    no_holidays = DayRule("never", "never")
    warm = Draft("set_temperature", 19, workdays, AtClock(time(8)), no_holidays, ready=True)
    add_entry(evry.mayor, valve.pk, warm)
    add_entry(evry.mayor, valve.pk, Draft("set_temperature", 16, workdays, AtClock(time(17)), no_holidays))
    add_opening(evry.mayor, evry.school.pk, Hours(workdays, time(8), time(17), "never", "never"))
    start = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
    fair = Plan("Fête du village", "set_temperature", 19, start, start + timedelta(hours=8))
    plan_period(evry.mayor, [valve.pk], fair)
    require_two(evry.mayor, evry.organisation.pk, "access", "open")
    actions.request(evry.agent, gate.pk, "open")
    return Equipment(valve, sensor, gate)


@pytest.fixture
def visit(evry, things):
    """Opens pages as the mayor; nothing on them may complain."""
    session = logged_in(evry.mayor).cookies["sessionid"].value
    batch = request_many(evry.mayor, Selection("91228", "heating", "set_temperature"), 8, "Tous les sites")
    complaints = []
    with Served().running() as served, chromium() as browser:

        def open_one(name, *args, width=1440):
            context = browser.new_context(
                viewport={"width": width, "height": 900}, locale="fr-FR", reduced_motion="reduce"
            )
            context.add_cookies([{"name": "sessionid", "value": session, "url": served.url}])
            page = context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(served.url + reverse(f"command:{name}", args=args))
            return page

        open_one.batch = batch
        yield open_one
    assert complaints == []


def test_every_new_page_is_fit_for_everybody(visit, evry, things):
    room, gate = f"s{evry.classroom.pk}", f"t{things.gate.pk}"
    pages = [
        ("place", evry.school.pk, room),
        ("place", evry.cemetery.pk, gate),
        ("special-add", evry.school.pk),
        ("openings", evry.school.pk),
        ("many", "91228"),
        ("rules", "91228"),
        ("batch", visit.batch.pk),
        ("schedule-add", things.valve.pk),
    ]
    for name, *args in pages:
        page = visit(name, *args)
        page.evaluate("document.querySelectorAll('details.c-options').forEach((each) => { each.open = true })")
        assert_fit_for_everybody(page)
        page.context.close()


def test_a_mayor_approves_on_a_phone_what_the_agent_asked(visit, evry, things):
    page = visit("place", evry.cemetery.pk, f"t{things.gate.pk}", width=390)
    expect(page.get_by_text("À approuver").first).to_be_visible()
    page.get_by_role("button", name="Approuver", exact=True).click()
    expect(page.get_by_text("Commande approuvée : elle part.")).to_be_visible()
    expect(page.locator(".c-life").first).to_contain_text("Demandée")


def test_a_mayor_plans_the_village_fair_from_the_keyboard(visit, evry, things):
    page = visit("special-add", evry.school.pk, width=390)
    page.get_by_label("Nom").fill("Repas des aînés")
    page.get_by_label("Radiateur").press("Space")
    for label, value in (("Début, le", "2027-01-16"), ("Fin, le", "2027-01-16")):
        page.get_by_label(label).fill(value)
    page.locator("[name=first_time]").fill("11:00")
    page.locator("[name=last_time]").fill("18:00")
    page.get_by_role("button", name="Enregistrer").press("Enter")
    expect(page.get_by_text("Période exceptionnelle prévue.")).to_be_visible()


def test_a_contradiction_is_shown_before_it_is_saved(visit, evry, things):
    page = visit("schedule-add", things.valve.pk, width=390)
    page.get_by_label("Consigne").fill("17")
    page.locator("[name=clock_time]").fill("08:00")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Au même instant")).to_be_visible()
    expect(page.get_by_text("Pendant « Fête du village »").or_(page.get_by_text("À regarder")).first).to_be_visible()
    page.get_by_role("button", name="Enregistrer quand même").click()
    expect(page.get_by_text("Ligne ajoutée au programme.")).to_be_visible()


def test_an_unlawful_wish_is_excused_by_a_reason(visit, evry, things):
    page = visit("place", evry.school.pk, f"s{evry.classroom.pk}", width=390)
    page.locator("input[name=value]").first.fill("22")
    page.get_by_role("button", name="Régler").click()
    expect(page.get_by_text("R. 241-2").first).to_be_visible()
    page.get_by_label("Motif").first.fill("Enfants malades, consigne du médecin")
    page.get_by_label("Exception à la loi").check()
    page.get_by_role("button", name="Régler").click()
    expect(page.get_by_text("Exception à la loi, motif :")).to_be_visible()

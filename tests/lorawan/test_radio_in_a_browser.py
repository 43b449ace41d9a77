"""The radio pages in a real Chromium: accessible, on a phone too, and the frame log grows by itself."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from shutil import which

import pytest
import uvicorn
from django.core.asgi import get_asgi_application
from django.db import connection
from django.urls import reverse
from playwright.sync_api import expect, sync_playwright
from tests.fixtures.radio import EVRY_VALVE, MAST, NOW, build_radio_house, equip, forget_frames, frame

from maillage.kernel import clock
from maillage.lorawan.events import FrameBatch, FrameEvent, GatewayBatch, GatewayEvent
from maillage.lorawan.live import frame_messages, gateway_messages
from maillage.lorawan.models import Device
from maillage.web.streams import hub

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
CHROMIUM = ["--no-sandbox", "--enable-unsafe-swiftshader", "--use-gl=angle", "--use-angle=swiftshader"]
PAGES = {
    "home": [],
    "gateways": [],
    "gateway": [MAST],
    "register_gateway": [],
    "devices": [],
    "device": [EVRY_VALVE],
    "register_device": [],
    "register_abp_device": [],
    "import": [],
    "scan": [],
    "claim": [],
    "frames": [],
    "models": [],
    "show_key": [EVRY_VALVE],
    "refusals": [],
}
WIDTHS = (1440, 390)
FILE = b"""dev_eui;join_eui;app_key;modele;nom;commune
70b3d52dd30000aa;70b3d57ed0000000;000102030405060708090a0b0c0d0e0f;mclimate-vicki;Classe 2;Massy
70b3;;;toaster;Classe 3;Paris
"""


class Served(uvicorn.Server):
    """The whole house in a thread; says when it listens, and on which loop."""

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

    def tell(self, messages):
        def publish():
            for message in messages:
                hub().publish(message.topic, message.data, key=message.key)

        self.loop.call_soon_threadsafe(publish)

    @contextmanager
    def running(self):
        self.thread.start()
        assert self.ready.wait(10)
        try:
            yield self
        finally:
            self.should_exit = True
            self.thread.join(10)


@pytest.fixture
def house(transactional_db, settings, monkeypatch):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WHITENOISE_AUTOREFRESH = True
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    monkeypatch.setattr(clock, "now", lambda: NOW)
    built = build_radio_house()
    equip(built)
    yield built
    forget_frames()


@pytest.fixture
def visit(house):
    """Opens pages as the operator; nothing on them may complain."""
    session = house.client("operator").cookies["sessionid"].value
    complaints = []
    with Served().running() as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=CHROMIUM)

        def open_one(name, *args):
            context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="fr-FR")
            context.add_cookies([{"name": "sessionid", "value": session, "url": served.url}])
            page = context.new_page()
            page.served = served
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda line: line.type == "error" and complaints.append(line.text))
            page.goto(served.url + reverse(f"lorawan:{name}", args=args))
            return page

        yield open_one
        browser.close()
    assert complaints == []


def violations(page):
    page.evaluate(AXE.read_text())
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)["violations"]
    return [(each["id"], node["html"]) for each in found for node in each["nodes"]]


def settle(page):
    for box in page.locator("[data-map]").all():
        expect(box).to_have_attribute("data-map", "ready", timeout=15_000)


def assert_fits(page, width, name):
    page.set_viewport_size({"width": width, "height": 900})
    assert violations(page) == [], (name, width)
    assert page.evaluate("document.documentElement.scrollWidth") == width, (name, width)


def test_the_radio_pages_are_accessible_on_a_desk_and_on_a_phone(visit):
    for name, args in PAGES.items():
        page = visit(name, *args)
        settle(page)
        for summary in page.locator(".radio-frame summary").all()[:1]:
            summary.click()
        for width in WIDTHS:
            assert_fits(page, width, name)
        page.context.close()


def test_a_file_is_judged_on_a_page_that_fits_too(visit):
    page = visit("import")
    page.locator("input[type=file]").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": FILE})
    page.get_by_role("button", name="Vérifier le fichier").click()
    expect(page.get_by_role("button", name="Importer les lignes correctes")).to_be_visible()
    for width in WIDTHS:
        assert_fits(page, width, "preview")


def commit_frame(number):
    """As the network server does, from elsewhere: the browser's driver holds this thread's event loop."""

    def commit():
        frame(Device.objects.unscoped("test").get(pk=EVRY_VALVE), number)
        connection.close()

    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(commit).result()


def event(number):
    return FrameEvent(number, EVRY_VALVE, 1, NOW, "up", 2, number, 2, 868_100_000, "SF7BW125", "011d", [], None)


def test_the_frame_log_grows_by_itself_and_keeps_what_is_open(visit):
    page = visit("device", EVRY_VALVE)
    expect(page.locator("body")).to_have_attribute("data-live-status", "online")
    page.locator(".radio-frame summary").first.click()
    for number in (70, 71):
        commit_frame(number)
        page.served.tell(frame_messages(FrameBatch([event(number)])))
        expect(page.locator(".radio-frame")).to_have_count(number - 66)
        expect(page.locator(".radio-frame-count").first).to_have_text(f"n° {number}")
    assert page.locator(".radio-frame details[open]").count() == 1


def test_the_counters_of_a_gateway_follow_the_network(visit, house):
    page = visit("gateways")
    expect(page.locator("body")).to_have_attribute("data-live-status", "online")
    page.served.tell(gateway_messages(GatewayBatch([GatewayEvent(MAST, house.operator.pk, NOW, 12_399, 67, 90, 2)])))
    expect(page.locator(f"[data-live='gateway.{MAST}.uplinks']")).to_have_text("12\u202f399")


def test_taking_a_device_out_of_service_asks_first(visit):
    page = visit("device", EVRY_VALVE)
    page.get_by_role("button", name="Retirer du service").first.click()
    dialog = page.locator("dialog#decommission")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Retirer du service").click()
    expect(page.locator(".m-state").first).to_contain_text("Retiré du service")

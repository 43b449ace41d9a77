"""The kit in a real Chromium: accessible in both themes and sizes, live, honest when the line is down."""

import asyncio
import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from shutil import which

import pytest
import uvicorn
from django.core.asgi import get_asgi_application
from django.utils import translation
from playwright.sync_api import expect, sync_playwright
from tests.web.conftest import kit_settings
from tests.web.kit_urls import HUB

from maillage.web import formats

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-unsafe-swiftshader",  # maps need WebGL, drawn in software here
    "--use-gl=angle",
    "--use-angle=swiftshader",
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


class AnnouncedServer(uvicorn.Server):
    """Says when it listens, and on which loop."""

    def __init__(self, config):
        super().__init__(config)
        self.ready = threading.Event()
        self.loop = None

    async def startup(self, sockets=None):
        await super().startup(sockets)
        self.loop = asyncio.get_running_loop()
        self.ready.set()


class Server:
    """The kit served by uvicorn in a thread."""

    def __init__(self):
        config = uvicorn.Config(
            get_asgi_application(),
            port=0,
            lifespan="off",
            log_level="error",
            ws="none",
            loop="asyncio",
            timeout_graceful_shutdown=1,
        )
        self.server = AnnouncedServer(config)
        self.thread = threading.Thread(target=self.server.run)

    @property
    def loop(self):
        return self.server.loop

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"

    def publish(self, values, key=None):
        done = threading.Event()

        def on_loop():
            HUB.publish("site.1", json.dumps(values), key=key)
            done.set()

        self.loop.call_soon_threadsafe(on_loop)
        assert done.wait(5)

    @contextmanager
    def running(self):
        self.thread.start()
        assert self.server.ready.wait(10)
        try:
            yield self
        finally:
            self.server.should_exit = True
            self.thread.join(10)


@pytest.fixture(scope="module")
def server():
    with kit_settings(), Server().running() as running:
        yield running


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def open_page(server, chromium):
    contexts = []

    def open_one(path, width=1440, scheme="light", language="fr-FR"):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, locale=language, has_touch=width < 500
        )
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("console", lambda line: line.type == "error" and page.complaints.append(line.text))
        page.goto(server.url + path)
        return page

    yield open_one
    for context in contexts:
        context.close()


def violations(page):
    page.evaluate(AXE.read_text())
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)["violations"]
    return [(each["id"], node["html"]) for each in found for node in each["nodes"]]


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_kit_is_accessible_and_fits_its_screen(open_page, width, scheme):
    page = open_page("/_kit/", width, scheme)
    expect(page.locator("[data-map]")).to_have_attribute("data-map", "ready")
    expect(page.locator("[data-chart-plot] canvas")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.complaints == []


@pytest.mark.parametrize("path", ["/login/", "/error/404", "/error/500"])
def test_pages_outside_the_frame_are_accessible(open_page, path):
    page = open_page(path, 390)
    assert violations(page) == []


def test_nothing_is_asked_of_another_host(open_page, server):
    page = open_page("/_kit/")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    expect(page.locator("[data-map]")).to_have_attribute("data-map", "ready")
    assert [url for url in asked if not url.startswith((server.url, "blob:", "data:"))] == []
    assert len(asked) > 10


def test_a_chart_is_read_with_the_keyboard_and_shows_gaps_as_gaps(open_page):
    page = open_page("/_kit/")
    plot = page.locator("[data-chart-plot]")
    expect(plot.locator("canvas")).to_be_visible()
    plot.focus()
    page.keyboard.press("End")
    reading = page.locator(".m-chart-reading")
    expect(reading).to_contain_text("Température")
    last = reading.text_content()
    page.keyboard.press("Shift+ArrowLeft")
    expect(reading).not_to_have_text(last)
    assert page.evaluate("document.querySelector('[data-chart]').chart.aligned[1].includes(null)")


def test_markers_are_links_that_the_keyboard_reaches(open_page):
    page = open_page("/_kit/")
    marker = page.locator("a.m-marker[aria-label='Mairie']")
    marker.focus()
    expect(marker).to_be_focused()


def test_values_follow_the_stream_and_age_when_it_stops(open_page, server):
    page = open_page("/live/")
    expect(page.locator("body")).to_have_attribute("data-live-status", "online")
    expect(page.locator("#value .m-value")).to_have_attribute("data-stale", "")
    at = datetime.now(UTC).isoformat()
    server.publish({"room.temperature": {"value": 19.4, "unit": "Cel", "decimals": 1, "at": at}}, key="t")
    server.publish({"gate": {"state": "ok", "text": "Ouvert", "at": at}}, key="g")
    expect(page.locator("#value")).to_have_text("19,4\u202f°C")
    expect(page.locator("#value .m-value")).not_to_have_attribute("data-stale", "")
    expect(page.locator("#age time")).to_have_text("à l’instant")
    expect(page.locator("#gate .m-state")).to_have_attribute("data-state", "ok")
    expect(page.locator("#gate")).to_have_text("Ouvert")
    old = datetime(2024, 1, 2, tzinfo=UTC).isoformat()
    server.publish({"room.temperature": {"value": 19.4, "at": old}}, key="t")
    expect(page.locator("#value .m-value")).to_have_attribute("data-stale", "")
    expect(page.locator("#age time")).to_have_text("le 2 janvier 2024")


def test_a_fragment_is_fetched_again_when_its_topic_speaks(open_page, server):
    page = open_page("/live/")
    expect(page.locator("body")).to_have_attribute("data-live-status", "online")
    server.publish({})
    expect(page.locator("#part")).to_have_text("confirmed=part")


def test_a_refused_fragment_is_explained_where_messages_stand(open_page):
    page = open_page("/live/")
    page.get_by_role("button", name="Forcer").click()
    expect(page.locator("#messages [role=alert]")).to_contain_text("Ce n’est pas permis")
    expect(page.get_by_role("button", name="Forcer")).to_be_visible()


def test_a_page_that_lost_its_stream_says_so_and_comes_back(open_page, server):
    page = open_page("/live/")
    expect(page.locator("body")).to_have_attribute("data-live-status", "online")
    page.evaluate("window.resyncs = 0; document.addEventListener('live:resync', () => { window.resyncs += 1; })")
    page.route("**/stream", lambda route: route.abort())
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    server.loop.call_soon_threadsafe(close_every_connection, server)
    expect(page.locator("[data-live-banner]")).to_be_visible()
    page.unroute("**/stream")
    expect(page.locator("body")).to_have_attribute("data-live-status", "online", timeout=15_000)
    expect(page.locator("[data-live-banner]")).to_be_hidden()
    page.wait_for_function("() => window.resyncs === 1")


def close_every_connection(server):
    for connection in list(server.server.server_state.connections):
        connection.transport.close()


def test_a_closed_page_frees_its_subscription(open_page, server):
    page = open_page("/live/")
    expect(page.locator("body")).to_have_attribute("data-live-status", "online")
    before = HUB.subscriber_count
    page.goto(server.url + "/login/")
    gone = threading.Event()

    def watch():
        if HUB.subscriber_count < before:
            gone.set()
        else:
            server.loop.call_later(0.02, watch)

    server.loop.call_soon_threadsafe(watch)
    assert gone.wait(5)


def test_a_dangerous_button_asks_first(open_page):
    page = open_page("/live/")
    page.locator("#ask").click()
    dialog = page.locator("dialog#sure")
    expect(dialog).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert page.url.endswith("/live/")
    page.locator("#ask").click()
    dialog.get_by_role("button", name="Oui").click()
    expect(page.locator("body")).to_have_text("confirmed=1")


def test_a_stepper_steps_within_its_bounds(open_page):
    page = open_page("/live/", 390)
    more = page.get_by_role("button", name="Augmenter : Consigne")
    more.click()
    expect(page.locator("#setpoint input")).to_have_value("19.5")
    expect(more).to_be_disabled()
    page.get_by_role("button", name="Diminuer : Consigne").click()
    expect(page.locator("#setpoint input")).to_have_value("19.0")


def test_the_theme_is_chosen_and_remembered(open_page):
    page = open_page("/live/")
    page.locator("[data-theme-toggle]").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


SAMPLES = [
    (19.5, "Cel", 1),
    (-3.25, "Cel", 1),
    (54, "%", None),
    (1284.5, "kW.h", None),
    (12.3, "ug/m3", 2),
    (1234567, "", None),
    (None, "Cel", 1),
]
AGES_S = [0, 59, 60, 3599, 3600, 86399, 86400, 6 * 86400, 30 * 86400]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_browser_writes_values_and_ages_as_the_server_does(open_page, server, language):
    page = open_page("/live/")
    page.context.add_cookies([{"name": "django_language", "value": language, "url": server.url}])
    page.reload()
    now = datetime(2025, 3, 3, 13, 5, tzinfo=UTC)
    stamps = [now.timestamp() - age for age in AGES_S]
    browser = page.evaluate(
        """async ({samples, stamps, now}) => {
            const formats = await import("/static/web/js/formats.js");
            return [samples.map((each) => formats.quantity(...each.map((part) => part ?? undefined))),
                    stamps.map((each) => formats.ago(new Date(each * 1000), now * 1000))];
        }""",
        {"samples": SAMPLES, "stamps": stamps, "now": now.timestamp()},
    )
    with translation.override(language):
        assert browser[0] == [formats.quantity(*sample) for sample in SAMPLES]
        assert browser[1] == [formats.ago(datetime.fromtimestamp(each, UTC), now) for each in stamps]

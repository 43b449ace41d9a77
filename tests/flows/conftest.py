"""A browser for each person of the story, before the running house."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.fixtures.chromium import chromium
from tests.flows.stack import Stack, running_stack

from maillage.demo.people import PEOPLE

PROJECT = Path(__file__).parents[2]
FAILURES = PROJECT / "var" / "test-failures"
LOGINS = {person.label: person for person in PEOPLE}
_PATIENCE_MS = 15_000


@dataclass
class Theatre:
    """Opens browsers and remembers them, for the pictures of a story that went wrong."""

    stack: Stack
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def visitor(self, width: int = 1440) -> Page:
        """Somebody's fresh browser, not logged in."""
        context = self.browser.new_context(
            base_url=self.stack.url,
            viewport={"width": width, "height": 900},
            locale="fr-FR",
            timezone_id="Europe/Paris",
            has_touch=width < 500,
            reduced_motion="reduce",  # axe would judge colours in the middle of a fade
        )
        context.set_default_timeout(_PATIENCE_MS)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        return page

    def logged_in(self, label: str, width: int = 1440) -> Page:
        """The browser of one of the demonstration's people, on the page that follows the log-in."""
        page = self.visitor(width)
        page.goto("/")
        self.log_in(page, label)
        return page

    def log_in(self, page: Page, label: str) -> None:
        """Fill in the log-in form that ``page`` shows."""
        page.locator("[name=username]").fill(LOGINS[label].email)
        page.locator("[name=password]").fill(LOGINS[label].password)
        page.locator("[name=password]").press("Enter")
        expect(page.locator(".m-nav")).to_be_visible()

    def photograph(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        pages = [page for context in self.contexts for page in context.pages]
        for number, page in enumerate(pages):
            page.screenshot(path=folder / f"page-{number}.png")
        shutil.copytree(self.stack.logs, folder / "logs", dirs_exist_ok=True)

    def close(self) -> None:
        for context in self.contexts:
            context.close()


@pytest.fixture(scope="session")
def stack(postgres_cluster) -> Iterator[Stack]:
    """The running house. Its database is the cluster's own, beside the one that other tests use."""
    with running_stack(postgres_cluster.conninfo()) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for the whole session: while Playwright runs, no asynchronous test can."""
    expect.set_options(timeout=_PATIENCE_MS)
    with chromium() as opened:
        yield opened


@pytest.fixture
def theatre(stack, browser, request) -> Iterator[Theatre]:
    """On failure, ``var/test-failures/<test>`` keeps a picture of every open page and the processes' logs."""
    opened = Theatre(stack, browser)
    yield opened
    if request.node.stash.get(FAILED, default=False):
        opened.photograph(FAILURES / request.node.name)
    opened.close()
    assert opened.complaints == []


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report

"""Take the pictures of the README and the guides from a running demonstration, into ``docs/images``.

Needs what the tests need (Playwright and Chromium). Run it while ``make demo`` runs::

    make screenshots            # of http://127.0.0.1:8000/
    make screenshots URL=http://127.0.0.1:8001/

It sets one temperature, for the picture of a command's life.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

PROJECT = Path(__file__).resolve().parent.parent
IMAGES = PROJECT / "docs" / "images"
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=fr-FR",  # of the browser's own words, in a date field
    "--enable-unsafe-swiftshader",  # maps need WebGL, drawn in software where there is no graphics card
    "--use-gl=angle",
    "--use-angle=swiftshader",
)
WIDE, NARROW = 1440, 390
HEIGHTS = {WIDE: 900, NARROW: 844}
TALLEST = {WIDE: 1500, NARROW: 2000}
PATIENCE_MS = 30_000
CONFIRMED_WITHIN_MS = 180_000
LARGEST_BYTES = 300_000
SCHOOL, ROOM = "École élémentaire Jules-Ferry", "Classe de CM2"
VALVE = "Vanne – Classe de CM2"


@dataclass(frozen=True)
class Photographer:
    """One person's browser at one width."""

    page: Page
    width: int

    def take(self, name: str) -> None:
        """The page as its reader first sees it, without its footer's emptiness below."""
        settle(self.page)
        height = min(self.page.evaluate("document.documentElement.scrollHeight"), TALLEST[self.width])
        self.page.set_viewport_size({"width": self.width, "height": height})
        settle(self.page)
        path = IMAGES / f"{name}-{self.width}.png"
        self.page.screenshot(path=path, animations="disabled", caret="hide")
        self.page.set_viewport_size({"width": self.width, "height": HEIGHTS[self.width]})
        print(f"  {path.relative_to(PROJECT)}  {path.stat().st_size // 1000} kB")

    def follow(self, link: Locator) -> None:
        """Click and wait for the page that comes."""
        address = self.page.url
        link.click()
        self.page.wait_for_url(lambda url: url != address)


def settle(page: Page) -> None:
    """Until maps and curves are drawn."""
    for box in page.locator("[data-map]").all():
        expect(box).to_have_attribute("data-map", "ready")
    for plot in page.locator("[data-chart-plot]").all():
        expect(plot.locator("canvas")).to_be_visible()
    page.evaluate("document.fonts.ready")


def photograph_the_mayor(eye: Photographer) -> None:
    page = eye.page
    eye.take("mayor-home")
    eye.follow(page.locator("#overview").get_by_role("link", name=SCHOOL))
    eye.take("school")
    eye.follow(page.get_by_role("link", name=ROOM, exact=True))
    eye.take("room")
    page.goto("/")
    eye.follow(page.locator("#overview").get_by_role("link", name="Cimetière"))
    eye.take("gate")


def photograph_a_command(eye: Photographer) -> None:
    """Ask for another degree than the one set, and wait until the valve itself confirms."""
    page = eye.page
    page.goto("/")
    eye.follow(page.locator("#overview").get_by_role("link", name=SCHOOL))
    eye.follow(page.get_by_role("link", name=ROOM, exact=True))
    field = page.get_by_role("spinbutton", name="Température souhaitée")
    field.fill("19" if not field.input_value().startswith("19") else "20")
    page.get_by_role("button", name="Régler").click()
    last = page.get_by_role("list", name="Vie de la commande").get_by_role("listitem").filter(has_text="Confirmée")
    expect(last).to_have_attribute("data-step", "done", timeout=CONFIRMED_WITHIN_MS)
    eye.take("command-life")
    page.goto("/journal/")
    eye.take("journal")


def photograph_the_operator(eye: Photographer) -> None:
    page = eye.page
    eye.take("operator-communes")
    page.goto("/radio/")
    eye.take("operator-home")
    page.goto("/radio/gateways/")
    eye.take("gateways")


def photograph_the_technician(eye: Photographer) -> None:
    page = eye.page
    page.goto("/radio/devices/import/")
    eye.take("import")
    page.goto(f"/radio/devices/?text={VALVE}")
    eye.follow(page.get_by_role("link", name=VALVE).first)
    page.locator(".radio-frame summary").first.click()
    eye.take("device-frames")


def main() -> None:
    """Walk as each person at each width."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--url", default="http://127.0.0.1:8000/", help="the running demonstration (%(default)s)")
    parser.add_argument("--logins", type=Path, default=PROJECT / "var" / "data" / "demo-logins.json")
    chosen = parser.parse_args()
    logins = {each["role"]: each for each in json.loads(chosen.logins.read_text(encoding="utf-8"))}
    IMAGES.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(CHROMIUM))
        for width in (WIDE, NARROW):
            for role, walk in WALKS:
                walk(Photographer(logged_in(browser, chosen.url, logins[role], width), width))
        browser.close()
    if heavy := [path.name for path in IMAGES.glob("*.png") if path.stat().st_size > LARGEST_BYTES]:
        sys.exit(f"Larger than {LARGEST_BYTES // 1000} kB: {', '.join(heavy)}")


WALKS: tuple[tuple[str, Callable[[Photographer], None]], ...] = (
    ("mayor", photograph_the_mayor),
    ("mayor", photograph_a_command),
    ("operator", photograph_the_operator),
    ("technician", photograph_the_technician),
)


def logged_in(browser: Browser, url: str, login: dict[str, str], width: int) -> Page:
    """A browser of that person's, in French."""
    context = browser.new_context(
        base_url=url,
        viewport={"width": width, "height": HEIGHTS[width]},
        locale="fr-FR",
        timezone_id="Europe/Paris",
        has_touch=width == NARROW,
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto("/")
    page.locator("[name=username]").fill(login["login"])
    page.locator("[name=password]").fill(login["password"])
    page.locator("[name=password]").press("Enter")
    expect(page.locator(".m-nav")).to_be_visible()
    return page


if __name__ == "__main__":
    main()

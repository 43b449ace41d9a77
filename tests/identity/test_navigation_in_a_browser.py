"""The bar and the menus in a real Chromium: nothing overlaps, nothing is cut off, the keyboard reaches everything."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.fixtures.chromium import assert_fit_for_everybody, chromium
from tests.fixtures.serving import served
from tests.identity.conftest import build_house

pytestmark = pytest.mark.browser

WIDTHS_PX = (390, 800, 1024, 1280, 1440)
OTHER_PAGES = {"operator": ("/people/",), "mayor": ("/people/",), "visitor": ("/password/", "/login/")}
_TARGETS = ".m-home, .m-nav > ul > li > a, .m-nav > ul > li > .m-menu > summary, .m-header-tools > *"
_CLASHES = """() => {
    const boxes = [...document.querySelectorAll(TARGETS)].filter((each) => each.checkVisibility())
        .map((each) => [each.textContent.trim(), each.getBoundingClientRect()]);
    const clashes = boxes.filter(([, box]) => box.left < 0 || box.right > innerWidth || box.bottom > innerHeight)
        .map(([name]) => name + " is cut off");
    boxes.forEach(([one, a], index) => boxes.slice(index + 1).forEach(([other, b]) => {
        if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
            clashes.push(one + " overlaps " + other);
    }));
    return clashes;
}""".replace("TARGETS", repr(_TARGETS))


@pytest.fixture
def people(transactional_db):
    house = build_house()
    names = {"operator": "operator_person", "mayor": "mayor", "technician": "technician"}
    return {role: house.client(name).cookies["sessionid"].value for role, name in names.items()} | {"visitor": None}


def test_the_bar_fits_every_screen_and_everybody(people, settings):
    settings.ALLOWED_HOSTS = ["*"]
    with served() as (server, _tell), chromium() as browser:
        for role, session in people.items():
            page = browser.new_context().new_page()
            if session:
                page.context.add_cookies([{"name": "sessionid", "value": session, "url": server}])
            page.goto(f"{server}/account/" if session else f"{server}/shop/")
            assert page.locator(".m-nav a").count() > 0
            for width in WIDTHS_PX:
                page.set_viewport_size({"width": width, "height": 800})
                _picture(page, f"{role}-{width}")
                assert page.evaluate(_CLASHES) == [], (role, width)
            assert_fit_for_everybody(page)
            for address in OTHER_PAGES.get(role, ()):
                page.goto(server + address)
                _picture(page, f"{role}{address.replace('/', '-')}")
                assert_fit_for_everybody(page)
        _plus_is_opened_from_the_keyboard(browser, server, people["operator"])


def _plus_is_opened_from_the_keyboard(browser, server, session):
    page = browser.new_context(viewport={"width": 390, "height": 800}).new_page()
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": server}])
    page.goto(f"{server}/journal/")
    hidden = page.locator(".m-nav-more").get_by_role("link", name="Mesures")
    expect(hidden).to_be_hidden()
    page.locator(".m-nav-more summary").focus()
    page.keyboard.press("Enter")
    expect(hidden).to_be_visible()
    _picture(page, "plus-390")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.keyboard.press("Escape")
    expect(hidden).to_be_hidden()
    page.locator(".m-header-tools summary").focus()
    page.keyboard.press("Enter")
    _picture(page, "menu-390")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Mon compte")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/")


def _picture(page, name):
    folder = os.environ.get("PICTURES")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"navigation-{name}.png")

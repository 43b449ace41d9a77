"""Everything a mayor does can be done from the keyboard."""

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.flows.conftest import LOGINS

pytestmark = [pytest.mark.browser, pytest.mark.system]

ROOM = "Bibliothèque"
_MOST_STOPS = 120


def test_a_mayor_logs_in_and_sets_a_temperature_from_the_keyboard(theatre):
    page = theatre.visitor()
    page.goto("/")
    page.keyboard.type(LOGINS["mayor"].email)  # the field has the focus already
    page.keyboard.press("Tab")
    page.keyboard.type(LOGINS["mayor"].password)
    page.keyboard.press("Enter")

    _tab_to(page, page.locator("#overview").get_by_role("link", name="École élémentaire Jules-Ferry"))
    page.keyboard.press("Enter")
    room = page.get_by_role("article", name=ROOM)
    field = room.get_by_role("spinbutton", name="Température souhaitée")
    _tab_to(page, field)
    wanted = "17" if field.input_value() != "17" else "18"
    page.keyboard.press("Control+A")
    page.keyboard.type(wanted)
    page.keyboard.press("Enter")
    expect(room.locator(".c-life")).to_contain_text(f"{wanted}\u202f°C")
    expect(room.locator("[data-state=ok]").filter(has_text="Confirmée")).to_be_visible(timeout=45_000)


def _tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until ``wanted`` has the focus, and shows it."""
    expect(wanted).to_be_visible()
    for _ in range(_MOST_STOPS):
        if wanted.evaluate("element => element === document.activeElement"):
            assert wanted.evaluate("element => element.matches(':focus-visible')")
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the keyboard does not reach {wanted}")

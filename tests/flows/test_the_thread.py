"""A mayor sets the temperature of a classroom: the thread that must never break."""

import re

import pytest
from playwright.sync_api import Page, expect
from tests.fixtures.chromium import assert_fit_for_everybody

pytestmark = [pytest.mark.browser, pytest.mark.system]

SCHOOL = "École élémentaire Jules-Ferry"
ROOM = "Classe de CM2"


def test_a_mayor_sets_the_temperature_and_the_valve_itself_confirms(theatre):
    page = theatre.visitor()
    page.goto("/")
    assert_fit_for_everybody(page)
    theatre.log_in(page, "mayor")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Dominique Laurent")
    assert_fit_for_everybody(page)
    page.locator("#overview").get_by_role("link", name=SCHOOL).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(SCHOOL)
    assert_fit_for_everybody(page)
    page.get_by_role("link", name=ROOM, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(ROOM)
    expect(page.locator("[data-chart-plot] canvas")).to_be_visible()
    assert_fit_for_everybody(page)

    _is_told_why_80_degrees_cannot_be(page)
    wanted = _another_temperature(page)
    _asks(page, wanted)
    _sees_each_step_without_reloading(page, wanted)
    assert_fit_for_everybody(page)

    page.locator(".m-header-tools summary").click()
    page.get_by_role("link", name="Journal", exact=True).click()
    line = page.get_by_role("row").filter(has_text="Commande confirmée").filter(has_text=ROOM).first
    expect(line).to_contain_text(str(wanted))
    asked = page.get_by_role("row").filter(has_text="Commande demandée").filter(has_text=ROOM).first
    expect(asked).to_contain_text("Dominique Laurent")
    assert_fit_for_everybody(page)


def _is_told_why_80_degrees_cannot_be(page: Page) -> None:
    _asks(page, 80)
    field = page.get_by_role("spinbutton", name="Température souhaitée")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("80")
    sentence = page.locator(f"#{field.get_attribute('id')}-error")
    expect(sentence).to_have_text(re.compile(r"80\s°C est hors limites : demandez une valeur de 5 à 30\s°C\."))
    assert page.locator("[data-step]").filter(has_text="Envoyée").count() == 0


def _another_temperature(page: Page) -> int:
    """19 °C, unless the room is set to it already."""
    return 18 if re.match(r"19\b", _setpoint(page).inner_text()) else 19


def _asks(page: Page, value: int) -> None:
    page.get_by_role("spinbutton", name="Température souhaitée").fill(str(value))
    page.get_by_role("button", name="Régler").click()


def _sees_each_step_without_reloading(page: Page, wanted: int) -> None:
    page.evaluate("window.walked = 'not reloaded'")
    life = page.get_by_role("list", name="Vie de la commande")
    for label in ("Demandée", "Envoyée", "Reçue par l’appareil", "Confirmée"):
        step = life.get_by_role("listitem").filter(has_text=label)
        expect(step).to_have_attribute("data-step", "done", timeout=40_000)
    expect(_setpoint(page)).to_have_text(re.compile(rf"^{wanted}(,0)?\s°C"))
    assert page.evaluate("window.walked") == "not reloaded"


def _setpoint(page: Page):
    return page.locator(".m-stat").filter(has_text="Consigne").locator(".m-value")

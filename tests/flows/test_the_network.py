"""The operator looks at the network: gateways, a device's frames as they come in; and reads it in English next time."""

import pytest
from playwright.sync_api import expect
from tests.fixtures.chromium import assert_fit_for_everybody

pytestmark = [pytest.mark.browser, pytest.mark.system]

VALVE = "Vanne – Classe de CP"


def test_the_operator_sees_gateways_and_the_frames_of_a_device_as_they_come(theatre):
    page = theatre.logged_in("operator")
    expect(page.get_by_role("link", name="Évry-Courcouronnes", exact=True).first).to_be_visible()
    assert_fit_for_everybody(page)
    page.get_by_role("link", name="Réseau radio", exact=True).click()
    page.get_by_role("link", name="Passerelles", exact=True).first.click()
    gateway = page.get_by_role("row").filter(has_text="Évry-Courcouronnes – mairie")
    expect(gateway).to_contain_text("En ligne", timeout=30_000)
    expect(gateway.locator("time")).to_be_visible()
    assert_fit_for_everybody(page)

    page.get_by_role("link", name="Appareils", exact=True).first.click()
    page.locator("[name=text]").fill(VALVE)
    page.get_by_role("button", name="Filtrer").click()
    page.get_by_role("link", name=VALVE).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(VALVE)
    newest = page.locator("#newest-frame input")
    before = newest.input_value()
    expect(newest).not_to_have_value(before, timeout=45_000)
    frame = page.locator(".radio-frame").first
    frame.locator("summary").click()
    expect(frame).to_contain_text("MHz")
    assert_fit_for_everybody(page)


def test_a_language_once_chosen_is_spoken_at_the_next_log_in(theatre):
    page = theatre.logged_in("technician")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    elsewhere = theatre.logged_in("technician")
    expect(elsewhere.locator("html")).to_have_attribute("lang", "en")
    expect(elsewhere.get_by_role("link", name="Radio network")).to_be_visible()
    assert_fit_for_everybody(elsewhere)
    elsewhere.get_by_role("button", name="Français").click()
    expect(elsewhere.locator("html")).to_have_attribute("lang", "fr")

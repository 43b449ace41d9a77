"""The gate of the cemetery: by hand, asked twice; by itself, half an hour before sunset."""

import re

import pytest
from playwright.sync_api import expect
from tests.fixtures.chromium import assert_fit_for_everybody

# The relay's own report confirms; one that has just spoken keeps silent for as long as the duty cycle asks.
CONFIRMED_WITHIN_MS = 150_000
pytestmark = [pytest.mark.browser, pytest.mark.system]


def test_the_gate_asks_before_it_moves_and_its_relay_confirms(theatre):
    page = _at_the_gate(theatre)
    verb, state = ("Fermer", "Fermé") if page.locator("[data-gate=open]").count() else ("Ouvrir", "Ouvert")
    button = page.get_by_role("button", name=verb, exact=True).first
    dialog = page.get_by_role("dialog")

    button.click()
    expect(dialog).to_contain_text("Le portail va")
    dialog.get_by_role("button", name="Annuler").click()
    expect(dialog).to_be_hidden()
    assert page.get_by_role("list", name="Vie de la commande").count() == 0

    button.click()
    assert_fit_for_everybody(page)
    dialog.get_by_role("button", name=verb).click()
    confirmed = page.get_by_role("list", name="Vie de la commande").get_by_role("listitem").filter(has_text="Confirmée")
    expect(confirmed).to_have_attribute("data-step", "done", timeout=CONFIRMED_WITHIN_MS)
    expect(page.locator(".c-gate-state")).to_have_text(state)
    assert_fit_for_everybody(page)


def test_a_line_before_sunset_shows_in_the_thirty_days_to_come(theatre):
    page = _at_the_gate(theatre)
    closings = page.locator(".c-week [data-verb=close]")
    before = closings.count()
    page.get_by_role("link", name="Ajouter une ligne").click()
    assert_fit_for_everybody(page)
    page.get_by_label("Action").select_option(label="Fermer")
    for day in page.get_by_role("group", name="Jours").get_by_role("checkbox").all():
        day.check()
    page.get_by_label("Moment").select_option("sunset")
    page.get_by_label("Décalage").fill("30")
    page.get_by_label("Sens").select_option(label="avant")
    assert_fit_for_everybody(page)
    page.get_by_role("button", name="Enregistrer").click()

    line = page.locator(".c-line").filter(has_text=re.compile("30 min.* avant le coucher"))
    expect(line).to_be_visible()
    expect(closings).to_have_count(before + 30)
    assert_fit_for_everybody(page)


def _at_the_gate(theatre):
    page = theatre.logged_in("mayor")
    page.locator("#overview").get_by_role("link", name="Cimetière").click()
    expect(page.locator("[data-gate]")).to_be_visible()
    return page

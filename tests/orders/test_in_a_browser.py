"""The pages of quotes and works in a real Chromium: fit for everybody, on a phone too."""

import os
from pathlib import Path

import pytest
from django.urls import reverse
from tests.catalogue.test_shop_in_a_browser import served
from tests.fixtures.chromium import assert_fit_for_everybody, chromium
from tests.fixtures.things import logged_in
from tests.orders.conftest import VALVES, heard, items, ordered, quoted

from maillage.orders.works import actions as works

pytestmark = pytest.mark.browser


@pytest.fixture
def house(transactional_db, market):
    waiting = quoted(market)
    order = ordered(market)
    first, second = items(market)
    works.scan(market.contractor, first.pk, VALVES[0], market.town.classroom.pk)
    heard(VALVES[0])
    agent = logged_in(market.town.agent)
    agent.post("/shop/basket/add/temperature/")
    technician = logged_in(market.contractor)
    pages = [
        (agent, "quotes", reverse("orders:quotes")),
        (agent, "new", reverse("orders:new_quote")),
        (agent, "quote", reverse("orders:quote", args=[waiting.number])),
        (agent, "ordered", reverse("orders:quote", args=[order.quote.number])),
        (agent, "received", reverse("orders:work", args=[first.work_id])),
        (technician, "works", reverse("orders:works")),
        (technician, "work", reverse("orders:work", args=[first.work_id])),
        (technician, "item", reverse("orders:item", args=[first.pk])),
        (technician, "to-scan", reverse("orders:item", args=[second.pk])),
    ]
    with served() as address:
        yield address, pages


def test_every_page_is_fit_for_everybody(house):
    address, pages = house
    with chromium() as browser:
        faults = []
        for client, name, path in pages:
            context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="fr-FR")
            session = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
            page = context.new_page()
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.goto(address + path)
            _keep(page, name)
            assert_fit_for_everybody(page)
            context.close()
        assert faults == []


def _keep(page, name):
    """Pictures to look at, where somebody asks for them."""
    folder = os.environ.get("MAILLAGE_TEST_PICTURES")
    if folder:
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
        page.set_viewport_size({"width": 1440, "height": 900})

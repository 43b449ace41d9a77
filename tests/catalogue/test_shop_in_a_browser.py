"""The shop in a real Chromium: fit for everybody, on a phone too, and walked from shelf to basket by keyboard."""

import threading
from contextlib import contextmanager

import pytest
import uvicorn
from django.core.asgi import get_asgi_application
from django.db import connection
from django.urls import reverse
from playwright.sync_api import expect
from tests.fixtures.chromium import assert_fit_for_everybody, chromium
from tests.fixtures.things import logged_in, person

from maillage.demo.catalogue import load_catalogue
from maillage.identity.actor import Role, machine
from maillage.identity.models import Organisation

pytestmark = pytest.mark.browser
PAGES = {
    "home": ("catalogue:home", [], ""),
    "offering": ("catalogue:offering", ["temperature-moyen"], ""),
    "equipment": ("catalogue:equipment", ["vanne-vicki"], ""),
    "compare": ("catalogue:compare", [], "?offer=temperature-simple&offer=temperature-moyen&offer=connexion-lora"),
    "simulate": ("catalogue:simulate", ["temperature-moyen"], "?surface=900&bill_year=24000"),
    "telephony": ("catalogue:simulate", ["telephonie"], "?lines=x"),
    "basket": ("catalogue:basket", [], ""),
}

EDITOR_PAGES = {
    "offerings": ("catalogue:offerings", []),
    "history": ("catalogue:history", ["temperature-moyen"]),
    "edit": ("catalogue:edit", ["connexion-lora"]),
    "create": ("catalogue:create", []),
    "indices": ("catalogue:indices", []),
    "index": ("catalogue:index", ["ilm-services"]),
    "sheets": ("catalogue:sheets", []),
    "sheet": ("catalogue:sheet", ["vanne-vicki"]),
}


class Served(uvicorn.Server):
    """The whole house in a thread; says when it listens."""

    def __init__(self):
        options = {"lifespan": "off", "log_level": "error", "ws": "none", "loop": "asyncio"}
        super().__init__(uvicorn.Config(get_asgi_application(), port=0, timeout_graceful_shutdown=1, **options))
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.run)

    async def startup(self, sockets=None):
        await super().startup(sockets)
        self.ready.set()

    @property
    def address(self):
        return f"http://localhost:{self.servers[0].sockets[0].getsockname()[1]}"


@contextmanager
def served():
    server = Served()
    server.thread.start()
    try:
        assert server.ready.wait(20)
        yield server.address
    finally:
        server.should_exit = True
        server.thread.join(20)
        connection.close()


@pytest.fixture
def address(transactional_db):
    body = Organisation.objects.create(kind="operator", name="Syndicat", slug="syndicat")
    assert load_catalogue(machine("test")) > 10
    with served() as at:
        yield at, logged_in(person(body, Role.OPERATOR)).cookies["sessionid"].value


def test_the_shop_is_fit_for_everybody_and_leads_to_the_basket(address, tmp_path):
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="fr-FR")
        faults = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        address, session = address
        for url_name, args, query in PAGES.values():
            page.goto(address + reverse(url_name, args=args) + query)
            assert_fit_for_everybody(page)
        _walk_to_the_basket(page, address)
        assert_fit_for_everybody(page)
        page.context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
        for url_name, args in EDITOR_PAGES.values():
            page.goto(address + reverse(url_name, args=args))
            assert_fit_for_everybody(page)
        assert faults == []


def _walk_to_the_basket(page, address):
    """With the keyboard alone."""
    page.goto(address + "/shop/")
    page.get_by_label("Chercher une offre").focus()
    page.keyboard.type("portail")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Portes et portails connectés").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Simuler pour mon site").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Portes à équiper").fill("3")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Reste à payer pour l’installation")).to_be_visible()
    page.get_by_role("button", name="Ajouter ces quantités au panier").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Votre panier")).to_be_visible()
    expect(page.get_by_text("3 × porte")).to_be_visible()

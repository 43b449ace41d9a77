"""The pages: from the basket to the acceptance, in the hands of those they are for."""

from io import BytesIO

import pytest
from pypdf import PdfReader
from tests.fixtures.things import logged_in
from tests.orders.conftest import SIRET, VALVES, heard, items, ordered, quoted

from maillage.orders.models import Quote, Subscription

pytestmark = pytest.mark.django_db


def text(response):
    return response.content.decode().replace("\u202f", " ").replace("\u00a0", " ")


@pytest.fixture
def agent(market):
    return logged_in(market.town.agent)


@pytest.fixture
def technician(market):
    return logged_in(market.contractor)


def test_a_basket_becomes_a_quote_an_order_and_an_active_subscription(market, agent, technician):
    agent.post("/shop/basket/add/temperature/")
    assert "Demander un devis" in text(agent.get("/shop/basket/"))
    assert "Site pour « Température, site moyen »" in text(agent.get("/quotes/new/"))
    form = {"siret": SIRET, "service_code": "COMPTA", "site_0": market.town.school.pk}
    page = agent.post("/quotes/new/", form, follow=True)
    number = Quote.objects.visible_to(market.town.agent).get().number
    assert number in text(page)
    assert "580 €" in text(page)
    assert "Le panier est vide" in text(agent.get("/quotes/new/"))
    agent.post(f"/quotes/{number}/approve/")
    page = agent.post(f"/quotes/{number}/order/", {"engagement": "ENG-42"}, follow=True)
    assert "ENG-42" in text(page)
    assert "0 / 1 appareils posés" in text(technician.get("/works/"))
    item = items(market)[0]
    page = technician.post(f"/works/items/{item.pk}/", {"code": VALVES[0], "space": ""}, follow=True)
    assert "Pas encore entendu depuis la pose" in text(page)
    refused = agent.post(f"/works/{item.work_id}/accept/")
    assert refused.status_code == 409
    assert "n’ont pas encore été entendus" in text(refused)
    heard(VALVES[0])
    assert "3 passerelles, SNR 7 dB" in text(technician.get(f"/works/items/{item.pk}/heard/"))
    page = agent.post(f"/works/{item.work_id}/accept/", follow=True)
    assert "L’équipement est en service" in text(page)
    assert Subscription.objects.visible_to(market.town.agent).count() == 1


def test_a_wrong_siret_is_told_beside_its_field(market, agent):
    agent.post("/shop/basket/add/temperature/")
    page = agent.post("/quotes/new/", {"siret": "21910228200016", "site_0": market.town.school.pk})
    assert page.status_code == 422
    assert "la clé ne correspond pas" in text(page)


def test_a_second_scan_is_told_beside_its_field(market, technician):
    ordered(market)
    first, second = items(market)
    technician.post(f"/works/items/{first.pk}/", {"code": VALVES[0]})
    page = technician.post(f"/works/items/{second.pk}/", {"code": VALVES[0]})
    assert page.status_code == 422
    assert "est déjà scanné pour « Vanne 1 » (École Jean-Moulin)" in text(page)
    assert technician.post(f"/works/items/{second.pk}/", {}).status_code == 422


def test_a_quote_is_an_accessible_pdf_that_says_what_the_page_says(market, agent, pdf_text):
    quote = quoted(market)
    answer = agent.get(f"/quotes/{quote.number}/pdf/")
    assert answer["Content-Type"] == "application/pdf"
    words = pdf_text(answer.content)
    assert quote.number in words
    assert SIRET in words
    assert "660 €" in words
    assert "Projet de délibération" in words
    catalogue = PdfReader(BytesIO(answer.content)).root_object
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/Lang"] == "fr"
    assert b"pdfuaid" in catalogue["/Metadata"].get_data()


def test_nobody_else_sees_a_quote_or_works(market, brunoy):
    order = ordered(market)
    stranger = logged_in(brunoy.mayor)
    item = items(market)[0]
    paths = [f"/quotes/{order.quote.number}/", f"/quotes/{order.quote.number}/pdf/", f"/works/{item.work_id}/"]
    for path in [*paths, f"/works/items/{item.pk}/", f"/works/items/{item.pk}/heard/"]:
        assert stranger.get(path).status_code == 404
    assert order.quote.number not in text(stranger.get("/quotes/"))
    assert "École Jean-Moulin" not in text(stranger.get("/works/"))


def test_a_commune_does_not_scan_and_a_contractor_does_not_order(market, agent, technician):
    order = ordered(market)
    assert agent.get(f"/works/items/{items(market)[0].pk}/").status_code == 403
    assert technician.get("/quotes/new/").status_code == 403
    assert technician.post(f"/quotes/{order.quote.number}/approve/").status_code == 403

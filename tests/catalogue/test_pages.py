"""The shop without account: what a visitor reads, compares, simulates and keeps."""

from datetime import date, timedelta

import pytest
from django.test import Client
from tests.catalogue.conftest import KEEPER, heating_draft
from tests.fixtures.things import logged_in, person

from maillage.catalogue import actions, queries, shelf
from maillage.catalogue.basket import lines_of
from maillage.catalogue.engine.eligibility import Audience
from maillage.catalogue.models import Offering
from maillage.identity.actor import Role
from maillage.identity.models import Organisation

pytestmark = pytest.mark.django_db
SCHOOL = {"surface": 600, "floors": 2, "rooms": 12, "zones": 3, "boilers": 1, "bill_year": 20000, "funding": 50}


def text(response):
    return response.content.decode().replace("\u202f", " ").replace("\u00a0", " ")


@pytest.fixture
def visitor(shop):
    return Client()


def test_a_visitor_sees_offerings_with_their_price_without_logging_in(visitor):
    page = text(visitor.get("/shop/"))
    assert "Température, site moyen" in page
    assert "25 €" in page
    assert "500 €" in page
    assert "2 offres" in page


def test_a_draft_is_nobodys_business(visitor):
    actions.create_offering(KEEPER, "secret", Offering.Kind.PACK, None, heating_draft(name="Pas encore"))
    assert "Pas encore" not in text(visitor.get("/shop/"))
    assert visitor.get("/shop/offers/secret/").status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=temperature", {"temperature"}),
        ("?kind=connectivity", {"lora"}),
        ("?audience=business", {"lora"}),
        ("?network=lora", {"temperature"}),
        ("?category=confort", {"temperature", "lora"}),
        ("?q=piscine", set()),
        ("?kind=nonsense&page=zzz&order=zzz", {"temperature", "lora"}),
    ],
)
def test_search_and_filters_narrow_the_shelves(visitor, query, found):
    response = visitor.get(f"/shop/{query}")
    assert {offer.code for offer in response.context["offers"]} == found
    assert found or "Aucune offre ne correspond" in text(response)


def test_an_offering_says_price_scope_promise_and_equipment(visitor):
    page = text(visitor.get("/shop/offers/temperature/"))
    for words in ("La pose", "80 €", "99,5 %", "Vanne Vicki", "Adhérents", "réseau LoRa est à vérifier", "Version 1"):
        assert words in page
    assert "dès 100" in text(visitor.get("/shop/offers/lora/"))


def test_an_equipment_sheet_leads_to_the_offerings_that_use_it(visitor):
    page = text(visitor.get("/shop/equipment/vicki/"))
    assert "10 ans" in page
    assert "Température, site moyen" in page


def test_up_to_four_offerings_stand_side_by_side(visitor):
    page = text(visitor.get("/shop/compare/?offer=temperature&offer=lora&offer=absent"))
    assert "Température, site moyen" in page
    assert "Connexion LoRa seule" in page
    assert "Rien à comparer" in text(visitor.get("/shop/compare/"))
    refused = visitor.get("/shop/compare/?offer=a&offer=b&offer=c&offer=d&offer=e")
    assert refused.status_code == 422
    assert "jusqu’à 4 offres" in text(refused)


def test_a_simulation_is_an_address_that_can_be_shared(visitor):
    response = visitor.get("/shop/offers/temperature/simulate/", SCHOOL)
    page = text(response)
    assert "1 850 €" in page
    assert "30 à 60" in page
    assert "20 000 € → 17 200 €" in page
    assert response.context["link"] in page.replace("&amp;", "&")
    assert text(Client().get(response.context["link"])).count("1 850 €") == page.count("1 850 €")


def test_without_answers_an_ordinary_site_is_simulated(visitor):
    assert visitor.get("/shop/offers/lora/simulate/").context["budget"].monthly.likely == 60_00


def test_an_answer_out_of_bounds_says_what_to_change(visitor):
    page = text(visitor.get("/shop/offers/temperature/simulate/", SCHOOL | {"rooms": "beaucoup", "funding": 81}))
    assert "Donnez un nombre entier de 1 à 1000." in page
    assert "Donnez un nombre entier de 0 à 80." in page
    assert "Reste à payer" not in page


def test_another_pack_is_suggested_when_it_fits_better(visitor, shop):
    today = shelf.today()
    draft = heating_draft(name="Température, site simple", level="basic")
    actions.create_offering(KEEPER, "temperature-simple", Offering.Kind.PACK, shop, draft)
    actions.publish(KEEPER, "temperature-simple", today, today)
    small = SCHOOL | {"surface": 200, "zones": 1, "rooms": 4}
    assert "choisissez plutôt « Température, site simple »" in text(
        visitor.get("/shop/offers/temperature/simulate/", small)
    )


def test_the_basket_keeps_what_was_simulated_and_comes_along_at_login(visitor, keeper):
    answers = {name: value for name, value in SCHOOL.items() if name != "funding"}
    assert visitor.post("/shop/basket/add/temperature/", answers).status_code == 302
    visitor.post("/shop/basket/add/lora/")
    page = text(visitor.get("/shop/basket/"))
    assert "40 × vanne" in page
    assert "3 700 €" in page
    assert "26,20 €" in page
    visitor.post("/shop/basket/remove/1/")
    assert [line.code for line in lines_of(visitor.session)] == ["temperature"]


def test_a_basket_line_says_when_it_is_no_longer_sold(visitor, monkeypatch):
    visitor.post("/shop/basket/add/lora/")
    tomorrow = shelf.today() + timedelta(days=1)
    actions.withdraw(KEEPER, "lora", tomorrow, shelf.today())
    monkeypatch.setattr(shelf, "today", lambda: tomorrow)
    assert "N’est plus en vente" in text(visitor.get("/shop/basket/"))


def test_a_full_basket_and_a_strange_answer_are_refused_in_words(visitor):
    for _ in range(50):
        visitor.post("/shop/basket/add/lora/")
    assert visitor.post("/shop/basket/add/lora/").status_code == 409
    assert visitor.post("/shop/basket/add/temperature/", {"surface": "-1"}).status_code == 422
    assert len(lines_of(visitor.session)) == 50


def test_english_visitors_read_english(visitor):
    visitor.cookies["django_language"] = "en"
    page = text(visitor.get("/shop/offers/temperature/"))
    assert "€25" in page


def test_a_business_is_told_what_is_for_members_and_cannot_put_it_into_its_basket(shop):
    firm = Organisation.objects.create(kind="business", name="Objets SA", slug="objets-sa")
    client = logged_in(person(firm, Role.AGENT))
    assert "pas ouverte à votre organisme" in text(client.get("/shop/offers/temperature/"))
    refused = client.post("/shop/basket/add/temperature/")
    assert refused.status_code == 403
    assert "n’est pas ouverte à votre organisme" in text(refused)
    assert client.post("/shop/basket/add/lora/").status_code == 302


@pytest.mark.parametrize(("joined", "audience"), [(date(2025, 1, 1), Audience.MEMBER), (None, Audience.OUTSIDE)])
def test_a_commune_orders_as_a_member_once_it_has_joined(shop, joined, audience):
    commune = Organisation.objects.create(kind="commune", name="Brunoy", slug="brunoy", member_since=joined)
    assert queries.audience_of(person(commune, Role.AGENT)) is audience

"""TMF620 over HTTP: public reading, writing with a token, everything given comes back."""

import json
from decimal import Decimal

import pytest
from django.test import Client
from tests.catalogue.conftest import KEEPER
from tests.fixtures.things import person

from maillage.catalogue import actions, queries, shelf
from maillage.catalogue.models import Price
from maillage.identity.actions import create_token
from maillage.identity.actor import Role
from maillage.identity.models import JournalEntry, Organisation
from maillage.kernel.errors import Invalid

pytestmark = pytest.mark.django_db
BASE = "/tmf-api/productCatalogManagement/v4/"
RESOURCES = ("catalog", "category", "productOffering", "productOfferingPrice", "productSpecification")


class Kit:
    """A program with a token."""

    def __init__(self, token=""):
        self.client = Client(headers={"Authorization": f"Bearer {token}"} if token else {}, enforce_csrf_checks=True)

    def __call__(self, method, path, body=None):
        response = self.client.generic(
            method, BASE + path, json.dumps(body) if body is not None else "", "application/json"
        )
        response.body = json.loads(response.content) if response.content else None
        return response


@pytest.fixture
def kit(shop, keeper):
    return Kit(create_token(keeper, "kit", None)[1])


@pytest.fixture
def anybody(shop):
    return Kit()


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_resource_is_created_read_changed_and_deleted(kit, resource):
    given = {
        "name": "Essai",
        "description": "Un essai",
        "lifecycleStatus": "In study",
        "version": "2.0",
        "validFor": {"startDateTime": "2026-01-01T00:00:00.000Z", "endDateTime": "2030-01-01T00:00:00.000Z"},
        "relatedParty": [{"id": "7", "role": "owner", "@referredType": "Individual"}],
        "@type": "MySubtype",
    }
    made = kit("POST", resource, given)
    assert made.status_code == 201
    assert made.headers["Location"] == made.body["href"] == f"{BASE}{resource}/{made.body['id']}"
    assert {name: made.body[name] for name in given} == given
    assert made.body["lastUpdate"].endswith("Z")
    path = f"{resource}/{made.body['id']}"
    assert kit("GET", path).body == made.body
    changed = kit("PATCH", path, {"description": "Changé", "validFor": {"endDateTime": None}, "id": "other"})
    assert changed.status_code == 200
    assert changed.body["description"] == "Changé"
    assert changed.body["validFor"] == {"startDateTime": "2026-01-01T00:00:00.000Z"}
    assert changed.body["id"] == made.body["id"]
    assert kit("DELETE", path).status_code == 204
    assert kit("GET", path).status_code == 404
    kinds = list(JournalEntry.objects.order_by("-sequence").values_list("action", flat=True)[:3])
    assert kinds == ["catalogue.resource_deleted", "catalogue.resource_changed", "catalogue.resource_created"]


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_name_is_enough_and_nothing_less(kit, resource):
    made = kit("POST", resource, {"name": "Rien de plus"})
    assert made.status_code == 201
    assert {"id", "href", "name", "lastUpdate", "lifecycleStatus", "version", "validFor", "@type"} <= set(made.body)
    refused = kit("POST", resource, {"description": "sans nom"})
    assert refused.status_code == 400
    assert refused.body["code"] == "tmf_attribute_missing"
    assert "name" in refused.body["message"]


@pytest.mark.parametrize("resource", RESOURCES)
def test_reading_is_public_and_writing_takes_a_token(anybody, resource, shop, body):
    listed = anybody("GET", resource)
    assert listed.status_code == 200
    assert int(listed.headers["X-Total-Count"]) == int(listed.headers["X-Result-Count"]) == len(listed.body)
    for method, path in (("POST", resource), ("PATCH", f"{resource}/x"), ("DELETE", f"{resource}/x")):
        assert anybody(method, path, {"name": "x"}).status_code == 401
    commune = Organisation.objects.create(kind="commune", name="Brunoy", slug="brunoy")
    mayor = Kit(create_token(person(commune, Role.MAYOR), "t", None)[1])
    assert mayor("POST", resource, {"name": "x"}).status_code == 403


def test_a_session_alone_does_not_write(shop, keeper_client):
    response = keeper_client.post(BASE + "category", {"name": "x"}, "application/json")
    assert response.status_code == 401


def test_what_is_sold_is_shown_to_everybody_and_a_draft_only_to_the_editor(kit, anybody):
    made = kit("POST", "productOffering", {"name": "Brouillon"})
    public = {one["name"]: one for one in anybody("GET", "productOffering").body}
    assert set(public) == {"Température, site moyen", "Connexion LoRa seule"}
    assert public["Connexion LoRa seule"]["lifecycleStatus"] == "Launched"
    assert public["Connexion LoRa seule"]["isSellable"] is True
    assert "Brouillon" in {one["name"] for one in kit("GET", "productOffering").body}
    assert anybody("GET", f"productOffering/{made.body['id']}").status_code == 404
    assert anybody("GET", "productOffering/lora").status_code == 200


def test_a_price_says_unit_rhythm_and_tiers(anybody):
    offering = anybody("GET", "productOffering/lora").body
    price = anybody("GET", f"productOfferingPrice/{offering['productOfferingPrice'][0]['id']}").body
    assert price["price"] == {"unit": "EUR", "value": 1.2}
    assert (price["priceType"], price["recurringChargePeriodType"]) == ("recurring", "month")
    assert price["unitOfMeasure"] == {"amount": 1, "units": "device"}
    assert [tier["quantityFrom"] for tier in price["tier"]] == [0, 100]


def test_lists_are_filtered_projected_and_cut(anybody):
    named = anybody("GET", "productOffering?name=Connexion%20LoRa%20seule&fields=name,version").body
    assert named == [
        {"id": "lora", "href": f"{BASE}productOffering/lora", "name": "Connexion LoRa seule", "version": "1"}
    ]
    part = anybody("GET", "productOffering?limit=1&sort=-name")
    assert part.status_code == 206
    assert (part.headers["X-Total-Count"], part.headers["X-Result-Count"]) == ("2", "1")
    assert part.body[0]["name"].startswith("Température")
    assert anybody("GET", "productOffering?limit=beaucoup").status_code == 400
    assert anybody("GET", "productOffering/lora?fields=name").body.keys() == {"id", "href", "name"}


def test_an_offering_built_by_reference_is_then_published_by_the_editor(kit):
    shelf_id = kit("POST", "category", {"name": "Nouveau rayon", "isRoot": True}).body["id"]
    price = kit(
        "POST",
        "productOfferingPrice",
        {
            "name": "Mensuel",
            "priceType": "recurring",
            "recurringChargePeriodType": "month",
            "price": {"unit": "EUR", "value": 12.35},
            "tax": [{"taxRate": 5.5}],
        },
    ).body
    assert price["price"]["value"] == 12.35
    made = kit(
        "POST",
        "productOffering",
        {"name": "Neuve", "category": [{"id": shelf_id}], "productOfferingPrice": [{"id": price["id"]}]},
    ).body
    assert made["category"][0]["name"] == "Nouveau rayon"
    assert made["productOfferingPrice"][0]["id"] == price["id"]
    row = Price.objects.get(code=price["id"])
    assert (row.tiers, row.rhythm, row.vat_percent) == ([["0", "12.35"]], "monthly", Decimal("5.50"))
    with pytest.raises(Invalid) as refused:
        actions.publish(KEEPER, made["id"], shelf.today(), shelf.today())
    assert refused.value.code == "offering_without_words"
    assert kit("DELETE", f"category/{shelf_id}").status_code == 409
    assert kit("DELETE", f"productOfferingPrice/{price['id']}").status_code == 409


def test_a_patch_of_the_value_alone_keeps_the_rhythm(kit):
    monthly = {"name": "M", "priceType": "recurring", "recurringChargePeriodType": "month"}
    made = kit("POST", "productOfferingPrice", monthly | {"price": {"unit": "EUR", "value": 3}}).body
    changed = kit("PATCH", f"productOfferingPrice/{made['id']}", {"price": {"unit": "EUR", "value": 4.5}}).body
    assert changed["price"]["value"] == 4.5
    assert changed["priceType"] == "recurring"


def test_a_price_in_another_currency_is_kept_as_given_and_never_sold(kit, keeper):
    given = {
        "name": "Dollars",
        "priceType": "recurring",
        "recurringChargePeriodType": "year",
        "price": {"unit": "USD", "value": 5},
    }
    made = kit("POST", "productOfferingPrice", given).body
    assert {name: made[name] for name in given} == given
    offering = kit("POST", "productOffering", {"name": "D", "productOfferingPrice": [{"id": made["id"]}]}).body
    version = queries.edited_offering(keeper, offering["id"]).versions.get()
    version.summary, version.audiences = "Vendue en dollars", ["member"]
    version.save()
    with pytest.raises(Invalid) as refused:
        actions.publish(KEEPER, offering["id"], shelf.today(), shelf.today())
    assert refused.value.code == "price_not_chargeable"


def test_what_is_published_is_not_changed_behind_the_buyer(kit):
    offering = kit("GET", "productOffering/lora").body
    price = offering["productOfferingPrice"][0]["id"]
    for method, path, body in (
        ("PATCH", "productOffering/lora", {"name": "Autre"}),
        ("DELETE", "productOffering/lora", None),
        ("PATCH", f"productOfferingPrice/{price}", {"price": {"unit": "EUR", "value": 0.01}}),
        ("DELETE", f"productOfferingPrice/{price}", None),
        ("DELETE", "productSpecification/vicki", None),
    ):
        refused = kit(method, path, body)
        assert refused.status_code == 409, path
        assert refused.body["message"]
    assert kit("GET", "productOffering/lora").body == offering


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ([], "tmf_not_an_object"),
        ({"name": 7}, "tmf_attribute_unfit"),
        ({"name": "   "}, "tmf_attribute_missing"),
        ({"name": "x" * 151}, "tmf_attribute_unfit"),
        ({"name": "a\0b"}, "tmf_text_unfit"),
        ({"name": "x", "category": "shelf"}, "tmf_reference_unfit"),
        ({"name": "x", "category": [{"id": "nowhere"}]}, "tmf_reference_unknown"),
    ],
)
def test_bad_input_is_refused_in_words_and_leaves_nothing(kit, payload, code):
    before = kit("GET", "productOffering").headers["X-Total-Count"]
    refused = kit("POST", "productOffering", payload)
    assert (refused.status_code, refused.body["code"]) == (400, code)
    assert kit("GET", "productOffering").headers["X-Total-Count"] == before


def test_what_stands_in_another_catalogue_is_kept_as_given(kit):
    elsewhere = [{"id": "42", "href": "https://host:8080/productCatalogManagement/v4/category/42", "name": "Cloud"}]
    elsewhere[0]["href"] = "https://partner.example/catalog/category/42"
    made = kit("POST", "productOffering", {"name": "x", "category": elsewhere})
    assert made.body["category"] == elsewhere


def test_a_category_is_never_above_itself(kit):
    parent = kit("POST", "category", {"name": "Parent"}).body["id"]
    child = kit("POST", "category", {"name": "Enfant", "parentId": parent}).body
    assert child["isRoot"] is False
    assert kit("GET", f"category/{parent}").body["subCategory"][0]["id"] == child["id"]
    assert kit("PATCH", f"category/{parent}", {"parentId": child["id"]}).body["code"] == "tmf_category_loop"


def test_a_category_takes_its_children_and_no_unknown_ones(kit):
    child = kit("POST", "category", {"name": "Enfant", "isRoot": False}).body
    assert child["isRoot"] is False
    parent = kit("POST", "category", {"name": "Parent", "subCategory": [{"id": child["id"]}]}).body
    assert parent["subCategory"][0]["name"] == "Enfant"
    assert kit("GET", f"category/{child['id']}").body["parentId"] == parent["id"]
    assert kit("POST", "category", {"name": "x", "subCategory": [{"id": "nowhere"}]}).status_code == 400
    itself = kit("PATCH", f"category/{parent['id']}", {"subCategory": [{"id": parent["id"]}]})
    assert itself.body["code"] == "tmf_category_loop"


def test_what_a_client_said_of_a_draft_gives_way_to_its_publication(kit, keeper):
    price = {"name": "P", "priceType": "recurring", "price": {"unit": "EUR", "value": 3}}
    price_id = kit("POST", "productOfferingPrice", price).body["id"]
    given = {"name": "Neuve", "version": "9.9", "isSellable": False, "lifecycleStatus": "In test"}
    made = kit("POST", "productOffering", given | {"productOfferingPrice": [{"id": price_id}]}).body
    assert {name: made[name] for name in given} == given
    version = queries.edited_offering(keeper, made["id"]).versions.get()
    version.summary, version.audiences = "Une phrase", ["member"]
    version.save()
    actions.publish(KEEPER, made["id"], shelf.today(), shelf.today())
    sold = kit("GET", f"productOffering/{made['id']}").body
    assert (sold["version"], sold["isSellable"], sold["lifecycleStatus"]) == ("1", True, "Launched")


def test_unreadable_json_and_other_methods_are_refused(kit):
    response = kit.client.generic("POST", BASE + "category", "{", "application/json")
    assert response.status_code == 400
    assert kit("PUT", "category", {"name": "x"}).headers["Allow"] == "GET, HEAD, POST"


def test_a_catalogue_names_its_categories(kit, shop):
    made = kit("POST", "catalog", {"name": "Public", "category": [{"id": "confort"}]}).body
    assert [one["name"] for one in made["category"]] == ["Confort et énergie"]
    assert kit("PATCH", f"catalog/{made['id']}", {"category": []}).body["category"] == []


def test_a_list_is_cut_in_the_database_or_after_a_filter_alike(anybody):
    names = sorted(one["name"] for one in anybody("GET", "productOffering").body)
    cut = [anybody("GET", f"productOffering?limit=1&offset={n}").body[0]["name"] for n in range(2)]
    filtered = [
        anybody("GET", f"productOffering?limit=1&offset={n}&isSellable=true&sort=name").body[0]["name"]
        for n in range(2)
    ]
    assert cut == filtered == names
    assert anybody("GET", "productOffering?id=lora,temperature").headers["X-Total-Count"] == "2"

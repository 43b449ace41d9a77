"""The territory over REST."""

from django.test import Client
from tests.fixtures.things import logged_in


def test_a_mayor_sees_one_commune_and_its_sites(evry, brunoy):
    client = logged_in(evry.mayor)
    assert [commune["insee"] for commune in client.get("/api/v1/communes").json()] == ["91228"]
    sites = client.get("/api/v1/sites", {"commune": "91228"}).json()
    assert [site["name"] for site in sites] == ["Cimetière", "École Jean-Moulin"]
    assert client.get("/api/v1/sites", {"commune": brunoy.commune.insee}).json() == []


def test_a_commune_is_named_by_its_code(evry):
    assert logged_in(evry.mayor).get("/api/v1/sites", {"commune": "Évry"}).status_code == 422


def test_nobody_sees_nothing(evry):
    assert Client().get("/api/v1/communes").status_code == 401

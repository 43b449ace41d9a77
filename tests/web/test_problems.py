import json

import pytest
from django.test import RequestFactory
from django.utils import translation

from maillage.web import problems

pytestmark = pytest.mark.usefixtures("kit")


@pytest.mark.parametrize(
    ("kind", "status"),
    [("invalid", 422), ("refused", 403), ("missing", 404), ("conflict", 409), ("unavailable", 503)],
)
def test_each_kind_of_error_has_its_status_in_pages_and_in_the_api(client, kind, status):
    assert client.get(f"/fail/{kind}").status_code == status
    assert client.get(f"/api/fail/{kind}").status_code == status


def test_the_page_says_the_capability_s_sentence_with_its_facts(client):
    page = client.get("/fail/invalid").content.decode()
    assert "La consigne de 80,5 °C dépasse 25 °C. Choisissez moins." in page


def test_a_sentence_that_misses_a_fact_still_answers(client):
    assert "dépasse — °C" in client.get("/fail/unsaid").content.decode()


def test_the_api_answers_rfc_9457(client):
    answer = client.get("/api/fail/invalid")
    assert answer["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content) == {
        "type": "urn:maillage:problem:setpoint_out_of_range",
        "title": "La demande est à corriger",
        "status": 422,
        "detail": "La consigne de 80,5 °C dépasse 25 °C. Choisissez moins.",
        "code": "setpoint_out_of_range",
        "facts": {"value": 80.5, "max": 25.0},
    }


def test_a_code_without_a_sentence_is_explained_by_its_kind(client):
    assert "règle de sécurité" in client.get("/fail/refused").content.decode()


def test_htmx_gets_an_alert_where_messages_stand(client):
    answer = client.get("/fail/refused", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Retarget"]) == (403, "#messages")
    assert 'role="alert"' in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_a_client_that_wants_json_gets_it_anywhere(client):
    answer = client.get("/fail/missing", headers={"Accept": "application/json"})
    assert answer.json()["status"] == 404


@pytest.mark.parametrize("code", [400, 403, 404, 429, 500])
def test_error_pages_stand_without_any_context(client, code):
    page = client.get(f"/error/{code}").content.decode()
    assert f">{code}<" in page
    assert "<h1>" in page


def test_problems_are_told_in_english_too(client):
    with translation.override("en"):
        answer = client.get("/api/fail/refused", headers={"Accept-Language": "en"})
    assert answer.json()["title"] == "This is not allowed"


def test_an_error_nobody_foresaw_has_the_api_s_own_shape_under_its_address():
    answer = problems.server_error(RequestFactory().get("/api/v1/things"))
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    page = problems.server_error(RequestFactory().get("/journal/"))
    assert (page.status_code, page["Content-Type"]) == (500, "text/html; charset=utf-8")

"""Who may call the API, how it errs, and what a repeated write does."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections
from django.test import Client
from tests.identity.conftest import build_house

from maillage.identity import actions
from maillage.identity.models import ApiToken, IdempotentAnswer, JournalEntry
from maillage.kernel import clock

TOKENS = "/api/v1/tokens"


def bearer(clear_text):
    return {"Authorization": f"Bearer {clear_text}"}


def post(client, body, **headers):
    return client.post(TOKENS, json.dumps(body), content_type="application/json", headers=headers)


@pytest.fixture
def mayors_token(house):
    return actions.create_token(house.actor("mayor"), "t", None)


def test_a_token_and_a_session_give_the_same_actor(house, mayors_token):
    by_token = Client().get("/api/v1/me", headers=bearer(mayors_token[1]))
    by_session = house.client("mayor").get("/api/v1/me")
    assert by_token.json() == by_session.json()
    assert by_token.json()["visible_organisation_ids"] == [house.evry.pk]
    assert ApiToken.objects.get().last_used_at is not None


def test_the_operator_sees_every_organisation(house):
    assert house.client("operator_person").get("/api/v1/me").json()["visible_organisation_ids"] is None


def test_nobody_gets_a_problem_and_is_told_how_to_authenticate(house):
    answer = Client().get("/api/v1/me")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["status"] == 401


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer ", "Basic eDp5", "x"])
def test_a_bad_token_is_nobody_even_beside_a_good_session(house, header):
    client = house.client("mayor", enforce_csrf_checks=True)
    assert client.get("/api/v1/me", headers={"Authorization": header}).status_code == 401
    assert post(client, {"name": "x"}, Authorization=header).status_code == 401


def test_a_revoked_or_expired_token_is_nobody(house, mayors_token):
    token, clear_text = mayors_token
    actions.revoke_token(house.actor("mayor"), token.pk)
    assert Client().get("/api/v1/me", headers=bearer(clear_text)).status_code == 401
    expired, clear_text = actions.create_token(house.actor("mayor"), "e", clock.now() + timedelta(days=1))
    ApiToken.objects.filter(pk=expired.pk).update(expires_at=clock.now())
    assert Client().get("/api/v1/me", headers=bearer(clear_text)).status_code == 401


def test_a_session_write_without_its_csrf_token_is_refused(house):
    answer = post(house.client("mayor", enforce_csrf_checks=True), {"name": "x"})
    assert answer.status_code == 403
    assert answer["Content-Type"] == "application/problem+json"
    assert not ApiToken.objects.exists()


def test_a_token_cannot_make_another_token(house, mayors_token):
    assert post(Client(), {"name": "x"}, **bearer(mayors_token[1])).status_code == 401
    assert ApiToken.objects.count() == 1


def test_the_journal_of_another_commune_is_not_listed(house, mayors_token):
    def listed(**query):
        return Client().get("/api/v1/journal", query, headers=bearer(mayors_token[1])).json()["items"]

    assert {entry["organisation_id"] for entry in listed()} == {house.evry.pk}
    assert listed(organisation_id=house.massy.pk) == []


def test_a_revoked_mandate_ends_at_the_next_request(house):
    _token, clear_text = actions.create_token(house.actor("technician"), "t", None)

    def visible():
        return Client().get("/api/v1/me", headers=bearer(clear_text)).json()["visible_organisation_ids"]

    actions.grant_mandate(house.actor("mayor"), house.evry, house.contractor)
    assert visible() == sorted([house.evry.pk, house.contractor.pk])
    actions.revoke_mandate(house.actor("mayor"), house.evry, house.contractor)
    assert visible() == [house.contractor.pk]


def test_the_journal_is_paged_by_cursor(house):
    client = house.client("operator_person")
    cursor, seen = "", []
    while cursor is not None:
        page = client.get("/api/v1/journal", {"limit": 3, "cursor": cursor}).json()
        seen += [entry["id"] for entry in page["items"]]
        cursor = page["next_cursor"]
    assert seen == list(JournalEntry.objects.order_by("-pk").values_list("pk", flat=True))
    assert client.get("/api/v1/journal", {"cursor": "spoilt"}).json()["code"] == "cursor_unreadable"


def test_an_invalid_body_names_each_fault_and_echoes_nothing(house):
    answer = post(house.client("mayor"), {"name": "", "expires_at": "secret-looking"})
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert [fault["location"][-1] for fault in answer.json()["errors"]] == ["name", "expires_at"]
    assert "secret-looking" not in answer.content.decode()


def test_an_error_for_a_person_is_a_problem_in_the_persons_language(house):
    answer = house.client("mayor").delete(f"{TOKENS}/999999")
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:maillage:problem:token_unknown"
    assert answer.json()["detail"] == "Ce jeton n’existe pas, ou il est déjà révoqué."


def test_the_same_write_sent_twice_acts_once(house, mayors_token):
    token, clear_text = mayors_token
    headers = {**bearer(clear_text), "Idempotency-Key": "k1"}
    spare, _clear_text = actions.create_token(house.actor("mayor"), "spare", None)
    first = Client().delete(f"{TOKENS}/{spare.pk}", headers=headers)
    again = Client().delete(f"{TOKENS}/{spare.pk}", headers=headers)
    assert (first.status_code, again.status_code) == (204, 204)
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert JournalEntry.objects.filter(action="identity.token_revoked").count() == 1
    reused = Client().delete(f"{TOKENS}/{token.pk}", headers=headers)
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")


def test_a_failed_write_leaves_its_key_free(house):
    client = house.client("mayor")
    assert post(client, {"name": ""}, **{"Idempotency-Key": "k"}).status_code == 422
    assert not IdempotentAnswer.objects.exists()
    assert post(client, {"name": "x"}, **{"Idempotency-Key": "k"}).status_code == 201


def test_a_secret_answer_is_never_stored_and_never_repeated(house):
    client = house.client("mayor")
    first = post(client, {"name": "x"}, **{"Idempotency-Key": "k"})
    again = post(client, {"name": "x"}, **{"Idempotency-Key": "k"})
    assert first.json()["token"].startswith("mlg_")
    assert (again.status_code, again.json()["code"]) == (409, "answer_was_secret")
    assert ApiToken.objects.count() == 1
    assert IdempotentAnswer.objects.get().body is None


def test_keys_are_forgotten_after_a_day_and_are_each_persons_own(house):
    for who in ("mayor", "agent"):
        assert post(house.client(who), {"name": who}, **{"Idempotency-Key": "k"}).status_code == 201
    IdempotentAnswer.objects.update(created_at=clock.now() - timedelta(hours=24, seconds=1))
    assert post(house.client("mayor"), {"name": "later"}, **{"Idempotency-Key": "k"}).status_code == 201
    assert IdempotentAnswer.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "clé"])
def test_an_unusable_key_is_explained(house, key):
    answer = post(house.client("mayor"), {"name": "x"}, **{"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_unfit")
    assert not ApiToken.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_simultaneous_writes_with_one_key_act_once():
    house = build_house()
    _token, clear_text = actions.create_token(house.actor("mayor"), "t", None)
    spare, _clear_text = actions.create_token(house.actor("mayor"), "spare", None)
    together = Barrier(4)

    def revoke(_number):
        try:
            together.wait(10)
            headers = {**bearer(clear_text), "Idempotency-Key": "k"}
            return Client().delete(f"{TOKENS}/{spare.pk}", headers=headers)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(revoke, range(4)))
    assert [answer.status_code for answer in answers] == [204] * 4
    assert sum("Idempotency-Replayed" in answer for answer in answers) == 3
    assert JournalEntry.objects.filter(action="identity.token_revoked").count() == 1

"""My account and the journal page."""

import re

import pytest

from maillage.identity import actions
from maillage.identity.actions import write_journal
from maillage.identity.models import ApiToken, JournalEntry


def labels(page):
    return [line.entry.object_label for line in page.context["lines"]]


def test_a_token_made_on_the_page_is_shown_once_and_opens_the_api(house):
    client = house.client("mayor")
    page = client.post("/account/tokens/", {"name": "tableau", "lifetime_days": "30"})
    assert page.status_code == 201
    clear_text = re.search(r"mlg_[\w-]+", page.content.decode()).group()
    assert clear_text not in client.get("/account/").content.decode()
    headers = {"Authorization": f"Bearer {clear_text}"}
    assert client.get("/api/v1/me", headers=headers).status_code == 200
    token = ApiToken.objects.get()
    client.post(f"/account/tokens/{token.pk}/revoke/")
    assert client.get("/api/v1/me", headers=headers).status_code == 401


def test_a_token_without_a_name_is_explained(house):
    page = house.client("mayor").post("/account/tokens/", {"name": "", "lifetime_days": "30"})
    assert page.status_code == 422
    assert not ApiToken.objects.exists()


def test_anothers_token_cannot_be_revoked(house):
    token, _clear_text = actions.create_token(house.actor("mayor"), "t", None)
    assert house.client("agent").post(f"/account/tokens/{token.pk}/revoke/").status_code == 404
    assert ApiToken.objects.get().revoked_at is None


def test_the_journal_shows_the_visible_organisations_only(house):
    mine = house.client("mayor").get("/journal/")
    assert mine.status_code == 200
    assert {line.entry.organisation_id for line in mine.context["lines"]} == {house.evry.pk}
    everything = house.client("operator_person").get("/journal/")
    assert len({line.entry.organisation_id for line in everything.context["lines"]}) == 4
    assert house.client("mayor").get("/journal/", {"organisation": house.massy.pk}).status_code == 422


def test_the_journal_is_filtered_by_person_action_object_and_day(house):
    actor = house.actor("agent")
    write_journal(
        actor,
        house.evry.pk,
        "test.done",
        "gate",
        4,
        "Portail du cimetière",
        {"cause": ["essai", {"n": 1}], "before": ""},
    )
    client = house.client("mayor")
    gate = ["Portail du cimetière"]
    assert labels(client.get("/journal/", {"person": "luc"})) == gate
    page = client.get("/journal/", {"action": "test.done"})
    assert labels(page) == gate
    assert page.context["lines"][0].facts == [("cause", ["essai", {"n": 1}])]
    assert labels(client.get("/journal/", {"thing": "cimetière"})) == gate
    assert labels(client.get("/journal/", {"since": "2100-01-01"})) == []
    assert labels(client.get("/journal/", {"until": "2000-01-01"})) == []
    assert client.get("/journal/", {"since": "hier"}).status_code == 422


def test_the_journal_is_paged_without_loss_or_repetition(house):
    for number in range(120):
        write_journal(house.actor("agent"), house.evry.pk, "test.done", "thing", number, f"thing {number}", {})
    client = house.client("mayor")
    address, seen = "/journal/", []
    while address:
        page = client.get(address)
        seen += [line.entry.sequence for line in page.context["lines"]]
        address = f"/journal/?{page.context['next_query']}" if page.context["next_query"] else ""
    count = JournalEntry.objects.filter(organisation=house.evry).count()
    assert seen == list(range(count, 0, -1))


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhIl0", "é", "A" * 600])
def test_a_spoilt_cursor_is_explained(house, cursor):
    assert house.client("mayor").get("/journal/", {"cursor": cursor}).status_code == 422


def test_the_journal_page_says_whether_the_chain_holds(house):
    client = house.client("mayor")
    page = client.get("/journal/", {"verify": "1"})
    assert "toute la chaîne" in page.content.decode()
    assert page.context["chain"].head in page.content.decode()
    forged = JournalEntry.objects.filter(organisation=house.evry).order_by("pk").last()
    newest = JournalEntry(
        organisation=house.evry,
        sequence=forged.sequence + 1,
        at=forged.at,
        actor_label="Personne",
        actor_role="mayor",
        action="test.done",
        object_type="x",
        object_id="1",
        object_label="x",
        previous_hash=bytes(forged.hash),
        hash=bytes(32),
    )
    newest.save()
    text = client.get("/journal/").content.decode()
    assert f"chaîne rompue à l’écriture n° {newest.sequence}" in text
    assert "son contenu a été modifié" in text

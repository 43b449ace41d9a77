"""Log-in, lockout, session, language, choice of organisation."""

import pytest
from django.test import Client
from django.urls import reverse
from tests.identity.conftest import PASSWORD, SETUP

from maillage.identity import actions
from maillage.identity.actor import Role
from maillage.identity.middleware import still_acts
from maillage.identity.models import JournalEntry, Membership, User

EMAIL = "maire@evry.example"


def log_in(client, email=EMAIL, password=PASSWORD, **extra):
    return client.post("/login/", {"username": email, "password": password}, **extra)


def last_action(user_id):
    return JournalEntry.objects.filter(object_type="user", object_id=str(user_id)).order_by("pk").last()


def test_a_mayor_logs_in_in_any_case_and_it_is_journalled(house):
    client = Client()
    assert log_in(client, "MAIRE@evry.EXAMPLE").status_code == 302
    entry = last_action(house.mayor.user_id)
    assert (entry.action, entry.actor_label, entry.organisation) == ("identity.logged_in", "Inès Moreau", house.evry)
    assert client.get("/account/").status_code == 200


def test_the_session_key_changes_at_log_in(house):
    client = Client()
    session = client.session
    session["before"] = True
    session.save()
    planted = session.session_key
    client.cookies["sessionid"] = planted
    log_in(client)
    assert client.cookies["sessionid"].value != planted


def test_logging_out_is_journalled_and_needs_a_post(house):
    client = house.client("mayor")
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").status_code == 302
    assert last_action(house.mayor.user_id).action == "identity.logged_out"
    assert client.get("/account/").status_code == 302


def test_a_wrong_password_and_an_unknown_account_get_the_same_page(house):
    wrong = log_in(Client(), password="wrong")
    unknown = log_in(Client(), email="nobody@evry.example", password="wrong")
    assert wrong.status_code == unknown.status_code == 200

    def words(page):
        return [error for errors in page.context["form"].errors.values() for error in errors]

    assert words(wrong) == words(unknown) == ["Adresse ou mot de passe incorrect. Vérifiez-les puis recommencez."]
    assert last_action(house.mayor.user_id).action == "identity.login_failed"
    assert not JournalEntry.objects.filter(object_label__contains="nobody").exists()


@pytest.mark.parametrize("email", [EMAIL, "nobody@evry.example"])
def test_five_failures_lock_the_account_for_that_address_whether_it_exists_or_not(house, email):
    client = Client()
    for attempt in range(4):
        assert log_in(client, email.upper() if attempt % 2 else email, "wrong").status_code == 200
    locked = log_in(client, email, "wrong")
    assert locked.status_code == 429
    assert locked["Retry-After"] == "900"
    assert "Réessayez dans 15 minutes" in locked.content.decode()
    assert log_in(client, email).status_code == 429


def test_a_lock_is_for_one_account_from_one_address(house):
    for _ in range(5):
        log_in(Client(), password="wrong")
    assert log_in(Client(), "agent@evry.example").status_code == 302
    assert log_in(Client(), REMOTE_ADDR="192.0.2.7").status_code == 302


def test_attempts_refused_by_the_lock_do_not_fill_the_journal(house):
    for _ in range(8):
        log_in(Client(), password="wrong")
    failures = JournalEntry.objects.filter(action="identity.login_failed").order_by("pk")
    assert [entry.facts["locked"] for entry in failures] == [False] * 4 + [True]


def test_the_right_password_forgives_earlier_failures(house):
    for _ in range(4):
        log_in(Client(), password="wrong")
    assert log_in(Client()).status_code == 302
    assert log_in(Client(), password="wrong").status_code == 200


def test_a_closed_account_does_not_open(house):
    User.objects.filter(pk=house.mayor.user_id).update(is_active=False)
    assert log_in(Client()).status_code == 200


def test_somebody_without_an_organisation_is_told_so_and_stays_out(house):
    Membership.objects.filter(pk=house.mayor.pk).delete()
    page = log_in(Client())
    assert page.status_code == 200
    assert "rattaché à aucune organisation" in page.content.decode()


def test_the_log_in_form_is_protected_against_forgery(house):
    assert log_in(Client(enforce_csrf_checks=True)).status_code == 403


@pytest.mark.parametrize("name", ["account", "journal"])
def test_every_page_needs_a_log_in(house, name):
    address = reverse(f"identity:{name}")
    assert Client().get(address)["Location"] == f"/login/?next={address}"
    part = Client().get(address, headers={"HX-Request": "true"})
    assert (part.status_code, part["HX-Redirect"]) == (401, f"/login/?next={address}")


def test_after_log_in_one_does_not_leave_for_another_site(house):
    answer = Client().post("/login/?next=//evil.example/", {"username": EMAIL, "password": PASSWORD})
    assert answer["Location"] == "/"


def test_the_language_of_a_visitor_is_kept_in_a_cookie(house):
    client = Client()
    answer = client.post("/language/", {"language": "en", "next": "/login/"})
    assert answer["Location"] == "/login/"
    assert 'lang="en"' in client.get("/login/").content.decode()[:200]


def test_the_language_of_a_person_is_kept_on_the_account(house):
    house.client("mayor").post("/language/", {"language": "en", "next": "//evil.example/"})
    page = house.client("mayor").get("/account/", headers={"Accept-Language": "fr"})
    assert page["Content-Language"] == "en"
    assert "My account" in page.content.decode()


def test_an_unknown_language_changes_nothing(house):
    house.client("mayor").post("/language/", {"language": "de"})
    assert User.objects.get(pk=house.mayor.user_id).language == "fr"


def test_a_person_acts_for_the_organisation_chosen(house):
    second = actions.add_membership(SETUP, house.mayor.user, house.massy, Role.AGENT)
    client = house.client("mayor")
    assert client.get("/api/v1/me").json()["organisation"]["slug"] == "evry"
    assert client.post("/account/organisation/", {"membership": second.pk}).status_code == 302
    me = client.get("/api/v1/me").json()
    assert (me["organisation"]["slug"], me["role"]) == ("massy", "agent")
    assert me["visible_organisation_ids"] == [house.massy.pk]


@pytest.mark.parametrize("membership", ["other", "x", ""])
def test_nobody_chooses_anothers_organisation(house, membership):
    client = house.client("mayor")
    chosen = house.other_mayor.pk if membership == "other" else membership
    assert client.post("/account/organisation/", {"membership": chosen}).status_code == 404
    assert client.get("/api/v1/me").json()["organisation"]["slug"] == "evry"


def test_a_new_password_is_checked_and_ends_the_other_sessions(house):
    here, elsewhere = Client(), Client()
    log_in(here)
    log_in(elsewhere)

    def change(new):
        fields = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
        return here.post("/account/password/", fields)

    assert change("short").status_code == 422
    assert change("a much longer secret").status_code == 302
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert last_action(house.mayor.user_id).action == "identity.password_changed"


@pytest.fixture
def open_stream(house):
    """A technician's page that outlives its request, and the client that opened it."""
    actions.grant_mandate(house.actor("mayor"), house.evry, house.contractor)
    client = house.client("technician")
    request = client.get(reverse("identity:account")).wsgi_request
    return client, still_acts(request)


def test_what_outlives_its_request_goes_on_while_nothing_changes(open_stream):
    _client, ask = open_stream
    assert ask()


def test_nothing_outlives_a_log_out(open_stream):
    client, ask = open_stream
    client.logout()
    assert not ask()


def test_nothing_outlives_a_changed_password(house, open_stream):
    _client, ask = open_stream
    actions.change_password(house.actor("technician"), "another long sentence")
    assert not ask()


def test_nothing_outlives_a_revoked_mandate(house, open_stream):
    _client, ask = open_stream
    actions.revoke_mandate(house.actor("mayor"), house.evry, house.contractor)
    assert not ask()

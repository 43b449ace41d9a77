"""Organisations, invitations, roles, mandates and passwords chosen by a link."""

import re
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.core import mail as django_mail
from django.test import Client
from tests.identity.conftest import PASSWORD

from maillage.config.messaging import MailServer
from maillage.identity import actions as identity_actions
from maillage.identity import queries as identity_queries
from maillage.identity.actor import Role
from maillage.identity.models import Invitation, JournalEntry, Mandate, Membership, Organisation, PasswordLink, User
from maillage.identity.people import actions, mail
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, NotFound, Refused

CHOSEN = "une phrase bien longue"
TWICE = {"new_password1": CHOSEN, "new_password2": CHOSEN}


@pytest.fixture
def with_mail(settings):
    server = MailServer("localhost", 25, "", "", starttls=False, tls=False)
    settings.MESSAGING = replace(configured.MESSAGING, mail=server)


def sent():
    for thread in threading.enumerate():
        if thread.name == mail.THREAD_NAME:
            thread.join(5)
    return django_mail.outbox


def link_on(page):
    return re.search(r'id="new-link"[^>]*>https?://[^/]+(/[^<]+)<', page.content.decode()).group(1)


def invite(house, by, organisation, email="lea@evry.example", role="agent"):
    values = {"full_name": "Léa Blanc", "email": email, "role": role}
    return house.client(by).post(f"/people/{organisation.pk}/invite/", values)


def codes(organisation):
    return list(JournalEntry.objects.filter(organisation=organisation).values_list("action", flat=True))


def test_an_invited_person_chooses_a_password_and_comes_in(house):
    page = invite(house, "mayor", house.evry)
    assert page.status_code == 201
    door, visitor = link_on(page), Client()
    assert "Évry" in visitor.get(door).content.decode()
    assert visitor.post(door, {"new_password1": "court", "new_password2": "court"}).status_code == 422
    assert visitor.post(door, TWICE).status_code == 302
    credentials = {"username": "lea@evry.example", "password": CHOSEN}
    assert visitor.post("/login/", credentials).status_code == 302
    assert visitor.get("/account/").status_code == 200
    membership = Membership.objects.get(user__email="lea@evry.example")
    assert (membership.organisation_id, membership.role) == (house.evry.pk, "agent")
    assert codes(house.evry)[-2:] == ["identity.membership_added", "identity.logged_in"]


def test_an_invitation_opens_once(house):
    door = link_on(invite(house, "mayor", house.evry))
    assert Client().post(door, TWICE).status_code == 302
    assert Client().get(door).status_code == 404
    assert Client().post(door, TWICE).status_code == 404


def test_an_invitation_that_expired_was_replaced_or_withdrawn_opens_nothing(house):
    first = link_on(invite(house, "mayor", house.evry))
    second = link_on(invite(house, "mayor", house.evry))
    assert Client().get(first).status_code == 404
    pending = Invitation.objects.unscoped("test").get(ended_at=None)
    assert house.client("other_mayor").post(f"/people/invitations/{pending.pk}/withdraw/").status_code == 404
    assert house.client("mayor").post(f"/people/invitations/{pending.pk}/withdraw/").status_code == 302
    assert Client().get(second).status_code == 404
    third = link_on(invite(house, "mayor", house.evry))
    Invitation.objects.unscoped("test").filter(ended_at=None).update(expires_at=clock.now() - timedelta(seconds=1))
    assert Client().get(third).status_code == 404


def test_whether_an_address_has_an_account_shows_neither_to_who_invites_nor_before_a_password_is_typed(house):
    unknown = invite(house, "mayor", house.evry, "nobody@evry.example")
    known = invite(house, "mayor", house.evry, "Maire@massy.example")

    def told(page):
        text = page.content.decode()
        text = re.sub(r'/invitation/[\w-]+|name="csrfmiddlewaretoken" value="\w+"', "", text)
        return text[text.index('id="content"') : text.index("Invitations en attente")]

    assert told(unknown) == told(known)
    assert Client().get(link_on(unknown)).status_code == Client().get(link_on(known)).status_code == 200


def test_who_invites_cannot_set_the_password_of_an_account_that_exists(house):
    door = link_on(invite(house, "mayor", house.evry, "op@syndicat.example"))
    assert Client().post(door, TWICE).status_code == 422
    assert User.objects.get(email="op@syndicat.example").check_password(PASSWORD)
    assert house.client("other_mayor").post(door, {"join": "1"}).status_code == 403
    assert house.client("operator_person").post(door, {"join": "1"}).status_code == 302
    assert Membership.objects.filter(user__email="op@syndicat.example").count() == 2


@pytest.mark.parametrize("role", ["mayor", "technician", "operator"])
def test_a_mayor_invites_agents_only(house, role):
    assert invite(house, "mayor", house.evry, role=role).status_code == 422
    with pytest.raises(Refused):
        actions.invite(house.actor("mayor"), house.evry, "x@x.example", "X", Role(role))


@pytest.mark.parametrize(("who", "status"), [("other_mayor", 404), ("agent", 404), ("technician", 404)])
def test_others_neither_see_nor_invite(house, who, status):
    assert invite(house, who, house.evry).status_code == status
    assert house.client(who).get(f"/people/{house.evry.pk}/").status_code == status
    assert not Invitation.objects.unscoped("test").exists()


def test_a_role_that_does_not_fit_the_organisation_is_refused(house):
    with pytest.raises(Invalid, match="role_unfit"):
        actions.invite(house.actor("operator_person"), house.evry, "x@x.example", "X", Role.OPERATOR)


def test_invitations_are_limited(house, monkeypatch):
    monkeypatch.setattr(actions, "INVITATIONS_A_DAY", 2)
    answers = [invite(house, "mayor", house.evry, f"a{number}@evry.example").status_code for number in range(3)]
    assert answers == [201, 201, 403]


def test_the_operator_creates_and_ends_an_organisation(house):
    client = house.client("operator_person")
    values = {"kind": "business", "name": "Boulangerie", "slug": "boulangerie", "siren": "12345678"}
    assert client.post("/people/create/", values).status_code == 422
    assert client.post("/people/create/", values | {"siren": ""}).status_code == 302
    assert client.post("/people/create/", values | {"siren": ""}).status_code == 409
    made = Organisation.objects.get(slug="boulangerie")
    client.post(f"/people/{made.pk}/end/", {"name": "Boulange"})
    assert Organisation.objects.get(pk=made.pk).ended_at is None
    assert client.post(f"/people/{made.pk}/end/", {"name": "Boulangerie"}).status_code == 302
    assert codes(made) == ["identity.organisation_created", "identity.organisation_ended"]
    assert house.client("mayor").post("/people/create/", values | {"slug": "b"}).status_code == 403


def test_nobody_acts_for_an_organisation_that_ended(house):
    identity_actions.grant_mandate(house.actor("mayor"), house.evry, house.contractor)
    _token, clear_text = identity_actions.create_token(house.actor("mayor"), "t", None)
    door = link_on(invite(house, "mayor", house.evry))
    client = house.client("mayor")
    actions.end_organisation(house.actor("operator_person"), house.evry.pk)
    assert client.get("/account/").status_code == 403
    assert Client().get("/api/v1/me", headers={"Authorization": f"Bearer {clear_text}"}).status_code == 401
    assert Client().get(door).status_code == 404
    assert not house.actor("technician").sees(house.evry.pk)
    assert codes(house.evry)[-2:] == ["identity.mandate_revoked", "identity.organisation_ended"]
    with pytest.raises(Conflict, match="organisation_ended"):
        actions.invite(house.actor("operator_person"), house.evry, "x@x.example", "X", Role.AGENT)
    with pytest.raises(Refused, match="operator_cannot_end"):
        actions.end_organisation(house.actor("operator_person"), house.operator.pk)


def test_a_member_leaves_at_once_and_nobody_removes_oneself(house):
    agent = house.client("agent")
    assert agent.get("/account/").status_code == 200
    assert house.client("other_mayor").post(f"/people/members/{house.agent.pk}/end/").status_code == 404
    assert house.client("mayor").post(f"/people/members/{house.mayor.pk}/end/").status_code == 403
    assert house.client("mayor").post(f"/people/members/{house.agent.pk}/end/").status_code == 302
    assert agent.get("/account/").status_code == 403
    assert codes(house.evry)[-1] == "identity.membership_ended"


def test_the_operator_changes_a_role_and_a_mayor_does_not(house):
    address = f"/people/members/{house.agent.pk}/role/"
    assert house.client("mayor").post(address, {"role": "mayor"}).status_code == 403
    assert house.client("operator_person").post(address, {"role": "operator"}).status_code == 302
    assert Membership.objects.get(pk=house.agent.pk).role == "agent"
    assert house.client("operator_person").post(address, {"role": "mayor"}).status_code == 302
    assert Membership.objects.get(pk=house.agent.pk).role == "mayor"
    assert codes(house.evry)[-1] == "identity.role_changed"


def test_the_operator_gives_a_mandate_and_the_mayor_takes_it_back(house):
    values = {"contractor": house.contractor.pk}
    assert house.client("mayor").post(f"/people/{house.evry.pk}/mandate/", values).status_code == 403
    assert house.client("operator_person").post(f"/people/{house.evry.pk}/mandate/", values).status_code == 302
    mandate = Mandate.objects.get()
    assert house.client("other_mayor").post(f"/people/mandates/{mandate.pk}/revoke/").status_code == 404
    assert house.client("mayor").post(f"/people/mandates/{mandate.pk}/revoke/").status_code == 302
    assert Mandate.objects.get().revoked_at is not None


def test_the_answer_to_a_forgotten_password_is_the_same_for_everybody(house, with_mail):
    def answer(email):
        page = Client().post("/password/", {"email": email})
        return page.status_code, re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.content.decode())

    assert answer("agent@evry.example") == answer("nobody@evry.example")
    assert [message.to for message in sent()] == [["agent@evry.example"]]
    for _ in range(4):
        answer("AGENT@evry.example")
    assert len(sent()) == actions.PASSWORD_LINKS_AN_HOUR
    assert codes(house.evry)[-1] == "identity.password_link_made"


def test_a_link_changes_the_password_once_and_ends_every_session(house, with_mail):
    Client().post("/password/", {"email": "agent@evry.example"})
    door = re.search(r"https?://[^/]+(/password/\S+)", sent()[0].body).group(1)
    session = house.client("agent")
    assert Client().get(door).status_code == 200
    assert Client().post(door, TWICE).status_code == 302
    assert Client().post(door, TWICE).status_code == 404
    assert User.objects.get(email="agent@evry.example").check_password(CHOSEN)
    assert session.get("/account/").status_code == 302
    assert codes(house.evry)[-1] == "identity.password_reset"


def test_a_password_link_expires(house):
    person = house.agent.user
    secret = actions.make_password_link(house.actor("operator_person"), person)
    PasswordLink.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    with pytest.raises(NotFound):
        actions.reset_password(identity_queries.actor_of(house.agent), secret, CHOSEN)


def test_only_the_operator_is_shown_a_password_link(house):
    address = f"/people/members/{house.agent.pk}/password/"
    assert house.client("mayor").post(address).status_code == 403
    door = link_on(house.client("operator_person").post(address))
    assert Client().post(door, TWICE).status_code == 302


def test_without_a_mail_server_people_are_told_whom_to_ask(house):
    assert "demandez un lien à l’opérateur" in Client().get("/password/").content.decode()
    Client().post("/password/", {"email": "agent@evry.example"})
    assert not PasswordLink.objects.exists()

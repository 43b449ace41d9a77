"""People, mandates, tokens: each act is permitted, done and journalled, or nothing happens."""

from datetime import timedelta

import pytest

from maillage.identity import actions, queries
from maillage.identity.actor import Role, machine
from maillage.identity.models import ApiToken, JournalEntry, Membership, Organisation, User
from maillage.identity.policies import may_configure
from maillage.identity.queries import JournalFilter
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, NotFound, Refused


def journalled(organisation) -> list[str]:
    entries = JournalEntry.objects.filter(organisation=organisation).order_by("sequence")
    return list(entries.values_list("action", flat=True))


def test_a_mandate_shows_the_client_until_it_is_revoked(house):
    assert not house.actor("technician").sees(house.evry.pk)
    actions.grant_mandate(house.actor("mayor"), house.evry, house.contractor)
    assert may_configure(house.actor("technician"), house.evry.pk)
    assert not house.actor("technician").sees(house.massy.pk)
    actions.revoke_mandate(house.actor("mayor"), house.evry, house.contractor)
    technician = house.actor("technician")
    assert technician.visible_organisation_ids == {house.contractor.pk}
    assert not [e for e in queries.journal_entries(technician, JournalFilter()) if e.organisation_id == house.evry.pk]
    assert journalled(house.evry)[-2:] == ["identity.mandate_granted", "identity.mandate_revoked"]


@pytest.mark.parametrize("who", ["agent", "other_mayor", "technician"])
def test_only_the_mayor_or_the_operator_gives_a_mandate(house, who):
    before = journalled(house.evry)
    with pytest.raises(Refused):
        actions.grant_mandate(house.actor(who), house.evry, house.contractor)
    assert journalled(house.evry) == before


def test_a_mandate_goes_to_a_contractor_and_is_given_once(house):
    mayor = house.actor("mayor")
    with pytest.raises(Invalid):
        actions.grant_mandate(mayor, house.evry, house.massy)
    actions.grant_mandate(mayor, house.evry, house.contractor)
    with pytest.raises(Conflict):
        actions.grant_mandate(mayor, house.evry, house.contractor)
    actions.revoke_mandate(mayor, house.evry, house.contractor)
    with pytest.raises(NotFound):
        actions.revoke_mandate(mayor, house.evry, house.contractor)


@pytest.mark.parametrize("who", ["mayor", "agent", "technician"])
def test_only_the_operator_makes_organisations_and_people(house, who):
    actor = house.actor(who)
    with pytest.raises(Refused):
        actions.create_organisation(actor, Organisation.Kind.COMMUNE, "Orsay", "orsay")
    own = Organisation.objects.get(pk=actor.organisation_id)
    with pytest.raises(Refused):
        actions.create_user(actor, "x@example.org", "X", "correct horse battery", own, Role.AGENT)
    assert not User.objects.filter(email="x@example.org").exists()


def test_an_address_opens_one_account_whatever_its_case(house):
    operator = house.actor("operator_person")
    with pytest.raises(Conflict):
        actions.create_user(operator, "MAIRE@EVRY.example", "Double", "x" * 12, house.evry, Role.AGENT)


def test_only_the_operating_body_has_operators(house):
    operator = house.actor("operator_person")
    with pytest.raises(Invalid):
        actions.create_user(operator, "x@example.org", "X", "x" * 12, house.evry, Role.OPERATOR)
    with pytest.raises(Invalid):
        actions.create_user(operator, "x@example.org", "X", "x" * 12, house.operator, Role.MAYOR)
    assert not User.objects.filter(email="x@example.org").exists()


def test_an_operators_role_outside_the_operating_body_opens_nothing(house):
    Membership.objects.filter(pk=house.mayor.pk).update(role=Role.OPERATOR)
    assert house.actor("mayor").visible_organisation_ids == {house.evry.pk}


def test_a_tokens_clear_text_is_not_kept(house):
    token, clear_text = actions.create_token(house.actor("mayor"), "tableau", None)
    assert clear_text.encode() not in bytes(token.digest)
    assert queries.live_token(clear_text, clock.now()) == token
    assert clear_text not in str(JournalEntry.objects.order_by("pk").values_list())


def test_an_expired_or_revoked_token_opens_nothing(house):
    now = clock.now()
    mayor = house.actor("mayor")
    expiring, clear_expiring = actions.create_token(mayor, "court", now + timedelta(days=1))
    revoked, clear_revoked = actions.create_token(mayor, "repris", None)
    assert queries.live_token(clear_expiring, now + timedelta(hours=23)) == expiring
    assert queries.live_token(clear_expiring, now + timedelta(days=1, seconds=1)) is None
    actions.revoke_token(mayor, revoked.pk)
    assert queries.live_token(clear_revoked, now) is None
    with pytest.raises(NotFound):
        actions.revoke_token(mayor, revoked.pk)


def test_a_token_of_a_closed_account_opens_nothing(house):
    _token, clear_text = actions.create_token(house.actor("mayor"), "t", None)
    User.objects.filter(pk=house.mayor.user_id).update(is_active=False)
    assert queries.live_token(clear_text, clock.now()) is None


def test_nobody_revokes_anothers_token(house):
    token, _clear_text = actions.create_token(house.actor("mayor"), "t", None)
    with pytest.raises(NotFound):
        actions.revoke_token(house.actor("agent"), token.pk)
    assert ApiToken.objects.get(pk=token.pk).revoked_at is None


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\0b"])
def test_a_token_needs_a_usable_name(house, name):
    with pytest.raises(Invalid):
        actions.create_token(house.actor("mayor"), name, None)


def test_a_process_has_no_tokens(house):
    with pytest.raises(Refused):
        actions.create_token(machine("scheduler"), "t", None)


def test_the_language_is_remembered_and_journalled_with_what_it_was(house):
    actions.set_language(house.actor("mayor"), "en")
    assert User.objects.get(pk=house.mayor.user_id).language == "en"
    assert JournalEntry.objects.latest("pk").facts == {"before": "fr", "after": "en"}
    with pytest.raises(Invalid):
        actions.set_language(house.actor("mayor"), "de")

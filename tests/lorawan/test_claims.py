"""A device of the operating body becomes its owner's, against the owner token of its label."""

from datetime import timedelta

import pytest
from django.urls import reverse
from tests.fixtures.radio import EVRY_VALVE, JOIN_EUI, NOW, device, wrapped

from maillage.identity.models import JournalEntry
from maillage.kernel import clock
from maillage.kernel.errors import Invalid, Refused
from maillage.lorawan.claims import actions
from maillage.lorawan.claims.actions import FAILURES_OF_A_PERSON, claim_device
from maillage.lorawan.keys import Purpose
from maillage.lorawan.models import Device
from maillage.lorawan.qr import DeviceTag, build_tag

EUI, TOKEN = "70b3d52dd30000c1", "SECRET42"


def code(token=TOKEN, dev_eui=EUI, join_eui=JOIN_EUI):
    return build_tag(DeviceTag(join_eui, dev_eui, "AABB1122", token))


@pytest.fixture
def held(equipped, stopped_clock):
    """A device that the operator holds with its owner token."""
    token = wrapped(EUI, Purpose.OWNER_TOKEN, TOKEN.encode())
    return device(equipped.operator, EUI, "Sonde 12", owner_token=token)


def owner_of(eui=EUI):
    return Device.objects.unscoped("test").get(pk=eui).organisation_id


@pytest.mark.parametrize("name", ["mayor", "agent", "technician", "operator"])
def test_who_speaks_for_a_commune_claims_with_the_label_and_both_journals_tell(equipped, held, name, monkeypatch):
    notices = []
    monkeypatch.setattr(actions, "notify", lambda channel, payload: notices.append((channel, payload)))
    claim_device(equipped.actor(name), code(), equipped.evry.pk)
    assert owner_of() == equipped.evry.pk
    assert notices == [("lorawan_registry", EUI)]
    entries = JournalEntry.objects.filter(action="lorawan.device_claimed")
    assert {entry.organisation_id for entry in entries} == {equipped.operator.pk, equipped.evry.pk}
    assert TOKEN not in str([entry.facts for entry in entries])


def test_a_claimed_device_is_not_claimed_again(equipped, held):
    claim_device(equipped.actor("mayor"), code(), equipped.evry.pk)
    with pytest.raises(Refused, match="claim_refused"):
        claim_device(equipped.actor("operator"), code(), equipped.massy.pk)
    assert owner_of() == equipped.evry.pk


def test_nobody_claims_for_a_commune_that_is_not_theirs(equipped, held):
    with pytest.raises(Refused, match="not_permitted"):
        claim_device(equipped.actor("mayor"), code(), equipped.massy.pk)


@pytest.mark.parametrize(
    "wrong", [code("OTHER"), code(dev_eui="70b3d52dd30000ff"), code(join_eui="0" * 16), code(dev_eui=EVRY_VALVE)]
)
def test_a_wrong_token_and_an_unknown_device_are_refused_in_the_same_words(equipped, held, wrong):
    with pytest.raises(Refused) as refused:
        claim_device(equipped.actor("mayor"), wrong, equipped.evry.pk)
    assert (refused.value.code, refused.value.facts) == ("lorawan.claim_refused", {})
    assert owner_of() == equipped.operator.pk


def test_who_guesses_must_wait_and_may_then_try_again(equipped, held, monkeypatch):
    mayor = equipped.actor("mayor")
    for number in range(FAILURES_OF_A_PERSON):
        with pytest.raises(Refused, match="claim_refused"):
            claim_device(mayor, code(f"GUESS{number}"), equipped.evry.pk)
    with pytest.raises(Refused, match="claim_throttled"):
        claim_device(mayor, code(), equipped.evry.pk)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=15))
    assert claim_device(mayor, code(), equipped.evry.pk).organisation_id == equipped.evry.pk


def test_a_device_that_several_people_guess_at_is_closed_to_all_for_a_while(equipped, held):
    for name in ("mayor", "agent"):
        for number in range(FAILURES_OF_A_PERSON):
            with pytest.raises(Refused, match="claim_refused"):
                claim_device(equipped.actor(name), code(f"GUESS{number}"), equipped.evry.pk)
    with pytest.raises(Refused, match="claim_throttled"):
        claim_device(equipped.actor("operator"), code(), equipped.evry.pk)


def test_a_label_without_token_says_whom_to_ask(equipped, held):
    with pytest.raises(Invalid, match="claim_without_token"):
        claim_device(equipped.actor("mayor"), code(token=""), equipped.evry.pk)


def test_a_mayor_finds_the_page_and_claims_on_it(equipped, held):
    client = equipped.client("mayor")
    assert reverse("lorawan:claim") in client.get(reverse("lorawan:claim")).content.decode()
    answer = client.post(reverse("lorawan:claim"), {"organisation": equipped.evry.pk, "code": code()}, follow=True)
    assert "Sonde 12 est à vous." in answer.content.decode()
    assert owner_of() == equipped.evry.pk


def test_a_failure_on_the_page_is_counted(equipped, held):
    client = equipped.client("mayor")
    for _ in range(FAILURES_OF_A_PERSON):
        answer = client.post(reverse("lorawan:claim"), {"organisation": equipped.evry.pk, "code": code("NO")})
        assert answer.status_code == 422
        assert "ne peut pas être associé" in answer.content.decode()
    answer = client.post(reverse("lorawan:claim"), {"organisation": equipped.evry.pk, "code": code()})
    assert "réessayez dans 15 minutes" in answer.content.decode()


def test_a_form_without_code_says_so(equipped):
    answer = equipped.client("mayor").post(reverse("lorawan:claim"), {"organisation": equipped.evry.pk})
    assert "Donnez le code de l’étiquette" in answer.content.decode()

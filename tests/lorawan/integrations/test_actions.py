"""Connectivity sold: who may do what, and what the quotas refuse."""

import uuid
from datetime import timedelta

import pytest
from django.conf import settings
from tests.fixtures.radio import EVRY_SENSOR, EVRY_VALVE, MASSY_VALVE, NOW, device

from maillage.identity.models import JournalEntry
from maillage.kernel.errors import Conflict, Invalid, NotFound, Refused
from maillage.lorawan import actions as radio_actions
from maillage.lorawan.integrations import actions, queries
from maillage.lorawan.integrations.actions import Quotas, Target
from maillage.lorawan.integrations.commands import command
from maillage.lorawan.integrations.models import Application, ApplicationDevice
from maillage.lorawan.keys import KeyRing
from maillage.lorawan.models import Device, Downlink
from maillage.lorawan.new_device import NewDevice
from maillage.web.problems import sentence

PUBLIC = Target("https://93.184.216.34/hook", ["up"])


def journalled(action):
    return [entry.facts for entry in JournalEntry.objects.filter(action=action)]


@pytest.mark.parametrize("name", ["mayor", "agent", "technician"])
def test_only_who_runs_the_platform_sells_connectivity(equipped, name):
    with pytest.raises(Refused):
        actions.create_application(equipped.actor(name), equipped.evry.pk, "Bennes", Quotas())


def test_a_name_is_taken_once_in_an_organisation(equipped, application):
    with pytest.raises(Conflict, match="application_exists"):
        actions.create_application(equipped.actor("operator"), equipped.evry.pk, " Bennes ", Quotas())
    actions.create_application(equipped.actor("operator"), equipped.massy.pk, "Bennes", Quotas())


def test_a_device_beyond_the_quota_is_refused_with_what_to_do(equipped, application):
    mayor = equipped.actor("mayor")
    actions.attach_device(mayor, application.pk, EVRY_SENSOR)
    device(equipped.evry, "70b3d52dd30000ff", "De trop")
    with pytest.raises(Refused) as refused:
        actions.attach_device(mayor, application.pk, "70b3d52dd30000ff")
    assert "a déjà ses 2 appareils" in sentence(refused.value)
    actions.detach_device(mayor, application.pk, EVRY_SENSOR)
    actions.attach_device(mayor, application.pk, "70b3d52dd30000ff")


def test_a_device_is_in_one_application_of_its_own_organisation(equipped, application):
    with pytest.raises(Conflict, match="device_in_an_application"):
        actions.attach_device(equipped.actor("mayor"), application.pk, EVRY_VALVE)
    with pytest.raises(NotFound):
        actions.attach_device(equipped.actor("operator"), application.pk, MASSY_VALVE)
    with pytest.raises(NotFound):
        actions.attach_device(equipped.actor("mayor"), application.pk, MASSY_VALVE)


def test_a_customer_registers_a_device_of_its_own_whatever_organisation_it_names(equipped, application):
    new = NewDevice("70b3d52dd3000aaa", "0" * 16, bytes(range(16)), "other-class-a", "Sonde", equipped.massy.pk)
    made = actions.register_device(equipped.actor("agent"), application.pk, new)
    assert made.organisation_id == equipped.evry.pk
    assert ApplicationDevice.objects.get(pk=made.pk).application == application
    with pytest.raises(Conflict, match="already_registered"):
        actions.register_device(equipped.actor("agent"), application.pk, new)
    assert Device.objects.unscoped("test").filter(organisation=equipped.massy).count() == 1


def test_downlinks_beyond_the_quota_of_the_day_are_refused_and_not_queued(equipped, application):
    mayor = equipped.actor("mayor")
    for _ in range(2):
        actions.enqueue_downlink(mayor, application.pk, command(EVRY_VALVE, 2, "AQI=", None))
    with pytest.raises(Refused) as refused:
        actions.enqueue_downlink(mayor, application.pk, command(EVRY_VALVE, 2, "AQI=", None))
    assert "Les 2 descentes de la journée" in sentence(refused.value)
    assert Downlink.objects.filter(device_id=EVRY_VALVE).count() == 2
    assert queries.use_of(application, NOW).downlinks == 2
    assert queries.use_of(application, NOW + timedelta(days=1)).downlinks == 0


def test_the_same_command_sent_twice_is_one_downlink_and_counts_once(equipped, application):
    mayor, wanted = equipped.actor("mayor"), command(EVRY_VALVE, 2, "AQI=", None, id_text=str(uuid.uuid4()))
    first = actions.enqueue_downlink(mayor, application.pk, wanted)
    assert actions.enqueue_downlink(mayor, application.pk, wanted).pk == first.pk
    assert (bytes(first.payload), first.f_port) == (b"\x01\x02", 2)
    assert queries.use_of(application, NOW).downlinks == 1


def test_a_downlink_for_a_device_of_somebody_else_is_not_found(equipped, application):
    with pytest.raises(NotFound):
        actions.enqueue_downlink(equipped.actor("operator"), application.pk, command(MASSY_VALVE, 2, "AQI=", None))


def test_a_token_opens_its_application_until_revoked_expired_or_closed(equipped, application, monkeypatch):
    mayor = equipped.actor("mayor")
    token, clear = actions.create_token(mayor, application.pk, "Supervision", NOW + timedelta(days=1))
    assert queries.credential(clear, NOW).application == application
    assert queries.credential(clear, NOW + timedelta(days=1)) is None
    actions.revoke_token(mayor, application.pk, token.pk)
    assert queries.credential(clear, NOW) is None
    _other, clear = actions.create_token(mayor, application.pk, "Autre", None)
    actions.close_application(equipped.actor("operator"), application.pk)
    assert queries.credential(clear, NOW) is None
    assert clear not in str(list(JournalEntry.objects.values_list("facts", flat=True)))


def test_who_acts_by_a_token_sells_nothing_and_sees_one_organisation(equipped, application):
    _token, clear = actions.create_token(equipped.actor("mayor"), application.pk, "Supervision", None)
    actor = queries.actor_of(queries.credential(clear, NOW))
    assert actor.visible_organisation_ids == {equipped.evry.pk}
    with pytest.raises(Refused):
        actions.set_quotas(actor, application.pk, Quotas())
    with pytest.raises(Refused):
        actions.create_application(actor, equipped.evry.pk, "Autre", Quotas())


def test_another_organisation_does_not_see_the_application(equipped, application):
    other = actions.create_application(equipped.actor("operator"), equipped.massy.pk, "À eux", Quotas())
    for attempt in (
        lambda: queries.application(equipped.actor("mayor"), other.pk),
        lambda: actions.create_token(equipped.actor("mayor"), other.pk, "x", None),
        lambda: actions.create_webhook(equipped.actor("mayor"), other.pk, PUBLIC),
    ):
        with pytest.raises(NotFound):
            attempt()


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.org/", "not_https"),
        ("https://localhost/x", "private"),
        ("https://127.0.0.1/", "private"),
        ("https://10.1.2.3/", "private"),
        ("https://169.254.169.254/latest", "private"),
        ("https://[::1]/", "private"),
        ("https://[fd00::1]/", "private"),
        ("https://[::ffff:10.0.0.1]/", "private"),
        ("https://[64:ff9b::a00:1]/", "private"),
        ("https://0.0.0.0/", "private"),
        ("https://user:word@example.org/", "secrets"),
        ("ftp://example.org/", "unreadable"),
        ("https://example.org:99999/", "unreadable"),
        ("https:///x", "unreadable"),
        ("", "unreadable"),
    ],
)
def test_an_address_that_is_not_public_is_refused(equipped, application, url, code):
    with pytest.raises(Invalid, match=f"webhook_url_{code}"):
        actions.create_webhook(equipped.actor("mayor"), application.pk, Target(url))


def test_the_operator_may_allow_private_addresses(equipped, application, monkeypatch):
    monkeypatch.setattr(settings, "WEBHOOKS_MAY_BE_PRIVATE", True)
    webhook, _secret = actions.create_webhook(equipped.actor("mayor"), application.pk, Target("http://10.1.2.3/"))
    assert webhook.url == "http://10.1.2.3/"


def test_a_webhook_keeps_its_secret_wrapped(equipped, application):
    webhook, secret = actions.create_webhook(equipped.actor("mayor"), application.pk, PUBLIC)
    assert secret not in bytes(webhook.webhook_secret)
    assert queries.secret_of(webhook) == secret


def test_keys_wrapped_anew_include_the_secrets_of_webhooks(equipped, application, monkeypatch):
    webhook, secret = actions.create_webhook(equipped.actor("mayor"), application.pk, PUBLIC)
    both = KeyRing([bytes(32), *settings.KEY_ENCRYPTION_KEYS])
    for module in (radio_actions, queries):
        monkeypatch.setattr(module, "key_ring", lambda: both)
    list(radio_actions.rewrap_keys(equipped.actor("operator")))
    webhook.refresh_from_db()
    assert both.is_current(bytes(webhook.webhook_secret))
    assert queries.secret_of(webhook) == secret


def test_an_unknown_type_and_a_replay_from_tomorrow_are_refused(equipped, application):
    mayor = equipped.actor("mayor")
    with pytest.raises(Invalid, match="event_type_unknown"):
        actions.create_webhook(mayor, application.pk, Target(PUBLIC.url, ["uplink"]))
    webhook, _secret = actions.create_webhook(mayor, application.pk, PUBLIC)
    with pytest.raises(Invalid, match="replay_in_the_future"):
        actions.replay(mayor, application.pk, webhook.pk, NOW + timedelta(days=1))
    actions.replay(mayor, application.pk, webhook.pk, NOW - timedelta(days=1))
    assert journalled("lorawan.webhook_replayed")[0]["since"].startswith("2026-03-01")


def test_a_closed_application_takes_nothing_more(equipped, application):
    actions.close_application(equipped.actor("operator"), application.pk)
    with pytest.raises(Conflict, match="application_closed"):
        actions.attach_device(equipped.actor("mayor"), application.pk, EVRY_SENSOR)
    assert Application.objects.unscoped("test").get().closed_at == NOW

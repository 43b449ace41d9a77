"""The applications' pages: who sees them, and what they say and do."""

import pytest
from django.urls import reverse
from tests.fixtures.radio import EVRY_SENSOR, EVRY_VALVE, NOW
from tests.lorawan.integrations.test_api import event

from maillage.lorawan.integrations import actions, queries
from maillage.lorawan.integrations.actions import Quotas, Target
from maillage.lorawan.integrations.models import Application, ApplicationDevice, DeadLetter, Webhook, WebhookAttempt

SECTIONS = ["application", "application_devices", "application_integrations", "application_tokens"]


@pytest.fixture
def hook(equipped, application):
    made, _secret = actions.create_webhook(
        equipped.actor("mayor"), application.pk, Target("https://93.184.216.34/x", ["up"])
    )
    return made


def letter(hook, number):
    facts = {"type": "up", "dev_eui": EVRY_VALVE, "attempts": 5, "status": 422, "given_up_at": NOW, "event_at": NOW}
    return DeadLetter.objects.create(webhook=hook, event_id=number, body="{}", **facts)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_mayor_sees_the_own_application_and_not_another(equipped, application, section):
    other = actions.create_application(equipped.actor("operator"), equipped.massy.pk, "À eux", Quotas())
    client = equipped.client("mayor")
    assert client.get(reverse(f"lorawan:{section}", args=[application.pk])).status_code == 200
    assert client.get(reverse(f"lorawan:{section}", args=[other.pk])).status_code == 404
    assert equipped.client("operator").get(reverse(f"lorawan:{section}", args=[other.pk])).status_code == 200


def test_the_navigation_offers_the_pages_to_who_has_an_application(equipped):
    path = reverse("lorawan:applications")
    assert path not in equipped.client("mayor").get("/account/").content.decode()
    actions.create_application(equipped.actor("operator"), equipped.evry.pk, "Bennes", Quotas())
    assert path in equipped.client("mayor").get("/account/").content.decode()
    assert path in equipped.client("operator").get("/account/").content.decode()


def test_the_operator_creates_an_application_and_sets_its_quotas(equipped):
    client = equipped.client("operator")
    given = {"organisation": equipped.evry.pk, "name": "Compteurs", "max_devices": "10"}
    made = client.post(reverse("lorawan:create_application"), given, follow=True)
    assert "0 sur 10" in made.content.decode().replace("\u202f", " ")
    found = Application.objects.unscoped("test").get()
    client.post(reverse("lorawan:application_quotas", args=[found.pk]), {"max_uplinks_a_day": "500"})
    found.refresh_from_db()
    assert (found.max_devices, found.max_uplinks_a_day) == (None, 500)
    assert equipped.client("mayor").get(reverse("lorawan:create_application")).status_code == 403


def test_an_application_is_closed_once_confirmed(equipped, application):
    client, path = equipped.client("operator"), reverse("lorawan:close_application", args=[application.pk])
    assert "Fermer cette application" in client.post(path).content.decode()
    application.refresh_from_db()
    assert application.closed_at is None
    assert "Application fermée" in client.post(path, {"confirmed": "1"}, follow=True).content.decode()


def test_devices_are_attached_registered_and_detached(equipped, application):
    client = equipped.client("agent")
    path = reverse("lorawan:application_devices", args=[application.pk])
    client.post(reverse("lorawan:attach_device", args=[application.pk]), {"dev_eui": EVRY_SENSOR})
    assert "Gymnase" in client.get(path).content.decode()
    own = {"name": "Sonde", "model": "other-class-a", "dev_eui": "70b3d52dd3000aaa", "join_eui": "0" * 16}
    own |= {"app_key": bytes(range(16)).hex()}
    full = client.post(reverse("lorawan:register_own_device", args=[application.pk]), own)
    assert full.status_code == 422
    assert "a déjà ses 2 appareils" in full.content.decode()
    client.post(reverse("lorawan:detach_device", args=[application.pk, EVRY_SENSOR]))
    made = client.post(reverse("lorawan:register_own_device", args=[application.pk]), own, follow=True)
    assert "Sonde est enregistré" in made.content.decode()
    assert ApplicationDevice.objects.count() == 2


def test_a_token_is_shown_once(equipped, application):
    client = equipped.client("mayor")
    shown = client.post(
        reverse("lorawan:create_application_token", args=[application.pk]), {"name": "MQTT", "lifetime_days": "365"}
    )
    assert "mlg_" in shown.content.decode()
    page = client.get(reverse("lorawan:application_tokens", args=[application.pk])).content.decode()
    assert "MQTT" in page
    assert "mlg_" not in page
    token = queries.tokens_of(application)[0]
    client.post(reverse("lorawan:revoke_application_token", args=[application.pk, token.pk]))
    assert queries.tokens_of(application) == []


def test_a_webhook_is_added_with_its_secret_shown_once_and_a_private_address_is_refused(equipped, application):
    client, path = equipped.client("mayor"), reverse("lorawan:create_webhook", args=[application.pk])
    refused = client.post(path, {"url": "https://10.0.0.1/"})
    assert refused.status_code == 422
    assert "est une adresse privée" in refused.content.decode()
    made = client.post(path, {"url": "https://93.184.216.34/x", "types": ["up", "join"]})
    assert "whsec_" in made.content.decode()
    hook = Webhook.objects.get()
    assert hook.types == ["join", "up"]
    assert "whsec_" not in client.get(reverse("lorawan:webhook", args=[application.pk, hook.pk])).content.decode()


def test_the_page_of_a_webhook_tells_the_last_attempts_and_what_was_given_up(equipped, application, hook):
    WebhookAttempt.objects.create(
        webhook=hook,
        event_id=7,
        type="up",
        dev_eui=EVRY_VALVE,
        at=NOW,
        status=None,
        problem="timeout",
        duration_ms=20000,
    )
    first, _second = letter(hook, 8), letter(hook, 9)
    client, path = equipped.client("mayor"), reverse("lorawan:webhook", args=[application.pk, hook.pk])
    page = client.get(path).content.decode()
    for words in ("Pas de réponse en 20 secondes", "HTTP 422", "evt_8", "evt_9"):
        assert words in page
    again = reverse("lorawan:send_again", args=[application.pk, hook.pk])
    client.post(again, {"letter": first.pk})
    assert list(DeadLetter.objects.exclude(send_again_at=None).values_list("event_id", flat=True)) == [8]
    assert "2 événements repartent" in client.post(again, follow=True).content.decode()
    client.post(reverse("lorawan:drop_dead_letters", args=[application.pk, hook.pk]))
    assert not DeadLetter.objects.exists()


def test_a_replay_takes_a_local_date_and_refuses_one_to_come(equipped, application, hook):
    for number, hour in ((1, 6), (2, 8)):
        event(application, number, at=NOW.replace(hour=hour))
    Webhook.objects.update(cursor_id=2)
    client, path = equipped.client("mayor"), reverse("lorawan:replay_webhook", args=[application.pk, hook.pk])
    assert client.post(path, {"since": "2026-03-02T08:00"}).status_code == 302  # 7 h UTC
    hook.refresh_from_db()
    assert (hook.cursor_id, hook.generation) == (1, 1)
    refused = client.post(path, {"since": "2026-03-03T08:00"})
    assert refused.status_code == 422
    assert "Cette date est à venir" in refused.content.decode()


def test_pausing_resuming_and_deleting_a_webhook(equipped, application, hook):
    client, path = equipped.client("mayor"), reverse("lorawan:change_webhook", args=[application.pk, hook.pk])
    client.post(path, {"do": "pause"})
    assert Webhook.objects.get().state == "paused"
    client.post(path, {"do": "resume"})
    assert Webhook.objects.get().state == "active"
    client.post(path, {"do": "delete"})
    assert not Webhook.objects.exists()


def test_the_overview_tells_the_last_events_and_the_quota_that_is_used_up(equipped, application):
    event(application, 7)
    actions.set_quotas(equipped.actor("operator"), application.pk, Quotas(max_devices=1))
    page = equipped.client("mayor").get(reverse("lorawan:application", args=[application.pk])).content.decode()
    assert "n° 7" in page
    assert 'data-tone="warning"' in page or "1 sur 1" in page.replace("\u202f", " ")

"""Messages leave by real peers, are tried again, and say why when they do not."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.fixtures.things import INSTALLER

from maillage.command.notifications import actions, queries
from maillage.command.notifications.actions import News, Wishes, Words
from maillage.command.notifications.engine.webpush import public_point
from maillage.command.notifications.http import Undelivered, resolved
from maillage.command.notifications.models import Notification, PushSubscription
from maillage.identity.models import User
from maillage.kernel import clock
from maillage.kernel.errors import Invalid, Refused

T = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WISHES = Wishes(
    by_email=False,
    by_push=False,
    sms_number="",
    severity="info",
    digest_at=None,
    quiet_from=None,
    quiet_until=None,
    critical_wakes=True,
)


@pytest.fixture(autouse=True)
def at(monkeypatch):
    def be(now):
        monkeypatch.setattr(clock, "now", lambda: now)
        return now

    be(T)
    return be


def person(actor):
    return User.objects.get(pk=actor.user_id)


def news(evry, severity="critical", subject="Trop froid"):
    payload = {"type": "alarm", "url": "http://localhost/alarms/1/"}
    return News(evry.organisation.pk, severity, lambda: Words(subject, "Purgez."), None, payload)


def told(evry, **more):
    return actions.tell_people(INSTALLER, [person(evry.mayor)], news(evry, **more))


def states():
    return [(one.channel, one.state, one.cause) for one in Notification.objects.unscoped("test").order_by("created_at")]


def test_an_email_leaves_by_the_mail_server(evry, mailbox):
    told(evry, subject="Trop froid\r\nBcc: other@example.org")
    actions.deliver_due(INSTALLER, T)
    (mail,) = mailbox.received
    assert mail["To"] == person(evry.mayor).email
    assert mail["Subject"] == "Trop froid Bcc: other@example.org"
    assert (mail["Bcc"], mail["Auto-Submitted"]) == (None, "auto-generated")
    assert "Purgez." in mail.get_content()
    assert states() == [("email", "sent", "")]
    assert actions.deliver_due(INSTALLER, T) == 0


def test_a_mailbox_that_does_not_exist_ends_it_with_the_servers_words(evry, mailbox):
    User.objects.filter(pk=evry.mayor.user_id).update(email="unknown@example.org")
    told(evry)
    actions.deliver_due(INSTALLER, T)
    message = Notification.objects.unscoped("test").get()
    assert (message.state, message.cause) == ("failed", "refused")
    assert "no such mailbox" in message.detail


def test_a_server_that_is_away_is_tried_again_then_given_up(evry, settings, at):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    told(evry)
    actions.deliver_due(INSTALLER, T)
    message = Notification.objects.unscoped("test").get()
    assert (message.state, message.cause, message.due_at) == ("waiting", "no_answer", T + timedelta(minutes=1))
    for hour in range(1, 10):
        actions.deliver_due(INSTALLER, at(T + timedelta(hours=hour)))
    message.refresh_from_db()
    assert (message.state, message.cause, message.attempts) == ("failed", "given_up", 6)


def test_without_a_mail_server_it_says_so(evry, settings):
    settings.EMAIL_BACKEND = "maillage.command.notifications.no_mail.NoMailServer"
    told(evry)
    actions.deliver_due(INSTALLER, T)
    assert states() == [("email", "failed", "mail_not_set_up")]


def test_an_sms_leaves_by_the_gateway(evry, program, settings):
    settings.MESSAGING = replace(
        settings.MESSAGING, sms_url=f"{program.url}/sms?v=1", sms_authorization="Bearer x", private_hooks=False
    )
    actions.prefer(evry.mayor, replace(WISHES, sms_number="+33612345678"))
    told(evry)
    actions.deliver_due(INSTALLER, T)
    ((path, headers, body),) = program.requests
    assert (path, headers["Authorization"]) == ("/sms?v=1", "Bearer x")
    assert json.loads(body) == {"to": "+33612345678", "text": "Trop froid Purgez."}


def test_a_webhook_is_signed_and_tried_again(evry, program, at):
    hook = actions.save_hook(evry.mayor, evry.organisation.pk, "Centre", f"{program.url}/in", "info")
    program.status = 503
    actions.tell_programs(INSTALLER, news(evry))
    actions.deliver_due(INSTALLER, T)
    assert states() == [("webhook", "waiting", "refused")]
    program.status = 204
    actions.deliver_due(INSTALLER, at(T + timedelta(minutes=2)))
    assert states() == [("webhook", "sent", "")]
    _, headers, body = program.requests[-1]
    stamp, given = (part.split("=")[1] for part in headers["X-Maillage-Signature"].split(","))
    expected = hmac.new(hook.secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert given == expected
    assert json.loads(body)["type"] == "alarm"


def test_a_refusal_that_time_will_not_change_is_final(evry, program):
    actions.save_hook(evry.mayor, evry.organisation.pk, "Centre", program.url, "info")
    program.status = 400
    actions.tell_programs(INSTALLER, news(evry))
    actions.deliver_due(INSTALLER, T)
    assert states() == [("webhook", "failed", "refused")]


def test_a_webhook_into_a_private_network_is_refused(evry, program, settings):
    settings.MESSAGING = replace(settings.MESSAGING, private_hooks=False)
    actions.save_hook(evry.mayor, evry.organisation.pk, "Centre", program.url, "info")
    actions.tell_programs(INSTALLER, news(evry))
    actions.deliver_due(INSTALLER, T)
    assert (states(), program.requests) == ([("webhook", "failed", "address_private")], [])


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://[::1]/", "http://10.0.0.1/", "http://169.254.1.1/"])
def test_private_addresses_are_known_as_such(url):
    with pytest.raises(Undelivered) as refused:
        resolved(url, private_allowed=False)
    assert refused.value.code == "address_private"


def test_a_push_is_encrypted_for_the_browser_and_forgotten_once_gone(evry, program):
    browser = ec.generate_private_key(ec.SECP256R1())
    actions.add_push(evry.mayor, "https://push.example.org/1", public_point(browser), bytes(16), "Firefox")
    PushSubscription.objects.update(endpoint=f"{program.url}/push")
    actions.prefer(evry.mayor, replace(WISHES, by_push=True))
    told(evry)
    actions.deliver_due(INSTALLER, T)
    ((_, headers, body),) = program.requests
    assert (headers["Content-Encoding"], headers["Urgency"]) == ("aes128gcm", "high")
    assert headers["Authorization"].startswith("vapid t=")
    assert b"Trop froid" not in body
    program.status = 410
    told(evry)
    actions.deliver_due(INSTALLER, T)
    assert not PushSubscription.objects.exists()
    assert ("push", "failed", "gone") in states()


def test_quiet_hours_end_in_one_message(evry, mailbox, at):
    actions.prefer(evry.mayor, replace(WISHES, by_email=True, quiet_from=time(8), quiet_until=time(12)))
    for number in range(3):
        told(evry, severity="warning", subject=f"Alarme {number}")
    actions.deliver_due(INSTALLER, T)
    assert mailbox.received == []
    actions.deliver_due(INSTALLER, at(datetime(2026, 3, 2, 11, 0, tzinfo=UTC)))
    (mail,) = mailbox.received
    assert mail["Subject"] == "3 alarmes"
    assert "• Alarme 2" in mail.get_content()
    assert sorted(states()) == [
        ("email", "sent", ""),
        ("email", "skipped", "grouped"),
        ("email", "skipped", "grouped"),
    ]


def test_a_storm_of_messages_is_put_together(evry, mailbox, at):
    for number in range(25):
        told(evry, subject=f"Alarme {number}")
    actions.deliver_due(INSTALLER, T)
    assert len(mailbox.received) == 20
    actions.deliver_due(INSTALLER, at(T + timedelta(hours=1)))
    assert [mail["Subject"] for mail in mailbox.received[20:]] == ["5 alarmes"]


def test_what_is_not_wanted_is_noted_and_not_sent(evry, mailbox):
    told(evry, severity="info")
    actions.deliver_due(INSTALLER, T)
    assert (mailbox.received, states()) == ([], [("email", "skipped", "below_severity")])


def test_messages_are_in_the_language_of_their_reader(evry, mailbox):
    User.objects.filter(pk=evry.mayor.user_id).update(language="en")
    wishes = replace(WISHES, by_email=True, quiet_from=time(8), quiet_until=time(12))
    actions.prefer(evry.mayor, wishes)
    for _ in range(2):
        told(evry, severity="warning")
    actions.join_held(INSTALLER, datetime(2026, 3, 2, 12, 0, tzinfo=UTC))
    assert Notification.objects.unscoped("test").get(state="waiting").subject == "2 alarms"


def test_preferences_that_make_no_sense_are_refused(evry):
    for wrong, code in (
        (replace(WISHES, sms_number="0612345678"), "sms_number_unfit"),
        (replace(WISHES, quiet_from=time(8)), "quiet_hours_half"),
        (replace(WISHES, severity="loud"), "severity_unknown"),
    ):
        with pytest.raises(Invalid, match=code):
            actions.prefer(evry.mayor, wrong)


def test_a_process_has_no_preferences_and_a_stranger_no_messages(evry, brunoy):
    with pytest.raises(Refused):
        queries.own_preference(INSTALLER)
    told(evry)
    assert not queries.messages(brunoy.mayor).exists()

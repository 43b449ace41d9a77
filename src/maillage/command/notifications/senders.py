"""One function a channel: the message leaves, or ``Undelivered`` says why it did not."""

import json
import os
import smtplib
from collections.abc import Callable, Mapping

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.core.mail import EmailMessage

from maillage.command.notifications import http, vapid
from maillage.command.notifications.engine import signing, sms, webpush
from maillage.command.notifications.http import Undelivered
from maillage.command.notifications.models import Notification
from maillage.kernel import clock

_PUSH_TTL_S = 24 * 3600
_SMTP_PERMANENT = 500
Sender = Callable[[Notification], None]


def send_email(message: Notification) -> None:
    """By the installation's mail server."""
    mail = EmailMessage(message.subject, message.body, to=[message.address])
    mail.extra_headers["Auto-Submitted"] = "auto-generated"
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as problem:
        code, said = next(iter(problem.recipients.values()))
        raise Undelivered("refused", f"{code} {said!r}", is_final=code >= _SMTP_PERMANENT) from problem
    except (OSError, smtplib.SMTPException) as problem:
        raise Undelivered("no_answer", f"{type(problem).__name__}: {problem}") from problem


def send_sms(message: Notification) -> None:
    """By the installation's SMS gateway."""
    gateway = settings.MESSAGING.sms_url
    if not gateway:
        raise Undelivered("sms_not_set_up", is_final=True)
    headers = {"Content-Type": "application/json"}
    if settings.MESSAGING.sms_authorization:
        headers["Authorization"] = settings.MESSAGING.sms_authorization
    body = sms.body(settings.MESSAGING.sms_template, message.address, f"{message.subject} {message.body}")
    http.post(http.resolved(gateway, private_allowed=True), body, headers)


def send_push(message: Notification) -> None:
    """To a browser, by the push service it chose."""
    subscription = message.push
    if subscription is None:
        raise Undelivered("gone", is_final=True)
    browser = webpush.Browser(subscription.endpoint, bytes(subscription.p256dh), bytes(subscription.auth))
    said = {"title": message.subject, "body": message.body[:500], "url": message.payload.get("url", "")}
    key, contact = vapid.signing_key(), settings.MESSAGING.contact
    body = webpush.encrypted(_json(said), browser, os.urandom(16), ec.generate_private_key(ec.SECP256R1()))
    headers = {
        "Authorization": webpush.authorization(browser.endpoint, contact, key, clock.now()),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(_PUSH_TTL_S),
        "Urgency": "high" if message.severity == "critical" else "normal",
    }
    private = settings.MESSAGING.private_hooks
    http.post(http.resolved(browser.endpoint, private_allowed=private), body, headers)


def send_webhook(message: Notification) -> None:
    """To a program, signed."""
    hook = message.hook
    if hook is None or not hook.enabled:
        raise Undelivered("gone", is_final=True)
    body = _json({"id": str(message.pk), **message.payload})
    signature = signing.signature(hook.secret, body, clock.now())
    headers = {"Content-Type": "application/json", signing.HEADER: signature}
    http.post(http.resolved(hook.url, private_allowed=settings.MESSAGING.private_hooks), body, headers)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


SENDERS: Mapping[str, Sender] = {
    "email": send_email,
    "sms": send_sms,
    "push": send_push,
    "webhook": send_webhook,
}

"""How each person wants to be told, the programs outside that are told, and every message with what became of it."""

from typing import ClassVar

from django.db import models

from maillage.identity.models import User
from maillage.identity.tenancy import TenantOwned


class Severity(models.TextChoices):
    """How serious: to be known, to be seen to, to be seen to now."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Preference(TenantOwned):
    """How a person wants to be told about an organisation's alarms. Without a row: by e-mail, critical ones only.

    What is less severe than ``severity``, or comes in quiet hours, waits for the digest; without digest it is not sent.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    by_email = models.BooleanField(default=True)
    by_push = models.BooleanField(default=False)
    sms_number = models.CharField(max_length=20, blank=True, help_text="International, such as +33612345678.")
    severity = models.CharField(max_length=8, choices=Severity, default=Severity.CRITICAL)
    digest_at = models.TimeField(null=True, blank=True, help_text="Local time of the daily digest; null: none.")
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    critical_wakes = models.BooleanField(default=True, help_text="Critical alarms are told in quiet hours, too.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "organisation"], name="command_preference_once"),
            models.CheckConstraint(
                name="command_quiet_hours_have_both_ends",
                condition=models.Q(quiet_from=None, quiet_until=None)
                | models.Q(quiet_from__isnull=False, quiet_until__isnull=False),
            ),
        ]


class PushSubscription(models.Model):
    """A browser in which a person accepted to be told (RFC 8030). ``p256dh`` and ``auth``: RFC 8291, raw bytes."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="push_subscriptions")
    endpoint = models.URLField(max_length=1000, unique=True)
    p256dh = models.BinaryField(max_length=65)
    auth = models.BinaryField(max_length=16)
    label = models.CharField(max_length=100)
    created_at = models.DateTimeField()


class Hook(TenantOwned):
    """A program outside that is told of an organisation's alarms; each call is signed with ``secret``."""

    name = models.CharField(max_length=100)
    url = models.URLField(max_length=500)
    secret = models.CharField(max_length=64)
    enabled = models.BooleanField(default=True)
    severity = models.CharField(max_length=8, choices=Severity, default=Severity.INFO)

    def __str__(self) -> str:
        return self.name


class Notification(TenantOwned):
    """One message on one channel, from the moment it is owed until it has left or cannot."""

    class Channel(models.TextChoices):
        EMAIL = "email"
        SMS = "sms"
        PUSH = "push"
        WEBHOOK = "webhook"

    class State(models.TextChoices):
        WAITING = "waiting"
        HELD = "held"
        SENT = "sent"
        FAILED = "failed"
        SKIPPED = "skipped"

    id = models.UUIDField(primary_key=True)
    channel = models.CharField(max_length=8, choices=Channel)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    hook = models.ForeignKey(Hook, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    push = models.ForeignKey(PushSubscription, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    alarm = models.ForeignKey("command.Alarm", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    address = models.CharField(max_length=1000)
    subject = models.CharField(max_length=300)
    body = models.TextField()
    payload = models.JSONField(default=dict, help_text="What a program is told.")
    severity = models.CharField(max_length=8, choices=Severity)
    state = models.CharField(max_length=8, choices=State)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="Not before; moved by quiet hours, digests and retries.")
    attempts = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)
    cause = models.CharField(max_length=64, blank=True, help_text="Stable code of why it is not sent.")
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"], condition=models.Q(state__in=["waiting", "held"]), name="command_notification_due"
            ),
            models.Index(fields=["user", "-created_at"], name="command_notification_user"),
            models.Index(fields=["organisation", "-created_at"], name="command_notification_tenant"),
        ]

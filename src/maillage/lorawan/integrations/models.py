"""Applications, their devices, tokens, webhooks, and the log of their events.

Nothing here imports ``lorawan.models``, which imports this module so that Django finds it.
"""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from maillage.identity.tenancy import TenantOwned

NAME_CHARACTERS = 100
URL_CHARACTERS = 500


class Application(TenantOwned):
    """What one customer buys connectivity for. The quotas are what was sold: None is without limit."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=NAME_CHARACTERS)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    max_devices = models.PositiveIntegerField(null=True, blank=True)
    max_uplinks_a_day = models.PositiveIntegerField(null=True, blank=True)
    max_downlinks_a_day = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "name"], name="lorawan_application_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ApplicationDevice(models.Model):
    """A device hands its events over to one application, as long as both belong to the same organisation."""

    device = models.OneToOneField("lorawan.Device", on_delete=models.CASCADE, primary_key=True, related_name="+")
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="attachments")
    attached_at = models.DateTimeField()
    announced_join_at = models.DateTimeField(null=True, help_text="The session whose join event has been given.")
    announced_status_at = models.DateTimeField(null=True, help_text="The device status whose event has been given.")


class ApplicationToken(models.Model):
    """A bearer token that opens one application and nothing else. Only its SHA-256 is kept."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=NAME_CHARACTERS)
    digest = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)


class ApplicationUsage(models.Model):
    """What an application has used on one day (UTC)."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    uplinks = models.PositiveBigIntegerField(default=0)
    withheld = models.PositiveBigIntegerField(default=0, help_text="Uplinks beyond the quota: not handed over.")
    downlinks = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["application", "day"], name="lorawan_application_usage"),
        ]


class Event(models.Model):
    """The log of what applications are told, partitioned by day (UTC) and kept 7 days.

    One process writes it, in the order of ``id``: whoever has read up to an id has missed nothing before it.
    ``source`` tells what made the event, so that news delivered twice makes it once.
    """

    id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    application_id = models.UUIDField()
    dev_eui = models.CharField(max_length=16)
    type = models.CharField(max_length=12)
    source = models.CharField(max_length=64)
    body = models.TextField(help_text="JSON, as it is sent.")

    class Meta:
        managed = False
        db_table = "lorawan_event"


class EventCursor(models.Model):
    """How far a reader of the whole log has come: ``mqtt``."""

    reader = models.CharField(max_length=16, primary_key=True)
    event_id = models.BigIntegerField()


class Webhook(models.Model):
    """An address that is sent an application's events, from its own place in the log (``cursor_id``).

    ``generation`` changes whenever a person changes the row: what a courier had begun before no longer counts.
    """

    class State(models.TextChoices):
        ACTIVE = "active"
        PAUSED = "paused"
        GONE = "gone"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=URL_CHARACTERS)
    webhook_secret = models.BinaryField(help_text="Wrapped (``keys.py``).")
    types = ArrayField(models.CharField(max_length=12), default=list, help_text="Empty: every type.")
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    created_at = models.DateTimeField()
    generation = models.PositiveIntegerField(default=0)
    cursor_id = models.BigIntegerField(help_text="The last event that has been delivered or given up.")
    attempts = models.PositiveIntegerField(default=0, help_text="Failed ones of the event after the cursor.")
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)


class WebhookAttempt(models.Model):
    """One of the last attempts at an address. ``status`` is that of HTTP; ``problem`` a code when there is none."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="attempts_made")
    event_id = models.BigIntegerField()
    type = models.CharField(max_length=12)
    dev_eui = models.CharField(max_length=16)
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    problem = models.CharField(max_length=32, blank=True)
    duration_ms = models.PositiveIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["webhook", "-id"], name="lorawan_webhook_attempt")]


class DeadLetter(models.Model):
    """An event that an address has refused for too long; it holds the body, which outlives the log."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="dead_letters")
    event_id = models.BigIntegerField()
    event_at = models.DateTimeField()
    type = models.CharField(max_length=12)
    dev_eui = models.CharField(max_length=16)
    body = models.TextField()
    given_up_at = models.DateTimeField()
    attempts = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True)
    problem = models.CharField(max_length=32, blank=True)
    send_again_at = models.DateTimeField(null=True, blank=True, help_text="When somebody asked for one more try.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["webhook", "event_id"], name="lorawan_dead_letter_once"),
        ]

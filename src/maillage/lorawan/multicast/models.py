"""Groups, their members and the messages to them. Keys are wrapped (``keys.py``)."""

from typing import ClassVar

from django.db import models

from maillage.identity.tenancy import TenantOwned


class MulticastGroup(TenantOwned):
    """Devices that share an address, a key and a downlink counter (LoRaWAN L2 1.0.4, §17; TS005)."""

    class DeviceClass(models.TextChoices):
        B = "B"
        C = "C"

    name = models.CharField(max_length=100)
    mc_addr = models.BigIntegerField(unique=True)
    mc_key = models.BinaryField(help_text="Wrapped; each member gets it under its own key.")
    device_class = models.CharField(max_length=1, choices=DeviceClass)
    frequency_hz = models.BigIntegerField()
    data_rate = models.PositiveSmallIntegerField()
    periodicity = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Class B: a slot every 2^n s.")
    f_cnt = models.BigIntegerField(default=0, help_text="Next counter; durable before a frame that uses it.")
    session_starts_at = models.DateTimeField(null=True, blank=True, help_text="The last session asked for.")
    session_ends_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)


class MulticastMember(models.Model):
    """A device of a group, and where the conversation with it stands (``multicast.conversation``)."""

    class Step(models.TextChoices):
        CLOCK = "clock"
        GROUP = "group"
        READY = "ready"
        REFUSED = "refused"

    group = models.ForeignKey(MulticastGroup, on_delete=models.CASCADE, related_name="members")
    device = models.ForeignKey("lorawan.Device", on_delete=models.CASCADE, related_name="+")
    slot = models.PositiveSmallIntegerField(help_text="McGroupID on the device, 0 to 3.")
    step = models.CharField(max_length=16, choices=Step, default=Step.CLOCK)
    cause = models.CharField(max_length=64, blank=True, help_text="Why it was refused.")
    asked = models.CharField(max_length=16, blank=True, help_text="The last question.")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often that one was asked.")
    asked_at = models.DateTimeField(null=True, blank=True)
    downlink = models.UUIDField(null=True, blank=True, help_text="What carries the question.")
    session_at = models.DateTimeField(null=True, blank=True, help_text="Start of the session it has agreed to.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["group", "device"], name="lorawan_member_once"),
            # A device holds four groups, each in a place of its own (TS005-2.0.0, §3).
            models.UniqueConstraint(fields=["device", "slot"], name="lorawan_member_slot"),
        ]


class MulticastMessage(models.Model):
    """Something to tell a group while it listens."""

    class State(models.TextChoices):
        QUEUED = "queued"
        SENT = "sent"
        FAILED = "failed"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True)
    group = models.ForeignKey(MulticastGroup, on_delete=models.CASCADE, related_name="messages")
    f_port = models.PositiveSmallIntegerField()
    payload = models.BinaryField()
    state = models.CharField(max_length=16, choices=State, default=State.QUEUED)
    cause = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    f_cnt = models.BigIntegerField(null=True, blank=True)
    copies = models.PositiveSmallIntegerField(default=0, help_text="Gateways that were to send it.")
    copies_failed = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["group", "created_at"], name="lorawan_mc_message_group")]

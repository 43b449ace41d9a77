"""Firmware images, campaigns, and each device's progress."""

from typing import ClassVar

from django.db import models

from maillage.identity.tenancy import TenantOwned
from maillage.lorawan.multicast.models import MulticastGroup


class FirmwareImage(TenantOwned):
    """A file as it goes to the devices, octet for octet."""

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=100)
    content = models.BinaryField()
    size_bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()


class FirmwareCampaign(TenantOwned):
    """One image to one group (``fuota.engine`` explains the states)."""

    class State(models.TextChoices):
        PREPARING = "preparing"
        STARTING = "starting"
        SENDING = "sending"
        CHECKING = "checking"
        DONE = "done"
        STOPPED = "stopped"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True)
    group = models.ForeignKey(MulticastGroup, on_delete=models.PROTECT, related_name="campaigns")
    image = models.ForeignKey(FirmwareImage, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=16, choices=State, default=State.PREPARING)
    cause = models.CharField(max_length=64, blank=True)
    fragment_bytes = models.PositiveSmallIntegerField()
    data_fragments = models.PositiveIntegerField()
    redundancy = models.PositiveIntegerField(help_text="Coded fragments of the first round.")
    next_fragment = models.PositiveIntegerField(default=1, help_text="Durable before a frame that carries it.")
    last_fragment = models.PositiveIntegerField()
    round = models.PositiveSmallIntegerField(default=0)
    session_cnt = models.PositiveIntegerField()
    lead_s = models.PositiveIntegerField(help_text="How long devices have to answer: some of their own periods.")
    until = models.DateTimeField(help_text="When the present state is left whoever has not answered.")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            # A group receives one image at a time: they would share its session and its fragments' numbers.
            models.UniqueConstraint(
                fields=["group"], condition=models.Q(ended_at=None), name="lorawan_one_campaign_a_group"
            ),
        ]


class CampaignReceiver(models.Model):
    """A device of a campaign."""

    class Step(models.TextChoices):
        WAITING = "waiting"
        VERSION = "version"
        SETUP = "setup"
        RECEIVING = "receiving"
        DONE = "done"
        FAILED = "failed"

    campaign = models.ForeignKey(FirmwareCampaign, on_delete=models.CASCADE, related_name="receivers")
    device = models.ForeignKey("lorawan.Device", on_delete=models.CASCADE, related_name="+")
    step = models.CharField(max_length=16, choices=Step, default=Step.WAITING)
    cause = models.CharField(max_length=64, blank=True)
    received = models.PositiveIntegerField(default=0, help_text="Fragments, as it said last.")
    missing = models.PositiveIntegerField(null=True, blank=True, help_text="Still needed, as it said last.")
    checked_round = models.SmallIntegerField(default=-1, help_text="The round after which it said so.")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["campaign", "device"], name="lorawan_receiver_once"),
        ]

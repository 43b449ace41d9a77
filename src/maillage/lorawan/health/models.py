"""What the frame log of the last day says of each device and gateway; counted again every so often."""

from typing import ClassVar

from django.db import models


class DeviceHealth(models.Model):
    """``learned_period_s`` is null for a device that speaks irregularly: its model's period counts then."""

    device = models.OneToOneField("lorawan.Device", on_delete=models.CASCADE, primary_key=True, related_name="health")
    declared_period_s = models.PositiveIntegerField(null=True, blank=True, help_text="What a person said it is.")
    learned_period_s = models.PositiveIntegerField(null=True, blank=True, help_text="Median of a regular device.")
    heard_frames = models.PositiveIntegerField(default=0, help_text="Of the last day.")
    lost_frames = models.PositiveIntegerField(default=0, help_text="Missing between their counters.")
    margin_db = models.FloatField(null=True, blank=True, help_text="Mean SNR above what its data rate needs.")
    counted_at = models.DateTimeField(null=True, blank=True)


class Hearing(models.Model):
    """How a gateway heard a device during the last day."""

    gateway_eui = models.CharField(max_length=16)
    device = models.ForeignKey("lorawan.Device", on_delete=models.CASCADE, related_name="+")
    frames = models.PositiveIntegerField()
    rssi_dbm = models.FloatField(help_text="Mean.")
    snr_db = models.FloatField(help_text="Mean.")
    last_at = models.DateTimeField()
    counted_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["gateway_eui", "device"], name="lorawan_hearing_once"),
        ]

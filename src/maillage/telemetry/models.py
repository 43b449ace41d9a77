"""OGC SensorThings vocabulary: Thing, Datastream, Observation, and the latest value of each datastream."""

from typing import ClassVar

from django.db import models

from maillage.identity.tenancy import TenantOwned
from maillage.lorawan.models import Device
from maillage.territory.models import Site, Space


class Thing(TenantOwned):
    """Equipment that measures or acts, in a place. Its measures come from a device of one of the networks."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    space = models.ForeignKey(Space, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=150)
    category = models.CharField(max_length=32, help_text="As the device model declares: radiator_valve, relay…")
    solution = models.CharField(max_length=32, blank=True, help_text="Code of the solution it serves: heating, access…")
    device = models.OneToOneField(Device, on_delete=models.PROTECT, null=True, blank=True, related_name="thing")
    decommissioned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            # A thing out of service gives its name to the one that replaces it.
            models.UniqueConstraint(
                fields=["site", "name"],
                condition=models.Q(decommissioned_at=None),
                name="telemetry_thing_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Datastream(TenantOwned):
    """One quantity of one thing over time."""

    thing = models.ForeignKey(Thing, on_delete=models.CASCADE, related_name="+")
    quantity = models.CharField(max_length=48, help_text="Standard code such as air_temperature.")
    unit = models.CharField(max_length=16, help_text="UCUM code such as Cel.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["thing", "quantity"], name="telemetry_datastream_quantity"),
        ]


class Observation(models.Model):
    """A value at an instant. Partitioned by month; the key makes a repeated delivery harmless."""

    class Source(models.IntegerChoices):
        MEASURED = 0
        GENERATED = 1

    pk = models.CompositePrimaryKey("datastream_id", "at")
    datastream = models.ForeignKey(Datastream, on_delete=models.DO_NOTHING, related_name="+")
    at = models.DateTimeField()
    value = models.FloatField()
    source = models.PositiveSmallIntegerField(choices=Source, default=Source.MEASURED)

    class Meta:
        managed = False
        db_table = "telemetry_observation"


class Latest(models.Model):
    """The newest observation of a datastream, by the time of measurement."""

    datastream = models.OneToOneField(Datastream, on_delete=models.CASCADE, primary_key=True, related_name="latest")
    at = models.DateTimeField()
    value = models.FloatField()

"""OGC SensorThings vocabulary: Thing, Datastream, Observation, and the latest value of each datastream."""

from typing import ClassVar

from django.db import models

from maillage.identity.models import Organisation, User
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


class ObservedProperty(models.Model):
    """What a quantity code means: a catalogue that all tenants share. ``code`` is ``Datastream.quantity``."""

    code = models.CharField(max_length=48, primary_key=True)
    name = models.CharField(max_length=100, help_text="In French.")
    name_en = models.CharField(max_length=100)
    unit = models.CharField(max_length=16, help_text="UCUM code in which it is usually given.")
    definition = models.URLField(blank=True, help_text="Where a vocabulary defines it.")

    def __str__(self) -> str:
        return self.name


class FeatureOfInterest(TenantOwned):
    """What is observed when it is not the place of the thing: a river, the street, the neighbour's meter."""

    name = models.CharField(max_length=150)
    description = models.TextField(blank=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "name"], name="telemetry_feature_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Datastream(TenantOwned):
    """One quantity of one thing over time."""

    class Kind(models.TextChoices):
        GAUGE = "gauge"
        STATE = "state"
        COUNTER = "counter"

    class Source(models.TextChoices):
        LORAWAN = "lorawan"
        HTTP = "http"
        MQTT = "mqtt"
        MODBUS = "modbus"
        IMPORT = "import"

    thing = models.ForeignKey(Thing, on_delete=models.CASCADE, related_name="+")
    quantity = models.CharField(max_length=48, help_text="Standard code such as air_temperature.")
    unit = models.CharField(max_length=16, help_text="UCUM code such as Cel.")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.GAUGE)
    source = models.CharField(max_length=8, choices=Source, default=Source.LORAWAN)
    period_s = models.PositiveIntegerField(null=True, blank=True, help_text="How often a value is due.")
    modulus = models.FloatField(null=True, blank=True, help_text="A counter that reaches it begins again at zero.")
    feature = models.ForeignKey(FeatureOfInterest, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["thing", "quantity"], name="telemetry_datastream_quantity"),
            # Half of it tells a turn from a reset: zero or less would make every reset a turn.
            models.CheckConstraint(
                condition=models.Q(modulus=None) | models.Q(modulus__gt=0), name="telemetry_modulus_positive"
            ),
        ]


class Observation(models.Model):
    """A value at an instant. Partitioned by month; the key makes a repeated delivery harmless."""

    class Source(models.IntegerChoices):
        MEASURED = 0
        GENERATED = 1
        IMPORTED = 2
        PUSHED = 3
        CORRECTED = 8
        # Taken back by a person. The row stays, so that the same value delivered again does not come back to life.
        WITHDRAWN = 9

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


class Quarantined(TenantOwned):
    """Values of a datastream that were not stored, counted by day and cause, with the last one."""

    datastream = models.ForeignKey(Datastream, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    cause = models.CharField(max_length=48)
    source = models.CharField(max_length=8)
    count = models.PositiveIntegerField()
    last_at = models.DateTimeField()
    sample = models.CharField(max_length=120)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["datastream", "day", "cause"], name="telemetry_quarantined_once"),
        ]


class ImportFile(TenantOwned):
    """A file of values that was read and judged, waiting to be confirmed by who sent it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    file_name = models.CharField(max_length=200)
    rows = models.JSONField(help_text="[datastream_id, at, value, unit] of every good row.")
    bad = models.JSONField(help_text="[line, text, cause, facts] of every bad row.")
    created_at = models.DateTimeField()


class ArchivedMonth(models.Model):
    """A UTC month whose values are in a file. Values of it that came later are in its partition until merged."""

    month = models.DateField(primary_key=True)
    file = models.CharField(max_length=120, help_text="Under the archive folder.")
    value_count = models.BigIntegerField()
    byte_count = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    hours_kept = models.BooleanField(default=True, help_text="Hourly summaries are still in the database.")
    archived_at = models.DateTimeField()


class RetentionRule(TenantOwned):
    """How long values are kept. The most particular counts: of both, of the organisation, of the quantity, of none.

    Null ``summary_days``: hourly and daily summaries are kept for ever.
    """

    organisation = models.ForeignKey(  # type: ignore[assignment] # null: everybody's
        Organisation, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    quantity = models.CharField(max_length=48, blank=True)
    value_days = models.PositiveIntegerField()
    summary_days = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "quantity"], nulls_distinct=False, name="telemetry_retention_rule"
            ),
        ]

"""Communes, the public sites in them, and the spaces inside a site. Coordinates are WGS 84 (EPSG:4326)."""

from typing import ClassVar

from django.contrib.gis.db import models as gis
from django.contrib.postgres.fields import ArrayField
from django.db import models

from maillage.identity.models import Organisation
from maillage.identity.tenancy import TenantOwned


class Commune(models.Model):
    """A municipality of the territory: public reference data (INSEE, IGN, La Poste), not owned by a tenant."""

    insee = models.CharField(max_length=5, primary_key=True)
    name = models.CharField(max_length=100)
    siren = models.CharField(max_length=9)
    postcodes = ArrayField(models.CharField(max_length=5))
    population = models.PositiveIntegerField()
    epci_siren = models.CharField(max_length=9, blank=True)
    epci_name = models.CharField(max_length=200, blank=True)
    outline = gis.MultiPolygonField(srid=4326)
    organisation = models.OneToOneField(
        Organisation,
        on_delete=models.PROTECT,
        null=True,
        related_name="commune",
        help_text="Set for members.",
    )

    def __str__(self) -> str:
        return self.name


class Site(TenantOwned):
    """A place that the organisation runs: a school, a cemetery, a mast."""

    class Kind(models.TextChoices):
        TOWN_HALL = "town_hall"
        SCHOOL = "school"
        GYMNASIUM = "gymnasium"
        CEMETERY = "cemetery"
        TECHNICAL_CENTRE = "technical_centre"
        MAST = "mast"

    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=24, choices=Kind)
    name = models.CharField(max_length=150)
    address = models.CharField(max_length=200, blank=True)
    location = gis.PointField(srid=4326)
    generated = models.BooleanField(default=False, help_text="Invented for the demonstration, not a real site.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "name"], name="territory_site_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Space(TenantOwned):
    """A room, corridor or gate inside a site."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=100)
    floor = models.SmallIntegerField(default=0)
    area_m2 = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["site", "name"], name="territory_space_name"),
        ]

    def __str__(self) -> str:
        return self.name

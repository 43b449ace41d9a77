"""Reads of communes, their sites and their outlines."""

from collections.abc import Sequence

from django.contrib.gis.geos import Polygon
from django.db.models import Count

from maillage.identity.actor import Actor
from maillage.territory.models import Commune, Site
from maillage.territory.policies import require_commune

_AROUND_DEG = 0.06  # some 5 km: what a map of the commune shows of its neighbours


def communes(actor: Actor) -> Sequence[Commune]:
    """The member communes that ``actor`` sees, by name, without their outlines."""
    members = Commune.objects.exclude(organisation=None).select_related("organisation").defer("outline")
    if actor.visible_organisation_ids is not None:
        members = members.filter(organisation_id__in=actor.visible_organisation_ids)
    return list(members.order_by("name", "insee"))


def commune(actor: Actor, insee: str) -> Commune:
    """One commune with its outline; ``NotFound`` when it is not for ``actor``."""
    found = Commune.objects.select_related("organisation").filter(insee=insee).first()
    return require_commune(actor, found, insee)


def own_commune(actor: Actor) -> Commune | None:
    """The commune that the actor acts for, if it is one."""
    if actor.organisation_id is None:
        return None
    return Commune.objects.filter(organisation_id=actor.organisation_id).defer("outline").first()


def sites(actor: Actor, insee: str) -> Sequence[Site]:
    """The sites in a commune that ``actor`` sees, by name."""
    return list(Site.objects.visible_to(actor).filter(commune_id=insee).order_by("name", "pk"))


def site_counts(actor: Actor) -> dict[str, int]:
    """How many sites ``actor`` sees in each commune, by INSEE code."""
    rows = Site.objects.visible_to(actor).values("commune_id").annotate(count=Count("pk")).order_by("commune_id")
    return {row["commune_id"]: row["count"] for row in rows}


def neighbours(of: Commune) -> Sequence[Commune]:
    """The communes around ``of``, whoever they belong to: their outlines are public."""
    west, south, east, north = of.outline.extent
    box = Polygon.from_bbox((west - _AROUND_DEG, south - _AROUND_DEG, east + _AROUND_DEG, north + _AROUND_DEG))
    box.srid = of.outline.srid
    return list(Commune.objects.filter(outline__bboverlaps=box).exclude(pk=of.pk).order_by("insee"))


def outlines(insee: Sequence[str]) -> Sequence[Commune]:
    """These communes with their outlines, by code."""
    return list(Commune.objects.filter(pk__in=insee).order_by("insee"))

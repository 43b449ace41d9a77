"""REST: communes and their sites, as far as the actor sees them."""

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from maillage.identity.middleware import actor_of
from maillage.territory import queries
from maillage.territory.models import Commune, Site

router = Router()


class CommuneOut(Schema):
    """A member commune."""

    insee: str
    name: str
    population: int
    postcodes: list[str]
    organisation_id: int


class SiteOut(Schema):
    """A public site. ``generated`` sites are invented for the demonstration."""

    id: int
    organisation_id: int
    commune: str = Field(description="INSEE code.")
    kind: str
    name: str
    address: str
    latitude_deg: float
    longitude_deg: float
    generated: bool


class SitesQuery(Schema):
    """Which commune's sites."""

    commune: str = Field(pattern=r"^[0-9AB]{5}$", description="INSEE code.")


@router.get("/communes", response=list[CommuneOut], summary="Communes", tags=["territory"])
def communes(request: HttpRequest) -> list[Commune]:
    """The member communes that you see, by name."""
    return list(queries.communes(actor_of(request)))


@router.get("/sites", response=list[SiteOut], summary="Sites of a commune", tags=["territory"])
def sites(request: HttpRequest, query: Query[SitesQuery]) -> list[SiteOut]:
    """The sites that you see in a commune, by name; none for a commune that is not yours."""
    return [_site_out(site) for site in queries.sites(actor_of(request), query.commune)]


def _site_out(site: Site) -> SiteOut:
    return SiteOut(
        id=site.pk,
        organisation_id=site.organisation_id,
        commune=site.commune_id,
        kind=site.kind,
        name=site.name,
        address=site.address,
        latitude_deg=site.location.y,
        longitude_deg=site.location.x,
        generated=site.generated,
    )

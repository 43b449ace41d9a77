"""Whose territory an actor may look at. Outlines are public; what stands inside belongs to the commune."""

from maillage.identity.actor import Actor
from maillage.identity.policies import may_see
from maillage.kernel.errors import NotFound
from maillage.territory.models import Commune


def may_see_commune(actor: Actor, commune: Commune) -> bool:
    """True for a member commune whose rows the actor sees."""
    return commune.organisation_id is not None and may_see(actor, commune.organisation_id)


def require_commune(actor: Actor, commune: Commune | None, insee: str) -> Commune:
    """The commune; ``NotFound`` when there is none or it is not for ``actor``: the two are never told apart."""
    if commune is None or not may_see_commune(actor, commune):
        raise NotFound("commune_unknown", insee=insee)
    return commune

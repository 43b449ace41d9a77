"""Who orders, who signs and who receives the works of an organisation."""

from maillage.identity.actor import Actor, Role
from maillage.identity.policies import may_operate, may_represent
from maillage.kernel.errors import Refused


def may_order(actor: Actor, organisation_id: int) -> bool:
    """Ask for quotes, approve below the threshold, order, accept works: the commune's people, or the operator."""
    speaks_for_it = actor.role in {Role.MAYOR, Role.AGENT} and actor.organisation_id == organisation_id
    return (actor.sees(organisation_id) and speaks_for_it) or may_operate(actor, organisation_id)


def may_sign(actor: Actor, organisation_id: int) -> bool:
    """Approve whatever the amount."""
    return may_represent(actor, organisation_id)


def require_order(actor: Actor, organisation_id: int) -> None:
    """Raises ``Refused`` unless ``may_order``."""
    if not may_order(actor, organisation_id):
        raise Refused("not_permitted", what="order", organisation_id=organisation_id)

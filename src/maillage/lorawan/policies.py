"""Who may see and run the radio network: the operator all of it, technicians the devices of those who mandated them.

Mayors and agents see what their equipment measures in the command post, not the network under it.
"""

from maillage.identity.actor import Actor, Role
from maillage.identity.policies import may_configure, may_operate
from maillage.kernel.errors import Refused

_RADIO_ROLES = frozenset({Role.OPERATOR, Role.MACHINE, Role.TECHNICIAN})
_CLAIMING_ROLES = frozenset({Role.OPERATOR, Role.TECHNICIAN, Role.MAYOR, Role.AGENT})


def may_see_radio(actor: Actor) -> bool:
    """The network's pages and their API; rows are scoped by tenant besides."""
    return actor.role in _RADIO_ROLES


def require_radio(actor: Actor) -> None:
    """Raises ``Refused`` unless ``may_see_radio``."""
    if not may_see_radio(actor):
        raise Refused("lorawan.radio_not_permitted")


def sees_everything(actor: Actor) -> bool:
    """Gateways, refusals without an owner and every tenant's devices."""
    return may_see_radio(actor) and actor.visible_organisation_ids is None


def require_everything(actor: Actor) -> None:
    """Raises ``Refused`` unless ``sees_everything``."""
    if not sees_everything(actor):
        raise Refused("lorawan.operator_only")


def may_show_keys(actor: Actor, organisation_id: int) -> bool:
    """The key of a device of that organisation may be shown, against a reason in the journal."""
    return may_see_radio(actor) and may_operate(actor, organisation_id)


def may_claim(actor: Actor) -> bool:
    """Devices may be claimed for some organisation; which one is judged with it."""
    return actor.role in _CLAIMING_ROLES


def may_register_for(actor: Actor, organisation_id: int) -> bool:
    """Devices of that organisation may be registered, imported and taken out of service."""
    return may_see_radio(actor) and may_configure(actor, organisation_id)

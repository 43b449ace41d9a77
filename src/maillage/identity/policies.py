"""Who may do what for which organisation.

========== ==== ======= ========= =======
role       see  command configure operate
========== ==== ======= ========= =======
mayor      own  own
agent      own  own
technician own and mandated: see, command, configure
operator   every organisation: see, command, configure, operate
machine    like the operator: the house's own processes
========== ==== ======= ========= =======

*See* reads, *command* asks a thing to act, *configure* installs and sets up equipment, *operate* runs the platform
(organisations, people, gateways). A mandate shows an organisation to its contractor; only technicians act in it.
"""

from maillage.identity.actor import Actor, Role
from maillage.kernel.errors import Refused

_EVERYTHING = frozenset({Role.OPERATOR, Role.MACHINE})


def may_see(actor: Actor, organisation_id: int) -> bool:
    """Rows of the organisation may be shown."""
    return actor.sees(organisation_id)


def may_command(actor: Actor, organisation_id: int) -> bool:
    """Things of the organisation may be asked to act."""
    speaks_for_it = actor.role in {Role.MAYOR, Role.AGENT} and actor.organisation_id == organisation_id
    return actor.sees(organisation_id) and (speaks_for_it or may_configure(actor, organisation_id))


def may_configure(actor: Actor, organisation_id: int) -> bool:
    """Equipment of the organisation may be installed, set up and removed."""
    return actor.sees(organisation_id) and actor.role in _EVERYTHING | {Role.TECHNICIAN}


def may_operate(actor: Actor, organisation_id: int) -> bool:
    """The platform may be run for the organisation: its people, its place in the house."""
    return actor.sees(organisation_id) and actor.role in _EVERYTHING


def may_represent(actor: Actor, organisation_id: int) -> bool:
    """The organisation may be bound: its mayor, or the operator on its behalf."""
    is_its_mayor = actor.role is Role.MAYOR and actor.organisation_id == organisation_id
    return is_its_mayor or may_operate(actor, organisation_id)


def may_staff(actor: Actor, organisation_id: int, role: Role) -> bool:
    """People may start or cease to act in that role: the operator's say, or a mayor's on agents."""
    is_its_mayor = actor.role is Role.MAYOR and actor.organisation_id == organisation_id
    return may_operate(actor, organisation_id) or (is_its_mayor and role is Role.AGENT)


def require_staff(actor: Actor, organisation_id: int, role: Role) -> None:
    """Raises ``Refused`` unless ``may_staff``."""
    _require(may_staff(actor, organisation_id, role), "staff", organisation_id)


def require_see(actor: Actor, organisation_id: int) -> None:
    """Raises ``Refused`` unless ``may_see``."""
    _require(may_see(actor, organisation_id), "see", organisation_id)


def require_command(actor: Actor, organisation_id: int) -> None:
    """Raises ``Refused`` unless ``may_command``."""
    _require(may_command(actor, organisation_id), "command", organisation_id)


def require_configure(actor: Actor, organisation_id: int) -> None:
    """Raises ``Refused`` unless ``may_configure``."""
    _require(may_configure(actor, organisation_id), "configure", organisation_id)


def require_operate(actor: Actor, organisation_id: int) -> None:
    """Raises ``Refused`` unless ``may_operate``."""
    _require(may_operate(actor, organisation_id), "operate", organisation_id)


def require_represent(actor: Actor, organisation_id: int) -> None:
    """Raises ``Refused`` unless ``may_represent``."""
    _require(may_represent(actor, organisation_id), "represent", organisation_id)


def _require(permitted: bool, what: str, organisation_id: int) -> None:  # noqa: FBT001 - a verdict, not an option
    if not permitted:
        raise Refused("not_permitted", what=what, organisation_id=organisation_id)

"""Who acts: a value that every action takes first and that every query is scoped by."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person does for an organisation. The policies of each capability say what that permits."""

    OPERATOR = "operator"
    MAYOR = "mayor"
    AGENT = "agent"
    TECHNICIAN = "technician"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person in one role for one organisation, or a process of the house.

    ``visible_organisation_ids`` is ``None`` for those who see every tenant (the operator, machines) and the exact
    set of tenants otherwise: the own organisation and those that mandated it.
    """

    user_id: int | None
    label: str
    organisation_id: int | None
    role: Role
    visible_organisation_ids: frozenset[int] | None

    def sees(self, organisation_id: int) -> bool:
        """True when rows of that organisation may be shown to this actor."""
        return self.visible_organisation_ids is None or organisation_id in self.visible_organisation_ids


def machine(label: str) -> Actor:
    """The actor of a long-running process, such as ``machine("scheduler")``: sees every tenant."""
    return Actor(None, label, None, Role.MACHINE, None)

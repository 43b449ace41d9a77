"""Everybody reads what is published; who operates the platform edits."""

from maillage.identity.actor import Actor, Role
from maillage.kernel.errors import Refused


def may_edit(actor: Actor | None) -> bool:
    """Whether drafts may be seen and versions published."""
    return actor is not None and actor.role in {Role.OPERATOR, Role.MACHINE} and actor.visible_organisation_ids is None


def require_edit(actor: Actor) -> None:
    """Raises ``Refused`` unless ``may_edit``."""
    if not may_edit(actor):
        raise Refused("not_permitted", what="edit the catalogue")

"""Who may do what with an application.

========================================  ===============================================================
sells connectivity (creates, sets quotas)  who operates the platform
runs it (devices, tokens, webhooks)        who may command the organisation's things, or configure them
sees it                                    who sees the organisation; a token of the application itself
========================================  ===============================================================
"""

from maillage.identity.actor import Actor
from maillage.identity.policies import may_command, may_operate, require_command, require_operate
from maillage.lorawan.integrations.models import Application
from maillage.lorawan.policies import require_everything, sees_everything


def may_sell(actor: Actor) -> bool:
    """Applications may be created for any organisation."""
    return sees_everything(actor)


def may_run(actor: Actor, application: Application) -> bool:
    """Its devices, tokens and webhooks may be changed."""
    return may_command(actor, application.organisation_id)


def may_set_quotas(actor: Actor, application: Application) -> bool:
    """What was sold may be changed."""
    return may_operate(actor, application.organisation_id) and sees_everything(actor)


def require_sell(actor: Actor, organisation_id: int) -> None:
    """Raises ``Refused`` unless applications may be sold to the organisation. A token of one never may."""
    require_everything(actor)
    require_operate(actor, organisation_id)


def require_run(actor: Actor, application: Application) -> None:
    """Raises ``Refused`` unless ``may_run``."""
    require_command(actor, application.organisation_id)

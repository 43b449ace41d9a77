"""Orders' places in the navigation."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from maillage.identity.actor import Role
from maillage.identity.middleware import actor_or_none
from maillage.web.navigation import NavItem


def orders(request: HttpRequest) -> bool:
    """Visible to who orders for an organisation, or for all."""
    actor = actor_or_none(request)
    return actor is not None and actor.role in {Role.MAYOR, Role.AGENT, Role.OPERATOR}


def installs(request: HttpRequest) -> bool:
    """Visible to contractors; the others find the works from the quotes."""
    actor = actor_or_none(request)
    return actor is not None and actor.role is Role.TECHNICIAN


NAVIGATION = [
    NavItem(label=_("Devis"), url_name="orders:quotes", icon="clipboard-list", order=210, visible=orders),
    NavItem(label=_("Travaux"), url_name="orders:works", icon="tool", order=205, visible=installs),
]

"""The command post's place in the navigation."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from maillage.identity.actor import Role
from maillage.identity.middleware import actor_or_none
from maillage.web.navigation import NavItem


def speaks_for_a_commune(request: HttpRequest) -> bool:
    """Visible to those whose home is their commune."""
    actor = actor_or_none(request)
    return actor is not None and actor.role in {Role.MAYOR, Role.AGENT}


def looks_after_several(request: HttpRequest) -> bool:
    """Visible to those who choose among communes."""
    actor = actor_or_none(request)
    return actor is not None and actor.role not in {Role.MAYOR, Role.AGENT}


def acts_for_somebody(request: HttpRequest) -> bool:
    """Visible to whoever acts for an organisation."""
    return actor_or_none(request) is not None


NAVIGATION = [
    NavItem(label=_("Ma commune"), url_name="command:home", icon="home", order=10, visible=speaks_for_a_commune),
    NavItem(label=_("Communes"), url_name="command:communes", icon="map-2", order=10, visible=looks_after_several),
    NavItem(label=_("Alarmes"), url_name="command:alarms", icon="bell", order=20, visible=acts_for_somebody),
]

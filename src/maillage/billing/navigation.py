"""Billing's places in the navigation."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from maillage.identity.actor import Role
from maillage.identity.middleware import actor_or_none
from maillage.web.navigation import NavItem


def bills(request: HttpRequest) -> bool:
    """Visible to who acts for the operating body."""
    actor = actor_or_none(request)
    return actor is not None and actor.role is Role.OPERATOR


def is_billed(request: HttpRequest) -> bool:
    """Visible to who speaks for an organisation that may be billed."""
    actor = actor_or_none(request)
    return actor is not None and actor.role in {Role.MAYOR, Role.AGENT}


NAVIGATION = [
    NavItem(label=_("Facturation"), url_name="billing:desk", icon="cash", order=60, visible=bills),
    NavItem(label=_("Factures"), url_name="billing:invoices", icon="file-text", order=60, visible=is_billed),
]

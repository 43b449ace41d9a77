"""The shop's place in the navigation: everybody's, and the editor's."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from maillage.catalogue.policies import may_edit
from maillage.identity.middleware import actor_or_none
from maillage.web.navigation import NavItem, everyone


def edits(request: HttpRequest) -> bool:
    """Visible to who keeps the catalogue."""
    return may_edit(actor_or_none(request))


NAVIGATION = [
    NavItem(label=_("Boutique"), url_name="catalogue:home", icon="building-store", order=200, visible=everyone),
]

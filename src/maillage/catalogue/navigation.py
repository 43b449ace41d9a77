"""The shop's place in the navigation: everybody's. Who keeps the catalogue finds its pages from the shop."""

from django.utils.translation import gettext_lazy as _

from maillage.web.navigation import NavItem, everyone

NAVIGATION = [
    NavItem(label=_("Boutique"), url_name="catalogue:home", icon="building-store", order=200, visible=everyone),
]

"""Identity's place in the navigation."""

from django.utils.translation import gettext_lazy as _

from maillage.web.navigation import NavItem

NAVIGATION = [
    NavItem(label=_("Journal"), url_name="identity:journal", icon="history", order=900, in_menu=True),
    NavItem(label=_("Mon compte"), url_name="identity:account", icon="user-circle", order=890, in_menu=True),
]

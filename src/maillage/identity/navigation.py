"""Identity's place in the navigation."""

from django.utils.translation import gettext_lazy as _

from maillage.identity.people.pages import keeps_people
from maillage.web.navigation import NavItem

NAVIGATION = [
    NavItem(
        label=_("Organisations et personnes"),
        url_name="identity:people",
        icon="users",
        order=895,
        visible=keeps_people,
        in_menu=True,
    ),
    NavItem(label=_("Journal"), url_name="identity:journal", icon="history", order=900, in_menu=True),
    NavItem(label=_("Mon compte"), url_name="identity:account", icon="user-circle", order=890, in_menu=True),
]

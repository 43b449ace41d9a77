"""The applications' place in the navigation."""

from django.utils.translation import gettext_lazy as _

from maillage.lorawan.integrations.pages import shows_applications
from maillage.web.navigation import NavItem

NAVIGATION = [
    NavItem(
        label=_("Applications"),
        url_name="lorawan:applications",
        icon="plug-connected",
        order=305,
        visible=shows_applications,
    ),
]

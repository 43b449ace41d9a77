"""The place of measures in the navigation."""

from django.utils.translation import gettext_lazy as _

from maillage.telemetry.pages import configures
from maillage.web.navigation import NavItem

NAVIGATION = [NavItem(label=_("Mesures"), url_name="telemetry:home", icon="chart-line", order=200, visible=configures)]

"""The radio network's place in the navigation."""

from django.utils.translation import gettext_lazy as _

from maillage.lorawan.claims.pages import offers_claims
from maillage.lorawan.pages import shows_radio
from maillage.web.navigation import NavItem

NAVIGATION = [
    NavItem(label=_("Réseau radio"), url_name="lorawan:home", icon="antenna", order=300, visible=shows_radio),
    NavItem(label=_("Associer un appareil"), url_name="lorawan:claim", icon="qrcode", order=310, visible=offers_claims),
]

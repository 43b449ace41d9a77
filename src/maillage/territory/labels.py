"""The words and icons of the territory, in French; English is in the catalogue."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SITE_KINDS: Mapping[str, Promise] = {
    "town_hall": _("Mairie"),
    "school": _("École"),
    "gymnasium": _("Gymnase"),
    "cemetery": _("Cimetière"),
    "technical_centre": _("Centre technique"),
    "mast": _("Pylône"),
}

SITE_ICONS: Mapping[str, str] = {
    "town_hall": "building-bank",
    "school": "school",
    "gymnasium": "barbell",
    "cemetery": "grave",
    "technical_centre": "tool",
    "mast": "tower",
}

SENTENCES: Mapping[str, Promise] = {
    "commune_unknown": _("Cette commune n’existe pas, ou elle ne vous est pas accessible."),
}

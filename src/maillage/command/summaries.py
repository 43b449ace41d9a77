"""A site in a few words, drawn by each solution's own template; the same words on the map, without the markup."""

import re

from django.template.loader import render_to_string
from django.utils.html import strip_tags

from maillage.command.overview import SiteOverview

_BLANKS = re.compile(r"[ \n\t]+")  # not the narrow space before a unit


def summary_text(overview: SiteOverview) -> str:
    """« 19,4 °C en moyenne · portail ouvert »; empty for a site without equipment."""
    drawn = (render_to_string(use.template, {"use": use, "overview": overview}) for use in overview.uses)
    return " · ".join(_BLANKS.sub(" ", strip_tags(text)).strip() for text in drawn)

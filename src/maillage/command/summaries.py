"""A site in a few words, drawn by each solution's own template; the same words on the map, without the markup."""

from django.template.loader import render_to_string
from django.utils.html import strip_tags

from maillage.command.overview import SiteOverview


def summary_text(overview: SiteOverview) -> str:
    """« 19,4 °C en moyenne · portail ouvert »; empty for a site without equipment."""
    drawn = (render_to_string(use.template, {"use": use, "overview": overview}) for use in overview.uses)
    return " · ".join(" ".join(strip_tags(text).split()) for text in drawn)

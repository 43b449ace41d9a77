"""A quote as an accessible PDF (PDF/UA-1): headings, tables and language are told to screen readers."""

from pathlib import Path

from django.template.loader import render_to_string
from django.utils import translation
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from maillage.orders.offer import QuoteView

_STYLE = Path(__file__).with_name("paper.css")
_FONTS = FontConfiguration()
_LANGUAGE = "fr"


def quote_pdf(view: QuoteView) -> bytes:
    """Made of the frozen rows alone, in French whoever asks: it is an act of a French public body."""
    with translation.override(_LANGUAGE):
        page = HTML(string=render_to_string("orders/paper/quote.html", {"view": view}), url_fetcher=_refuse)
        style = CSS(filename=_STYLE, font_config=_FONTS)
        made: bytes = page.write_pdf(pdf_variant="pdf/ua-1", stylesheets=[style], font_config=_FONTS)
    return made


def _refuse(url: str, *_args: object, **_options: object) -> dict[str, object]:
    """A quote names no outside resource; if one did, it would not be fetched."""
    raise ValueError(f"a quote refers to no outside resource: {url}")

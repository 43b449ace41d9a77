"""The paper as PDF/A-3 with its XML inside: Factur-X."""

from pathlib import Path

from django.template.loader import render_to_string
from facturx import generate_from_binary
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from maillage.billing.documents.values import Paper

_STYLE = Path(__file__).with_name("paper.css")
_FONTS = FontConfiguration()


def facturx_pdf(paper: Paper, xml: bytes) -> bytes:
    """``xml`` must have passed ``checking.require_valid``."""
    page = HTML(string=render_to_string("billing/paper/invoice.html", {"paper": paper}), url_fetcher=_refuse)
    plain = page.write_pdf(
        pdf_variant="pdf/a-3b",
        stylesheets=[CSS(filename=_STYLE, font_config=_FONTS)],
        font_config=_FONTS,
    )
    metadata = {
        "author": paper.seller.legal_name,
        "keywords": "Factur-X",
        "title": f"{paper.seller.legal_name} : {paper.number}",
        "subject": paper.number,
    }
    combined: bytes = generate_from_binary(
        plain, xml, flavor="factur-x", level="en16931", check_xsd=False, pdf_metadata=metadata, lang="fr-FR"
    )
    return combined


def _refuse(url: str, *_args: object, **_options: object) -> dict[str, object]:
    """A paper names no outside resource; if one did, it would not be fetched."""
    raise ValueError(f"an invoice refers to no outside resource: {url}")

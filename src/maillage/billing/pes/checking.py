"""A PES flow must pass the official schema, and its sums must be those of its titres, before it is kept."""

from decimal import Decimal
from functools import cache
from pathlib import Path

from lxml import etree

from maillage.billing.pes.values import BordereauValue
from maillage.kernel.errors import Invalid
from maillage.kernel.money import Cents, cents, total

_ENTRY = Path(__file__).with_name("schema") / "PES_V2" / "Rev0" / "PES_Aller.xsd"


def require_valid(xml: bytes) -> None:
    """Raises ``Invalid`` with the schema's own words."""
    schema = _schema()
    if not schema.validate(etree.fromstring(xml)):
        raise Invalid("bordereau_against_schema", cause=str(schema.error_log)[:400])


def require_exact(xml: bytes, value: BordereauValue) -> None:
    """Raises ``Invalid`` unless lines, pieces and heading add up to what the titres ask, to the cent."""
    root = etree.fromstring(xml)
    net, vat = _sum(root, "InfoLignePiece/MtHT"), _sum(root, "InfoLignePiece/MtTVA")
    stated = (_sum(root, "BlocBordereau/MtBordHt"), _sum(root, "BlocBordereau/MtBordTVA"))
    asked = (total(one.paper.net for one in value.titres), total(one.paper.vat for one in value.titres))
    if not (net, vat) == stated == asked:
        raise Invalid("bordereau_inexact", number=value.number)


def _sum(root: etree._Element, path: str) -> Cents:
    return total(cents(Decimal(str(node.attrib["V"]))) for node in root.findall(f".//{path}"))


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(file=str(_ENTRY))

"""The numbers that a CII document states, for the exact check: read from the XML, not from what it was made of."""

from decimal import Decimal, InvalidOperation
from typing import cast

from lxml import etree

from maillage.billing.documents.cii import NAMESPACES
from maillage.billing.engine.exactness import Stated, StatedGroup, StatedLine
from maillage.kernel.errors import Invalid

_TOTALS = "//ram:SpecifiedTradeSettlementHeaderMonetarySummation/ram:"


def stated_in(xml: bytes) -> Stated:
    """Raises ``Invalid`` for what is no CII invoice or lacks a number."""
    try:
        root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
        return Stated(
            _text(root, "rsm:ExchangedDocument/ram:ID"),
            [_line(node) for node in _all(root, "//ram:IncludedSupplyChainTradeLineItem")],
            [_group(node) for node in _all(root, "//ram:ApplicableHeaderTradeSettlement/ram:ApplicableTradeTax")],
            _number(root, f"{_TOTALS}LineTotalAmount"),
            _number(root, f"{_TOTALS}TaxBasisTotalAmount"),
            _number(root, f"{_TOTALS}TaxTotalAmount"),
            _number(root, f"{_TOTALS}GrandTotalAmount"),
            _number(root, f"{_TOTALS}TotalPrepaidAmount", "0"),
            _number(root, f"{_TOTALS}DuePayableAmount"),
        )
    except (etree.XMLSyntaxError, InvalidOperation) as error:
        raise Invalid("document_unreadable", cause=str(error)[:200]) from error


def _line(node: etree._Element) -> StatedLine:
    settled = "ram:SpecifiedLineTradeSettlement"
    price = "ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice"
    return StatedLine(
        _number(node, "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity"),
        _number(node, f"{price}/ram:ChargeAmount"),
        _number(node, f"{price}/ram:BasisQuantity", "1"),
        _number(node, f"{settled}/ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount"),
        _rate(node, f"{settled}/ram:ApplicableTradeTax/"),
    )


def _group(node: etree._Element) -> StatedGroup:
    return StatedGroup(
        _rate(node, ""),
        _number(node, "ram:BasisAmount"),
        _number(node, "ram:CalculatedAmount"),
        _text(node, "ram:ExemptionReason", ""),
    )


def _rate(node: etree._Element, path: str) -> tuple[str, Decimal]:
    return _text(node, f"{path}ram:CategoryCode"), _number(node, f"{path}ram:RateApplicablePercent", "0")


def _number(node: etree._Element, path: str, absent: str | None = None) -> Decimal:
    return Decimal(_text(node, path, absent))


def _text(node: etree._Element, path: str, absent: str | None = None) -> str:
    found = _all(node, path)
    if len(found) == 1 and found[0].text:
        return found[0].text.strip()
    if found or absent is None:
        raise Invalid("document_unreadable", cause=path)
    return absent


def _all(node: etree._Element, path: str) -> list[etree._Element]:
    return cast("list[etree._Element]", node.xpath(path, namespaces=NAMESPACES))  # noqa: SLF001 - lxml has no other name for it

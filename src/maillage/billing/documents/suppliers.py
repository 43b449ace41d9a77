"""A supplier's invoice, CII or UBL, as values: to be compared with the work orders that it bills.

The parsing is the ``factur-x`` library's, by business terms of EN 16931; its schema check comes first. What it costs
is read exactly; sums that do not hold are told, not repaired.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from facturx import parse_ubl_cii_xml
from lxml import etree

from maillage.kernel.errors import Invalid
from maillage.kernel.money import Cents, cents, percent_of

_LARGEST = 20_000_000


@dataclass(frozen=True, slots=True)
class SupplierLine:
    """BG-25: what was delivered, how much of it, at which net price (euros), for how much without VAT."""

    name: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    amount: Cents


@dataclass(frozen=True, slots=True)
class SupplierInvoice:
    """``order`` is the buyer's reference of the order (BT-13); ``faults`` are EN 16931 rules that do not hold."""

    number: str
    is_credit: bool
    issued_on: date
    due_on: date | None
    supplier: str
    supplier_siren: str
    buyer: str
    order: str
    currency: str
    lines: tuple[SupplierLine, ...]
    net: Cents
    vat: Cents
    gross: Cents
    payable: Cents
    faults: tuple[str, ...]


def supplier_invoice(xml: bytes) -> SupplierInvoice:
    """Raises ``Invalid`` for what is no CII or UBL invoice, or not in euros."""
    terms = _terms(xml)
    try:
        return _invoice(terms)
    except (KeyError, InvalidOperation) as error:
        raise Invalid("supplier_invoice_unreadable", cause=str(error)[:200]) from error


def _terms(xml: bytes) -> Mapping[str, Any]:
    """By business term. Neither entities nor a document type: an invoice needs none, an attack does."""
    if len(xml) > _LARGEST:
        raise Invalid("supplier_invoice_too_large", megabytes=_LARGEST // 1_000_000)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(xml, parser)
        terms: Mapping[str, Any] = {} if b"<!DOCTYPE" in xml else parse_ubl_cii_xml(root)
    except Exception as error:
        # The library raises bare exceptions for all that a stranger's file may lack.
        raise Invalid("supplier_invoice_unreadable", cause=str(error)[:200]) from error
    if not terms:
        raise Invalid("supplier_invoice_unreadable", cause="DOCTYPE")
    return terms


def _invoice(terms: Mapping[str, Any]) -> SupplierInvoice:
    if terms["BT-5"] != "EUR":
        raise Invalid("supplier_invoice_currency", currency=terms["BT-5"])
    seller = terms["BG-4"]
    return SupplierInvoice(
        number=terms["BT-1"],
        is_credit=terms["BT-3"] == "381",
        issued_on=terms["BT-2"],
        due_on=terms.get("BT-9"),
        supplier=seller["name"],
        supplier_siren=seller.get("legal_identifier", "")[:9],
        buyer=terms["BG-7"]["name"],
        order=terms.get("BT-13", ""),
        currency=terms["BT-5"],
        lines=tuple(_line(line) for line in terms["BG-25"]),
        net=_cents(terms, "BT-109"),
        vat=_cents(terms, "BT-110"),
        gross=_cents(terms, "BT-112"),
        payable=_cents(terms, "BT-115"),
        faults=tuple(_faults(terms)),
    )


def _line(line: Mapping[str, Any]) -> SupplierLine:
    price = Decimal(line["BT-146"]) / Decimal(line.get("BT-149", "1"))
    return SupplierLine(line["BT-153"], Decimal(line["BT-129"]), line["BT-130"], price, cents(Decimal(line["BT-131"])))


def _faults(terms: Mapping[str, Any]) -> Iterator[str]:
    lines = sum(cents(Decimal(line["BT-131"])) for line in terms["BG-25"])
    if _cents(terms, "BT-106") != lines:
        yield "BR-CO-10"
    if _cents(terms, "BT-109") != lines - _cents(terms, "BT-107") + _cents(terms, "BT-108"):
        yield "BR-CO-13"
    groups = terms["BG-23"]
    if _cents(terms, "BT-110") != sum(cents(Decimal(one["BT-117"])) for one in groups):
        yield "BR-CO-14"
    if _cents(terms, "BT-112") != _cents(terms, "BT-109") + _cents(terms, "BT-110"):
        yield "BR-CO-15"
    if _cents(terms, "BT-115") != _cents(terms, "BT-112") - _cents(terms, "BT-113") + _cents(terms, "BT-114"):
        yield "BR-CO-16"
    for one in groups:
        if cents(Decimal(one["BT-117"])) != percent_of(cents(Decimal(one["BT-116"])), Decimal(one.get("BT-119", "0"))):
            yield "BR-CO-17"


def _cents(terms: Mapping[str, Any], name: str) -> Cents:
    return cents(Decimal(terms.get(name, "0")))

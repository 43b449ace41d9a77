"""Suppliers' invoices, as CII and as UBL."""

import logging

import pytest
from facturx import generate_ubl_xml, parse_ubl_cii_xml
from tests.billing.test_documents import changed, sample

from maillage.billing.documents.cii import cross_industry_invoice
from maillage.billing.documents.suppliers import supplier_invoice
from maillage.kernel.errors import Invalid


@pytest.fixture
def cii():
    return cross_industry_invoice(sample())


@pytest.fixture
def ubl(cii):
    logging.getLogger("factur-x").setLevel(logging.CRITICAL)
    made = generate_ubl_xml(parse_ubl_cii_xml(cii), check_schematron=False)
    return made[0] if isinstance(made, tuple) else made


def test_a_cii_invoice_is_read(cii):
    read = supplier_invoice(cii)
    assert (read.number, read.supplier, read.net, read.vat, read.gross) == ("F2026-000001", "Syndicat", 3100, 620, 3720)
    assert [(line.name, line.quantity, line.amount) for line in read.lines] == [("Mairie", 1, 3100)]
    assert read.faults == ()


def test_a_ubl_invoice_says_the_same(cii, ubl):
    assert b"urn:oasis:names:specification:ubl" in ubl
    assert supplier_invoice(ubl) == supplier_invoice(cii)


@pytest.mark.parametrize(
    ("path", "text", "rule"),
    [
        ("//ram:CalculatedAmount", "7.20", "BR-CO-17"),
        ("//ram:GrandTotalAmount", "38.20", "BR-CO-15"),
        ("//ram:DuePayableAmount", "1.00", "BR-CO-16"),
        ("//ram:TaxBasisTotalAmount", "30.00", "BR-CO-13"),
    ],
)
def test_sums_that_do_not_hold_are_told(cii, path, text, rule):
    assert rule in supplier_invoice(changed(cii, path, text)).faults


BOMB = b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'


@pytest.mark.parametrize("content", [b"", b"no xml", b"<a/>", BOMB, b"\x00\xff"])
def test_what_is_no_invoice_is_refused(content):
    with pytest.raises(Invalid, match="supplier_invoice_unreadable"):
        supplier_invoice(content)


def test_an_invoice_in_another_currency_is_refused(cii):
    with pytest.raises(Invalid, match="supplier_invoice_currency"):
        supplier_invoice(changed(cii, "//ram:InvoiceCurrencyCode", "USD"))

"""The files of invoices: what they say, and the three checks that they pass."""

import io
import subprocess
import sys
from datetime import date
from decimal import Decimal

import pytest
from facturx import get_facturx_xml_from_pdf
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from pypdf import PdfReader
from tests.billing.engine.plans import contracts
from tests.billing.engine.test_monthly import MONTHS, Books
from tests.fixtures.billing import BILLER, party, run, subscribed, terms

from maillage.billing import queries
from maillage.billing.assembly import stated
from maillage.billing.documents import actions, checking
from maillage.billing.documents.actions import document_of, make_next_document
from maillage.billing.documents.checking import Rules, require_valid
from maillage.billing.documents.cii import NAMESPACES, cross_industry_invoice
from maillage.billing.documents.papers import paper_of
from maillage.billing.documents.reading import stated_in
from maillage.billing.documents.values import Paper, PaperLine, PaperVat
from maillage.billing.engine.exactness import faults
from maillage.billing.issuing.actions import credit_lines
from maillage.billing.models import Document
from maillage.kernel.errors import Invalid, Unavailable
from maillage.kernel.money import Cents
from maillage.orders.engine.terms import Component, Kind, VatRule

# WeasyPrint leaves its colour profile's file to the collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
JANUARY = date(2026, 1, 1)
EXEMPT = VatRule("E", Decimal(0), "VATEX-EU-132-1I", "Exonération : article 261, 4, 4° du CGI")


@pytest.fixture(scope="module")
def rules():
    asked = checking.rules()
    yield asked
    asked.close()


@pytest.fixture
def invoice(billed_evry):
    school = Component("school", "Espace scolaire", Kind.RECURRING, Decimal("12.34"), EXEMPT)
    subscribed(billed_evry, date(2026, 1, 24), agreed=terms("19.99", school), quantity=3)
    run(JANUARY)
    return queries.invoices(BILLER).get()


def sample():
    buyer, seller = party("Client", "21910228200015"), party("Syndicat", "25910012100013", vat_number="FR83259100121")
    line = PaperLine(1, "Mairie", JANUARY, date(2026, 1, 31), Cents(3100), "S", Decimal(20), (), ())
    vat = PaperVat("S", Decimal(20), Cents(3100), Cents(620), "", "")
    days = JANUARY, date(2026, 2, 1), date(2026, 3, 3)
    return Paper("F2026-000001", *days, seller, buyer, (line,), (vat,), *map(Cents, (3100, 620, 3720)), None, "")


def changed(xml, path, text):
    root = etree.fromstring(xml)
    for node in root.xpath(path, namespaces=NAMESPACES):
        node.text = text
    return etree.tostring(root)


def test_an_invoice_passes_schema_rules_and_exact_arithmetic(invoice, rules):
    require_valid(cross_industry_invoice(paper_of(BILLER, invoice)), rules)


def test_a_credit_note_does_too(invoice, rules):
    note = credit_lines(BILLER, invoice.number, {1: Cents(100)}, "Geste commercial", date(2026, 2, 1))
    xml = cross_industry_invoice(paper_of(BILLER, queries.invoice(BILLER, note.number)))
    require_valid(xml, rules)
    assert b"F2026-000001" in xml
    assert b">381<" in xml


def test_a_vat_group_one_euro_off_passes_the_official_rules_and_is_refused_by_ours(rules):
    xml = cross_industry_invoice(sample())
    for path in ("//ram:CalculatedAmount", "//ram:TaxTotalAmount"):
        xml = changed(xml, path, "7.00")
    for path in ("//ram:GrandTotalAmount", "//ram:DuePayableAmount"):
        xml = changed(xml, path, "38.00")
    assert rules.broken_by(xml) == []
    with pytest.raises(Invalid, match="BR-CO-17"):
        require_valid(xml, rules)


@pytest.mark.parametrize(
    ("path", "text", "rule"),
    [
        ("//ram:LineTotalAmount", "31.01", "BR-S-08"),
        ("//ram:GrandTotalAmount", "37.21", "BR-CO-15"),
        ("//ram:DuePayableAmount", "37.00", "BR-CO-16"),
        ("//ram:TaxTotalAmount", "6.21", "BR-CO-14"),
        ("//rsm:ExchangedDocument/ram:ID", "F2026 000001", "BR-FR-01"),
        ("//ram:NetPriceProductTradePrice/ram:ChargeAmount", "31.02", "BT-131"),
    ],
)
def test_a_sum_that_does_not_hold_is_named(path, text, rule):
    assert rule in set(faults(stated_in(changed(cross_industry_invoice(sample()), path, text))))


def test_a_rule_of_the_state_that_is_broken_is_a_refusal(rules):
    xml = changed(cross_industry_invoice(sample()), "//ram:SubjectCode", "ZZZ")
    with pytest.raises(Invalid, match="document_against_rules"):
        require_valid(xml, rules)


def test_what_is_against_the_schema_is_a_refusal(rules):
    with pytest.raises(Invalid, match="document_against_schema"):
        require_valid(changed(cross_industry_invoice(sample()), "//ram:RateApplicablePercent", "vingt"), rules)


@pytest.mark.parametrize("code", ["pass", "print('\"ready\"', flush=True); input()", "print('ready')"])
def test_rules_that_cannot_be_asked_are_a_refusal(code):
    broken = Rules((sys.executable, "-c", code), patience_s=5)
    with pytest.raises(Unavailable, match="rules_unavailable"):
        require_valid(cross_industry_invoice(sample()), broken)
    broken.close()


def test_the_rules_are_started_again_after_they_died(rules):
    xml = cross_industry_invoice(sample())
    assert rules.broken_by(xml) == []
    rules._process.kill()
    rules._process.wait()
    assert rules.broken_by(xml) == []


@given(st.tuples(contracts(1), contracts(2)))
@settings(max_examples=30)
def test_what_the_xml_says_is_what_was_drafted(owned):
    books = Books()
    for month in MONTHS:
        books.run(owned, month)
    for draft in books.invoices:
        lines = tuple(
            PaperLine(n, "Site", x.interval.start, x.interval.last_day, x.amount, *x.vat.rate, (), ())
            for n, x in enumerate(draft.lines, 1)
        )
        vat = tuple(PaperVat(*x.rule.rate, x.base, x.vat, x.rule.reason_code, x.rule.reason) for x in draft.groups)
        first = sample()
        paper = Paper(
            "F1",
            *(draft.month,) * 3,
            first.seller,
            first.buyer,
            lines,
            vat,
            draft.net,
            draft.vat,
            draft.gross,
            None,
            "",
        )
        assert stated_in(cross_industry_invoice(paper)) == paper.stated() == stated(draft, "F1")


def test_the_file_is_a_pdf_with_its_xml_inside_and_is_made_once(invoice, rules):
    made = document_of(BILLER, invoice.number)
    content = bytes(made.content)
    name, xml = get_facturx_xml_from_pdf(content, check_xsd=True)
    assert name == "factur-x.xml"
    assert stated_in(xml).gross == Decimal(invoice.gross_cents) / 100
    reader = PdfReader(io.BytesIO(content))
    text = "".join(page.extract_text() for page in reader.pages)
    assert "F2026-000001" in text
    assert "8 jours sur 31" in text.replace("\n", " ")
    assert b"pdfaid:part" in reader.trailer["/Root"]["/Metadata"].get_data()
    assert document_of(BILLER, invoice.number).pk == made.pk
    assert make_next_document(BILLER) is None


def test_a_document_that_fails_a_check_is_not_kept(invoice, monkeypatch):
    def refuse(_xml):
        raise Unavailable("rules_unavailable")

    monkeypatch.setattr(actions, "require_valid", refuse)
    with pytest.raises(Unavailable):
        document_of(BILLER, invoice.number)
    assert not Document.objects.unscoped("test").exists()


def test_the_rules_process_knows_no_database():
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, maillage.billing.documents.schematron; print('django' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout.strip() == "False"

"""Bordereaux of titres: valid by the official schema, exact to the cent, the notice of each titre inside."""

import base64
import gzip
from datetime import date
from decimal import Decimal

import pytest
from lxml import etree
from tests.fixtures.billing import BILLER, run, subscribed, terms

from maillage.billing import queries
from maillage.billing.issuing.actions import credit_lines
from maillage.billing.models import Account, Bordereau, NumberSeries
from maillage.billing.pes.actions import issue_bordereau
from maillage.billing.pes.checking import require_exact, require_valid
from maillage.billing.pes.values import BordereauValue
from maillage.kernel.errors import Invalid, Refused
from maillage.kernel.money import Cents
from maillage.orders.engine.terms import Component, Kind, VatRule

JANUARY, ISSUED = date(2026, 1, 1), date(2026, 2, 3)
EXEMPT = VatRule("E", Decimal(0), "VATEX-EU-132-1I", "Exonération : article 261, 4, 4° du CGI")


@pytest.fixture
def invoice(titred_brunoy):
    school = Component("school", "Espace scolaire", Kind.RECURRING, Decimal("12.34"), EXEMPT)
    subscribed(titred_brunoy, agreed=terms("50.01", school))
    run(JANUARY)
    return queries.invoices(BILLER).get()


def amounts(root, path):
    return [node.get("V") for node in root.findall(f".//{path}")]


def test_a_bordereau_is_valid_and_says_what_the_invoice_says(invoice):
    row = issue_bordereau(BILLER, ISSUED)
    root = etree.fromstring(bytes(row.content))
    require_valid(bytes(row.content))
    assert amounts(root, "BlocBordereau/MtBordHt") == ["62.35"]
    assert amounts(root, "BlocBordereau/MtBordTVA") == ["10.00"]
    assert amounts(root, "InfoLignePiece/MtHT") == ["50.01", "12.34"]
    assert amounts(root, "BlocPiece/NumeroFacture") == [invoice.number]
    assert queries.titre_of(BILLER, invoice).number == 1


def test_the_notice_inside_is_valid_and_asks_the_same(invoice):
    root = etree.fromstring(bytes(issue_bordereau(BILLER, ISSUED).content))
    notice = gzip.decompress(base64.b64decode(root.find(".//PJ/Contenu/Fichier").text))
    require_valid(notice)
    asked = etree.fromstring(notice)
    assert amounts(asked, "TotalAPayer/MtTotalTTC") == ["72.35"]
    assert amounts(asked, "PES_Facture/TypeFact") == ["09"]
    assert invoice.gross_cents == 7235


def test_a_titre_stands_on_one_bordereau_only(invoice):
    issue_bordereau(BILLER, ISSUED)
    with pytest.raises(Invalid, match="bordereau_empty"):
        issue_bordereau(BILLER, ISSUED)
    assert Bordereau.objects.count() == 1


def test_a_credit_note_is_a_reduction_of_its_titre(invoice):
    first = issue_bordereau(BILLER, ISSUED)
    credit_lines(BILLER, invoice.number, {1: Cents(1000)}, "Geste", ISSUED)
    second = issue_bordereau(BILLER, ISSUED, reductions=True)
    root = etree.fromstring(bytes(second.content))
    assert amounts(root, "BlocBordereau/TypBord") == ["02"]
    assert amounts(root, "RattachPiece/IdPceOrig") == ["1"]
    assert (first.number, second.number) == (1, 2)


def test_a_credit_of_an_invoice_not_sent_yet_waits(invoice):
    credit_lines(BILLER, invoice.number, {1: Cents(1000)}, "Geste", ISSUED)
    with pytest.raises(Invalid, match="bordereau_empty"):
        issue_bordereau(BILLER, ISSUED, reductions=True)


def test_missing_accounting_codes_are_named_and_no_number_is_used(invoice, operator):
    Account.objects.unscoped("test").filter(organisation_id=operator.organisation_id).update(pes={"post": "091001"})
    with pytest.raises(Invalid) as refused:
        issue_bordereau(BILLER, ISSUED)
    assert "budget" in refused.value.facts["fields"]
    assert not NumberSeries.objects.filter(code="T2026").exists()


def test_a_flow_that_the_schema_refuses_is_not_kept(invoice, operator):
    account = Account.objects.unscoped("test").get(organisation_id=operator.organisation_id)
    account.pes = account.pes | {"budget": "ÉÉ"}
    account.save()
    with pytest.raises(Invalid, match="bordereau_against_schema"):
        issue_bordereau(BILLER, ISSUED)


def test_a_sum_that_is_not_that_of_the_titres_is_refused(invoice):
    content = bytes(issue_bordereau(BILLER, ISSUED).content)
    with pytest.raises(Invalid, match="bordereau_inexact"):
        require_exact(content, BordereauValue(2026, 1, ISSUED, ()))


def test_bordereaux_are_the_operators(invoice, titred_brunoy):
    with pytest.raises(Refused):
        issue_bordereau(titred_brunoy.mayor, ISSUED)

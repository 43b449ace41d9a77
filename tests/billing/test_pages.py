"""The billing desk and the invoices of a commune: who sees what, what it says and does."""

import json
from datetime import date
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from tests.fixtures.billing import BILLER, run, subscribed, terms
from tests.fixtures.things import logged_in

from maillage.billing import queries
from maillage.billing.documents import checking
from maillage.orders import actions as orders

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)


@pytest.fixture
def desk(operator):
    return logged_in(operator)


@pytest.fixture
def invoice(billed_evry):
    subscribed(billed_evry, date(2026, 1, 24))
    run(JANUARY)
    return queries.invoices(BILLER).get()


def text(response):
    return unescape(response.content.decode()).replace("\xa0", " ").replace("\u202f", " ")


OPERATORS_PAGES = ["desk", "payments", "reminders", "ledger", "bordereaux"]


@pytest.mark.parametrize("name", OPERATORS_PAGES)
def test_the_desk_is_the_operators(name, desk, billed_evry):
    assert desk.get(reverse(f"billing:{name}")).status_code == 200
    assert logged_in(billed_evry.mayor).get(reverse(f"billing:{name}")).status_code in {403, 404}


def test_a_month_is_run_from_the_desk(desk, billed_evry):
    subscribed(billed_evry)
    opened = desk.post(reverse("billing:desk"), {"month": "2026-01", "issued_on": "2026-02-01"}, follow=True)
    assert "0 / 1" in text(opened) or "Facturer" in text(opened)
    (only,) = queries.runs(BILLER)
    part = desk.post(reverse("billing:advance", args=[only.pk]), headers={"HX-Request": "true"})
    assert "F2026-000001" in text(part)
    assert "load delay" not in text(part)
    assert queries.progress(BILLER, only).is_complete


def test_a_month_that_was_run_says_so(desk, billed_evry):
    run(JANUARY)
    again = desk.post(reverse("billing:desk"), {"month": "2026-01", "issued_on": "2026-02-01"})
    assert again.status_code == 422
    assert "déjà facturé" in text(again)


def test_the_preview_says_the_amount_of_the_invoice(desk, billed_evry):
    subscribed(billed_evry, date(2026, 1, 24))
    query = {"organisation": billed_evry.organisation.pk, "month": "2026-01"}
    shown = text(desk.get(reverse("billing:preview"), query))
    assert "9,60 €" in shown
    assert "8 jours sur 31" in shown
    run(JANUARY)
    assert queries.invoices(BILLER).get().gross_cents == 960


def test_a_mayor_sees_her_invoice_and_why_it_changed(invoice, billed_evry):
    orders.change_quantity(BILLER, queries.charges_of(BILLER, invoice)[0].key.subscription_id, 3, FEBRUARY)
    run(FEBRUARY)
    mayor = logged_in(billed_evry.mayor)
    assert invoice.number in text(mayor.get(reverse("billing:invoices")))
    second = queries.invoices(BILLER).first()
    page = text(mayor.get(reverse("billing:invoice", args=[second.number])))
    assert "quantité 1 → 3" in page
    assert "111,60 €" in page


def test_the_invoice_of_another_commune_is_not_found(invoice, titred_brunoy):
    mayor = logged_in(titred_brunoy.mayor)
    for name in ("invoice", "pdf"):
        assert mayor.get(reverse(f"billing:{name}", args=[invoice.number])).status_code == 404
    assert invoice.number not in text(mayor.get(reverse("billing:invoices")))


def test_the_pdf_opens(invoice, billed_evry):
    answer = logged_in(billed_evry.mayor).get(reverse("billing:pdf", args=[invoice.number]))
    checking.rules().close()
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")


def test_payments_are_imported_or_nothing_is(desk, invoice):
    def send(lines):
        content = "date;reference;invoice;amount\n" + lines
        return desk.post(reverse("billing:payments"), {"file": SimpleUploadedFile("p.csv", content.encode())})

    refused = send(f"05/02/2026;V1;{invoice.number};5,00\n05/02/2026;V2;F2026-9;1,00\n")
    assert refused.status_code == 422
    assert "Ligne 3 : la facture « F2026-9 » est inconnue" in text(refused)
    assert queries.left_of(BILLER, invoice) == 960
    assert send(f"05/02/2026;V1;{invoice.number};5,00\n").status_code == 302
    assert queries.left_of(BILLER, invoice) == 460


def test_a_reminder_is_noted_from_the_desk(desk, invoice):
    assert invoice.number in text(desk.get(reverse("billing:reminders")))
    answer = desk.post(reverse("billing:remind", args=[invoice.number]), follow=True)
    assert "relance n° 1" in text(answer)


def test_the_ledger_is_exported(desk, invoice):
    assert "la chaîne est intacte" in text(desk.get(reverse("billing:ledger")))
    answer = desk.get(reverse("billing:ledger-export"), {"year": 2026, "form": "fec"})
    assert answer["Content-Disposition"].endswith('FEC20261231.txt"')
    assert answer.content.decode().count("\r\n") == 4


def test_the_statement_ends_with_the_balance(invoice, billed_evry):
    page = text(logged_in(billed_evry.mayor).get(reverse("billing:statement")))
    assert invoice.number in page
    assert "9,60 €" in page


def test_the_api_lists_and_details_invoices(invoice, billed_evry, titred_brunoy):
    mayor = logged_in(billed_evry.mayor)
    (item,) = mayor.get("/api/v1/billing/invoices").json()["items"]
    assert (item["number"], item["gross_cents"], item["left_cents"]) == (invoice.number, 960, 960)
    detail = mayor.get(f"/api/v1/billing/invoices/{invoice.number}").json()
    assert [code for code, _ in detail["lines"][0]["reasons"]] == ["new", "part"]
    assert logged_in(titred_brunoy.mayor).get("/api/v1/billing/invoices").json()["items"] == []
    assert logged_in(titred_brunoy.mayor).get(f"/api/v1/billing/invoices/{invoice.number}").status_code == 404


def test_the_api_runs_a_month_and_takes_payments(desk, billed_evry):
    subscribed(billed_evry)

    def post(path, body):
        return desk.post(f"/api/v1/billing/{path}", json.dumps(body), content_type="application/json")

    query = {"organisation_id": billed_evry.organisation.pk, "month": "2026-01-01"}
    preview = desk.get("/api/v1/billing/preview", query).json()
    assert preview["invoice"]["gross_cents"] == 3720
    opened = post("runs", {"month": "2026-01-01", "issued_on": "2026-02-01"})
    assert opened.status_code == 201
    done = post(f"runs/{opened.json()['id']}/advance", {}).json()
    assert (done["done"], done["total"], done["failed"]) == (1, 1, 0)
    number = queries.invoices(BILLER).get().number
    paid = {"invoice": number, "amount_cents": 3720, "received_on": "2026-02-05", "reference": "V1"}
    assert post("payments", paid).json()["left_cents"] == 0
    assert post("payments", paid | {"reference": "V2"}).status_code == 422


def test_the_api_refuses_a_mayor_who_would_bill(billed_evry):
    body = json.dumps({"month": "2026-01-01", "issued_on": "2026-02-01"})
    answer = logged_in(billed_evry.mayor).post("/api/v1/billing/runs", body, content_type="application/json")
    assert answer.status_code == 403


def test_titres_are_put_on_a_bordereau_from_the_desk(desk, titred_brunoy):
    subscribed(titred_brunoy, agreed=terms("50.00"))
    run(JANUARY)
    made = desk.post(reverse("billing:bordereaux"), follow=True)
    assert "Bordereau 1" in text(made)
    (row,) = queries.bordereaux(BILLER)
    file = desk.get(reverse("billing:bordereau", args=[row.pk]))
    assert file["Content-Type"] == "application/xml"
    assert b"PES_RecetteAller" in file.content
    again = desk.post(reverse("billing:bordereaux"))
    assert again.status_code == 422
    assert "Aucun titre" in text(again)

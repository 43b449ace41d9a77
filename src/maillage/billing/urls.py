"""Billing's addresses."""

from django.urls import path, register_converter

from maillage.billing import desk_pages, invoice_pages, money_pages

app_name = "billing"


class NumberConverter:
    """A document's number, which may hold a slash."""

    regex = r"[A-Za-z0-9+_/-]{1,20}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(NumberConverter, "number")

urlpatterns = [
    path("invoices/", invoice_pages.invoices, name="invoices"),
    path("invoices/statement/", invoice_pages.statement, name="statement"),
    path("invoices/<number:number>/pdf/", invoice_pages.pdf, name="pdf"),
    path("invoices/<number:number>/", invoice_pages.invoice, name="invoice"),
    path("billing/", desk_pages.desk, name="desk"),
    path("billing/preview/", desk_pages.preview, name="preview"),
    path("billing/runs/<int:run_id>/", desk_pages.run, name="run"),
    path("billing/runs/<int:run_id>/advance/", desk_pages.advance, name="advance"),
    path("billing/runs/<int:run_id>/retry/", desk_pages.retry, name="retry"),
    path("billing/payments/", money_pages.payments, name="payments"),
    path("billing/reminders/", money_pages.reminders, name="reminders"),
    path("billing/reminders/<number:number>/", money_pages.remind, name="remind"),
    path("billing/bordereaux/", money_pages.bordereaux, name="bordereaux"),
    path("billing/bordereaux/<int:bordereau_id>/", money_pages.bordereau, name="bordereau"),
    path("billing/ledger/", money_pages.ledger, name="ledger"),
    path("billing/ledger/export/", money_pages.export_ledger, name="ledger-export"),
]

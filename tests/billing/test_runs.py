"""The monthly run, against the database."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from tests.fixtures.billing import BILLER, TWENTY, run, subscribed, terms

from maillage.billing import queries
from maillage.billing.actions import NewUse, record_usage, set_account
from maillage.billing.assembly import bill_of
from maillage.billing.issuing.actions import credit_lines
from maillage.billing.models import ChargeRow, Invoice, InvoiceLine, LedgerPosting, NumberSeries, RunItem
from maillage.billing.parties import party, snapshot
from maillage.billing.runs.actions import bill_next, start_run
from maillage.identity.models import JournalEntry
from maillage.kernel.errors import Conflict, Invalid, NotFound, Refused
from maillage.kernel.money import Cents
from maillage.orders import actions as orders
from maillage.orders.engine.terms import Component, Kind
from maillage.orders.models import Subscription

JANUARY, FEBRUARY, MARCH = (date(2026, month, 1) for month in (1, 2, 3))


def documents():
    return list(queries.invoices(BILLER).order_by("pk"))


def only(kind=Invoice.Kind.INVOICE):
    (found,) = [one for one in documents() if one.kind == kind]
    return found


def test_a_month_becomes_a_numbered_invoice_with_its_journal_and_ledger(billed_evry):
    subscribed(billed_evry)
    run(JANUARY)
    invoice = only()
    assert (invoice.number, invoice.net_cents, invoice.vat_cents, invoice.gross_cents) == (
        "F2026-000001",
        3100,
        620,
        3720,
    )
    assert JournalEntry.objects.filter(action="billing.invoice_issued", object_label=invoice.number).exists()
    sides = LedgerPosting.objects.order_by("position").values_list("account", "debit_cents", "credit_cents")
    assert list(sides) == [("411", 3720, 0), ("706", 0, 3100), ("44571", 0, 620)]


def test_the_preview_is_the_invoice(billed_evry):
    minutes = Component("calls", "Appels", Kind.USAGE, Decimal("0.0375"), TWENTY, "min", Decimal(10))
    one = subscribed(billed_evry, date(2026, 1, 24), agreed=terms("19.99", minutes), quantity=3)
    record_usage(BILLER, one.pk, [NewUse("a", "calls", date(2026, 1, 30), Decimal(95))])
    orders.change_quantity(BILLER, one.pk, 4, date(2026, 1, 28))
    preview = bill_of(BILLER, queries.account(BILLER, billed_evry.organisation.pk), JANUARY)
    run(JANUARY)
    invoice = only()
    draft = preview.outcome.invoice
    assert (invoice.net_cents, invoice.vat_cents, invoice.gross_cents) == (draft.net, draft.vat, draft.gross)
    assert tuple(queries.charges_of(BILLER, invoice)) == tuple(c for line in draft.lines for c in line.charges)
    why = [[[one.code, dict(one.facts)] for one in preview.why[line]] for line in draft.lines]
    assert [line.reasons for line in queries.lines_of(BILLER, invoice)] == why


def test_running_again_changes_nothing(billed_evry):
    subscribed(billed_evry)
    opened = run(JANUARY)
    assert bill_next(BILLER, opened.pk) is None
    with pytest.raises(Conflict, match="run_exists"):
        start_run(BILLER, JANUARY, date(2026, 1, 31))
    assert len(documents()) == 1


def test_catching_up_five_months_is_five_monthly_invoices(billed_evry):
    subscribed(billed_evry, date(2026, 1, 24))
    for month in range(1, 6):
        run(date(2026, month, 1), date(2026, 6, 2))
    assert [one.net_cents for one in documents()] == [800, 3100, 3100, 3100, 3100]


def test_a_run_waits_for_the_one_before_it(billed_evry):
    start_run(BILLER, JANUARY, JANUARY)
    with pytest.raises(Conflict, match="run_before_incomplete"):
        start_run(BILLER, FEBRUARY, FEBRUARY)


def test_a_titre_below_fifteen_euros_waits_for_the_next_month(titred_brunoy):
    subscribed(titred_brunoy, agreed=terms("6.00"))
    first, second, third = run(JANUARY), run(FEBRUARY), run(MARCH)
    states = [queries.run_items(BILLER, one).get().state for one in (first, second, third)]
    assert states == ["carried", "carried", "invoiced"]
    assert queries.progress(BILLER, second).carried_cents == 1440
    invoice = only()
    assert invoice.net_cents == 1800
    assert [code for code, _ in queries.lines_of(BILLER, invoice).get().reasons] == ["new", "late", "late"]


def test_an_end_learnt_late_becomes_a_credit_note_that_refers_to_its_invoice(billed_evry):
    one = subscribed(billed_evry)
    run(JANUARY)
    orders.end(BILLER, one.pk, date(2026, 1, 22))
    run(FEBRUARY)
    note, invoice = only(Invoice.Kind.CREDIT), only()
    assert (note.number, note.corrects_id, note.gross_cents) == ("A2026-000001", invoice.pk, 1200)
    assert queries.left_of(BILLER, invoice) == 2520


def test_a_use_reported_late_is_asked_once(billed_evry):
    minutes = Component("calls", "Appels", Kind.USAGE, Decimal("0.10"), TWENTY, "min")
    one = subscribed(billed_evry, agreed=terms("31.00", minutes))
    run(JANUARY)
    late = [NewUse("cdr-1", "calls", date(2026, 1, 31), Decimal(30))]
    assert record_usage(BILLER, one.pk, late) == 1
    assert record_usage(BILLER, one.pk, late) == 0
    run(FEBRUARY)
    run(MARCH)
    assert [each.net_cents for each in documents()] == [3100, 3400, 3100]


def test_a_revision_of_a_billed_month_is_refused(billed_evry):
    one = subscribed(billed_evry)
    run(JANUARY)
    with pytest.raises(Invalid, match="revision_in_closed_period"):
        orders.revise_prices(BILLER, one.pk, Decimal("1.05"), date(2026, 1, 15))
    orders.revise_prices(BILLER, one.pk, Decimal("1.05"), FEBRUARY)
    run(FEBRUARY)
    assert [each.net_cents for each in documents()] == [3100, 3255]
    assert queries.lines_of(BILLER, documents()[1]).get().reasons[0][0] == "price"


def test_an_end_before_the_start_is_refused_and_nothing_is_written(billed_evry):
    one = subscribed(billed_evry, date(2026, 3, 1))
    with pytest.raises(Invalid, match="subscription_ends_before_start"):
        orders.end(BILLER, one.pk, date(2026, 2, 1))
    one.refresh_from_db()
    assert (one.ends_on, one.changes.visible_to(BILLER).count()) == (None, 0)


def test_an_issued_invoice_cannot_be_changed_even_by_sql(billed_evry):
    subscribed(billed_evry)
    run(JANUARY)
    invoice = only()
    line, charge = queries.lines_of(BILLER, invoice).get(), invoice.charges.unscoped("test").get()
    changes = [
        lambda: Invoice.objects.unscoped("test").filter(pk=invoice.pk).update(note="autre"),
        lambda: Invoice.objects.unscoped("test").filter(pk=invoice.pk).delete(),
        lambda: InvoiceLine.objects.unscoped("test").filter(pk=line.pk).update(net_cents=1),
        lambda: ChargeRow.objects.unscoped("test").filter(pk=charge.pk).delete(),
        lambda: LedgerPosting.objects.update(debit_cents=1),
        lambda: InvoiceLine(organisation=invoice.organisation, invoice=invoice, position=2, **_blank()).save(),
    ]
    for change in changes:
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert only().net_cents == 3100


def _blank():
    return {"starts_on": JANUARY, "ends_on": FEBRUARY, "net_cents": 1, "vat_category": "S", "vat_percent": 20}


def test_a_credit_never_exceeds_what_is_left(billed_evry):
    subscribed(billed_evry)
    run(JANUARY)
    number = only().number
    credit_lines(BILLER, number, {1: Cents(3000)}, "Geste commercial", date(2026, 2, 1))
    with pytest.raises(Invalid, match="credit_exceeds_line"):
        credit_lines(BILLER, number, {1: Cents(101)}, "Encore", date(2026, 2, 1))
    credit_lines(BILLER, number, {1: Cents(100)}, "Le reste", date(2026, 2, 1))
    assert queries.left_of(BILLER, queries.invoice(BILLER, number)) == 0


def test_what_was_given_back_by_hand_is_not_asked_again_when_the_month_is_looked_at_once_more(billed_evry):
    minutes = Component("calls", "Appels", Kind.USAGE, Decimal("0.10"), TWENTY, "min")
    one = subscribed(billed_evry, agreed=terms("31.00", minutes))
    run(JANUARY)
    credit_lines(BILLER, only().number, {1: Cents(3000)}, "Geste", date(2026, 2, 1))
    record_usage(BILLER, one.pk, [NewUse("late", "calls", date(2026, 1, 5), Decimal(10))])
    run(FEBRUARY)
    assert [each.net_cents for each in documents()] == [3100, 3000, 3200]


def test_an_organisation_whose_bill_fails_is_marked_and_the_others_go_on(billed_evry, titred_brunoy):
    broken = subscribed(billed_evry)
    Subscription.objects.unscoped("test").filter(pk=broken.pk).update(terms={"components": []})
    subscribed(titred_brunoy)
    opened = run(JANUARY)
    states = {one.organisation_id: (one.state, one.cause.get("code", "")) for one in queries.run_items(BILLER, opened)}
    assert states[billed_evry.organisation.pk] == ("failed", "terms_components_unfit")
    assert states[titred_brunoy.organisation.pk] == ("invoiced", "")


def test_dates_of_a_series_never_go_back(billed_evry):
    subscribed(billed_evry)
    run(JANUARY, date(2026, 2, 3))
    opened = start_run(BILLER, FEBRUARY, date(2026, 2, 2))
    item = bill_next(BILLER, opened.pk)
    assert (item.state, item.cause["code"]) == (RunItem.State.FAILED, "issued_before_last")
    assert NumberSeries.objects.get(code="F2026").last == 1


def test_only_the_operator_bills(billed_evry):
    with pytest.raises(Refused):
        start_run(billed_evry.mayor, JANUARY, JANUARY)


def test_the_invoices_of_another_commune_are_not_found(billed_evry, titred_brunoy):
    subscribed(billed_evry)
    run(JANUARY)
    number = only().number
    assert queries.invoice(billed_evry.mayor, number).number == number
    with pytest.raises(NotFound):
        queries.invoice(titred_brunoy.mayor, number)


def test_a_wrong_siret_is_refused(billed_evry):
    account = queries.account(BILLER, billed_evry.organisation.pk)
    wrong = party(snapshot(account) | {"siret": "21910228200016"})
    with pytest.raises(Invalid, match="siret_wrong"):
        set_account(BILLER, billed_evry.organisation.pk, wrong, "facturx")


def test_a_second_town_is_billed_on_its_own(billed_evry, titred_brunoy):
    subscribed(billed_evry)
    subscribed(titred_brunoy, agreed=terms("50.00"))
    run(JANUARY)
    assert {one.number: one.net_cents for one in documents()}.keys() == {"F2026-000001", "F2026-000002"}
    assert {one.organisation_id: one.net_cents for one in documents()} == {
        billed_evry.organisation.pk: 3100,
        titred_brunoy.organisation.pk: 5000,
    }

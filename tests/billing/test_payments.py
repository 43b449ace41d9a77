"""Money received, reminders, statements, and the ledger that keeps them."""

from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from tests.fixtures.billing import BILLER, run, subscribed, terms

from maillage.billing import queries
from maillage.billing.engine.ledger import Book, Entry, Posting, Third, credit_note, payment, sale
from maillage.billing.ledger import export
from maillage.billing.ledger import queries as ledger
from maillage.billing.ledger.actions import commit_grant, receive_grant
from maillage.billing.models import LedgerPosting, Payment
from maillage.billing.payments.actions import import_payments, record_payment, remind
from maillage.billing.payments.parsing import payments_in
from maillage.kernel.errors import Conflict, Invalid, Refused
from maillage.kernel.money import Cents, cents

JANUARY, YEAR = date(2026, 1, 1), (date(2026, 1, 1), date(2027, 1, 1))
HEADING = "date;reference;invoice;amount\n"
amounts = st.integers(1, 10**12).map(Cents)


@pytest.fixture
def invoice(billed_evry):
    subscribed(billed_evry)
    run(JANUARY)
    return queries.invoices(BILLER).get()


def read(*lines):
    return payments_in(HEADING + "\n".join(lines))


@given(amounts, st.integers(0, 10**12).map(Cents))
def test_every_entry_balances(net, vat):
    third = Third("219102282", "Évry")
    for entry in (sale(third, JANUARY, "F1", net, vat), credit_note(third, JANUARY, "A1", net, vat)):
        assert sum(one.debit for one in entry.postings) == sum(one.credit for one in entry.postings) == net + vat
    assert len(payment(third, JANUARY, "B1", net).postings) == 2


def test_an_entry_that_does_not_balance_cannot_be_made():
    with pytest.raises(Invalid, match="entry_unbalanced"):
        Entry(Book.SALES, JANUARY, "F1", "x", (Posting("411", Cents(2), Cents(0)), Posting("706", Cents(0), Cents(1))))


def test_a_payment_lessens_what_is_left_and_is_booked(invoice):
    record_payment(BILLER, invoice.number, Cents(3000), date(2026, 2, 5), "VIR-1")
    assert queries.left_of(BILLER, invoice) == 720
    assert ledger.balances(BILLER)["411"] == (3720, 3000)
    assert [(one.kind, one.amount, one.balance) for one in queries.statement(BILLER, invoice.organisation_id)] == [
        ("invoice", 3720, 3720),
        ("payment", -3000, 720),
    ]


def test_a_payment_above_what_is_left_is_refused(invoice):
    with pytest.raises(Invalid, match="payment_exceeds"):
        record_payment(BILLER, invoice.number, Cents(3721), date(2026, 2, 5), "VIR-1")


def test_only_the_operator_records_payments(invoice, billed_evry):
    with pytest.raises(Refused):
        record_payment(billed_evry.mayor, invoice.number, Cents(100), date(2026, 2, 5), "VIR-1")


def test_a_file_is_imported_once_even_when_given_twice(invoice):
    lines = read(f"05/02/2026;VIR-1;{invoice.number};30,00 €", f"2026-02-06;VIR-2;{invoice.number};7.20")
    assert import_payments(BILLER, lines) == 2
    assert import_payments(BILLER, lines) == 0
    assert queries.left_of(BILLER, invoice) == 0


def test_a_file_with_an_unknown_reference_writes_nothing_and_names_the_line(invoice):
    lines = read(f"05/02/2026;VIR-1;{invoice.number};30,00", "05/02/2026;VIR-2;F2026-999999;7,20")
    with pytest.raises(Invalid) as refused:
        import_payments(BILLER, lines)
    assert (refused.value.code, refused.value.facts) == ("payment_line_unknown", {"line": 3, "number": "F2026-999999"})
    assert not Payment.objects.unscoped("test").exists()


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("32/01/2026;V;F1;1,00", "payment_line_date"),
        ("05/02/2026;V;F1;1,001", "payment_line_amount"),
        ("05/02/2026;V;F1;-1", "payment_line_amount"),
        ("05/02/2026;V;F1;NaN", "payment_line_amount"),
        ("05/02/2026;;F1;1", "payment_line_reference"),
        ("05/02/2026;V;F1", "payment_line_columns"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(line, code):
    with pytest.raises(Invalid, match=code):
        read(line)


def test_a_file_of_another_kind_is_refused():
    with pytest.raises(Invalid, match="payments_heading"):
        payments_in("a,b,c\n")


@given(st.integers(1, 10**10))
def test_an_amount_is_read_exactly(value):
    whole, rest = divmod(value, 100)
    assert read(f"05/02/2026;V;F1;{whole},{rest:02}")[0].amount == value == cents(value) // 100


def test_a_reminder_is_for_what_is_due_and_unpaid(invoice):
    with pytest.raises(Invalid, match="reminder_not_due"):
        remind(BILLER, invoice.number, invoice.due_on)
    later = date(2026, 6, 1)
    assert [remind(BILLER, invoice.number, later).level for _ in range(3)] == [1, 2, 3]
    with pytest.raises(Invalid, match="reminder_last"):
        remind(BILLER, invoice.number, later)
    assert [one.reminded for one in queries.overdue(BILLER, later)] == [3]


def test_a_titre_is_recovered_by_the_public_accountant(titred_brunoy):
    subscribed(titred_brunoy, agreed=terms("50.00"))
    run(JANUARY)
    with pytest.raises(Invalid, match="reminder_of_titre"):
        remind(BILLER, queries.invoices(BILLER).get().number, date(2027, 1, 1))


def test_grants_are_booked_as_receivables(operator):
    region = Third("REGION-IDF", "Région Île-de-France")
    commit_grant(operator, region, JANUARY, "CONV-1", Cents(8_300_000))
    receive_grant(operator, region, date(2026, 5, 1), "ACPT-1", Cents(2_000_000))
    assert ledger.balances(operator)["441"] == (8_300_000, 2_000_000)


def test_the_ledger_is_chained_and_a_change_behind_its_back_is_found(invoice):
    record_payment(BILLER, invoice.number, Cents(100), date(2026, 2, 5), "VIR-1")
    assert ledger.verify(BILLER).broken is None
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE billing_ledgerposting DISABLE TRIGGER billing_ledgerposting_append_only")
        cursor.execute("UPDATE billing_ledgerposting SET auxiliary_label = 'Autre' WHERE auxiliary <> ''")
        cursor.execute("ALTER TABLE billing_ledgerposting ENABLE TRIGGER billing_ledgerposting_append_only")
    broken = ledger.verify(BILLER).broken
    assert (broken.sequence, broken.reason) == (1, "content")


def test_the_database_itself_refuses_an_entry_that_does_not_balance(invoice):
    posting = LedgerPosting.objects.first()
    with transaction.atomic(), connection.cursor() as cursor:
        LedgerPosting.objects.create(entry=posting.entry, position=9, account="515", debit_cents=1)
        with pytest.raises(DatabaseError, match="does not balance"):
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        transaction.set_rollback(True)


def test_the_export_has_the_eighteen_columns_and_the_same_totals(invoice):
    record_payment(BILLER, invoice.number, Cents(3720), date(2026, 2, 5), "VIR-1")
    rows = [line.split("\t") for line in export.fec(ledger.postings(BILLER, *YEAR)).splitlines()]
    assert len(rows[0]) == 18
    totals = [sum(int(row[column].replace(",", "")) for row in rows[1:]) for column in (11, 12)]
    assert totals == [7440, 7440]
    assert rows[1][:7] == ["VE", "Ventes", "1", "20260128", "411", "Redevables", "219102282"]


def test_the_ledger_is_not_for_communes(invoice, billed_evry):
    with pytest.raises(Refused):
        ledger.postings(billed_evry.mayor, *YEAR)


def test_a_known_reference_is_refused(invoice):
    record_payment(BILLER, invoice.number, Cents(1), date(2026, 2, 5), "VIR-1")
    with pytest.raises(Conflict, match="payment_known"):
        record_payment(BILLER, invoice.number, Cents(1), date(2026, 2, 5), "VIR-1")

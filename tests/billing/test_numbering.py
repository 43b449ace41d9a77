"""Numbers without gap or double, whatever dies meanwhile: real processes on a real PostgreSQL."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fixtures.billing import BILLER, party, terms

from maillage.billing import queries
from maillage.billing.actions import set_account
from maillage.billing.engine.numbers import is_fit, number_of, series_code
from maillage.billing.issuing.actions import next_number
from maillage.billing.ledger import queries as ledger
from maillage.billing.models import LedgerPosting, NumberSeries
from maillage.billing.runs.actions import start_run
from maillage.identity.actions import TransactionMissing
from maillage.identity.models import Organisation
from maillage.kernel.errors import Invalid
from maillage.orders.actions import NewSubscription, start_subscription

WORKERS = Path(__file__).with_name("workers.py")
SIRETS = "25910012100013"
JANUARY = date(2026, 1, 1)
ORGANISATIONS = 120
KILLS = 40


@given(st.integers(1, 10**12 - 1), st.integers(2026, 2099), st.sampled_from(["F", "A"]))
def test_every_number_is_fit_for_an_invoice(sequence, year, prefix):
    assert is_fit(number_of(series_code(prefix, year), sequence))


@pytest.mark.parametrize("number", ["", "F2026 1", "F2026.1", "É1", "A" * 21, "F1\n"])
def test_a_number_that_the_state_would_refuse_is_not_fit(number):
    assert not is_fit(number)


def test_a_number_too_long_is_refused():
    with pytest.raises(Invalid, match="number_unfit"):
        number_of(series_code("F", 2026), 10**15)


def test_a_number_is_given_only_inside_a_transaction(transactional_db):
    with pytest.raises(TransactionMissing):
        next_number(BILLER, "F", JANUARY)


@pytest.mark.system
def test_eight_workers_killed_at_random_leave_no_gap_and_no_double(database_conninfo):
    operator = Organisation.objects.create(kind="operator", name="Syndicat", slug="syndicat")
    set_account(BILLER, operator.pk, party("Syndicat", SIRETS), "facturx")
    for number in range(ORGANISATIONS):
        body = Organisation.objects.create(kind="business", name=f"Client {number}", slug=f"client-{number}")
        set_account(BILLER, body.pk, party(body.name, SIRETS), "facturx")
        for _ in range(3):
            new = NewSubscription(body.pk, "lora", "1", "Réseau LoRa", None, 1, terms(), JANUARY)
            start_subscription(BILLER, new)
    run = start_run(BILLER, JANUARY, date(2026, 2, 1))
    environment = os.environ | {
        "MAILLAGE_DATABASE": database_conninfo,
        "DJANGO_SETTINGS_MODULE": "maillage.config.settings",
    }
    ended = subprocess.run(
        [sys.executable, str(WORKERS), str(run.pk), str(KILLS), "7"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=180,
    )
    killed, failed = map(int, ended.stdout.split())
    assert (killed, failed) == (KILLS, 0), ended.stderr
    issued = queries.invoices(BILLER).order_by("number").values_list("number", flat=True)
    assert list(issued) == [f"F2026-{number:06d}" for number in range(1, ORGANISATIONS + 1)]
    assert NumberSeries.objects.get(code="F2026").last == ORGANISATIONS
    assert queries.progress(BILLER, run).is_complete
    assert queries.invoices(BILLER).values("organisation_id").distinct().count() == ORGANISATIONS
    verdict = ledger.verify(BILLER)
    assert (verdict.checked, verdict.broken) == (ORGANISATIONS, None)
    sides = [(one.debit_cents, one.credit_cents) for one in LedgerPosting.objects.order_by("pk")]
    assert sum(debit for debit, _ in sides) == sum(credit for _, credit in sides) == ORGANISATIONS * 11160

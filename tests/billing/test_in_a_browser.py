"""The billing pages in a real Chromium: fit for everybody, on a phone too; a month is run by its button."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect
from tests.fixtures.billing import BILLER, TWENTY, run, subscribed, terms
from tests.fixtures.chromium import assert_fit_for_everybody, chromium
from tests.fixtures.things import logged_in

from maillage.billing import queries
from maillage.billing.actions import NewUse, record_usage
from maillage.billing.models import Invoice
from maillage.billing.payments.actions import record_payment
from maillage.kernel.money import Cents
from maillage.orders import actions as orders
from maillage.orders.engine.terms import Component, Kind

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)


@pytest.fixture
def story(billed_evry, titred_brunoy):
    """Two months: a start on the 24th, more of it later, calls, a payment, an amount that waits, a late end."""
    calls = Component("calls", "Minutes vers mobiles", Kind.USAGE, Decimal("0.038"), TWENTY, "min")
    first = subscribed(billed_evry, date(2026, 1, 24), agreed=terms("89.00", calls))
    second = subscribed(billed_evry, site="cemetery", agreed=terms("19.90"))
    subscribed(titred_brunoy, agreed=terms("5.00"))
    record_usage(BILLER, first.pk, [NewUse("a", "calls", date(2026, 1, 30), Decimal(120))])
    run(JANUARY)
    orders.change_quantity(BILLER, first.pk, 2, date(2026, 2, 10))
    orders.end(BILLER, second.pk, date(2026, 1, 20))
    run(FEBRUARY)
    invoices = list(queries.invoices(BILLER).filter(kind=Invoice.Kind.INVOICE).order_by("pk"))
    record_payment(BILLER, invoices[0].number, Cents(1000), date(2026, 2, 20), "VIR-1")
    return invoices


def cookies(client: Client, url):
    return [{"name": name, "value": morsel.value, "url": url} for name, morsel in client.cookies.items()]


def test_the_pages_are_fit_for_everybody_and_a_month_is_run(live_server, story, operator, billed_evry):
    number, organisation = story[1].number, billed_evry.organisation.pk
    run_id = queries.run_of_month(BILLER, FEBRUARY).pk
    names = ["desk", "payments", "reminders", "bordereaux", "ledger", "invoices"]
    addresses = [reverse(f"billing:{name}") for name in names]
    addresses.append(reverse("billing:run", args=[run_id]))
    addresses.append(f"{reverse('billing:preview')}?organisation={organisation}&month=2026-03")
    of_mayor = [reverse("billing:invoice", args=[number]), reverse("billing:invoices"), reverse("billing:statement")]
    desk, mayor = (cookies(logged_in(who), live_server.url) for who in (operator, billed_evry.mayor))
    with chromium() as browser:
        for who, wanted in ((desk, addresses), (mayor, of_mayor)):
            context = browser.new_context(base_url=live_server.url, locale="fr-FR", reduced_motion="reduce")
            context.add_cookies(who)
            page = context.new_page()
            for address in wanted:
                assert page.goto(address).status == 200
                assert_fit_for_everybody(page)
        page = browser.new_context(base_url=live_server.url, locale="fr-FR").new_page()
        page.context.add_cookies(desk)
        page.goto(reverse("billing:desk"))
        page.locator("form[method=post] [name=month]").fill("2026-03")
        page.locator("[name=issued_on]").fill("2026-03-31")
        page.get_by_role("button", name="Ouvrir la facturation").click()
        page.get_by_role("button", name="Facturer").click()
        expect(page.get_by_role("link", name="F2026-000003")).to_be_visible()
        expect(page.locator("progress")).to_have_attribute("value", "2")

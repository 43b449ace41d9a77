"""From the basket to the invoice, and each way in which it may not go."""

from datetime import timedelta
from decimal import Decimal

import pytest
from tests.fixtures.billing import BILLER, PES, run
from tests.fixtures.radio import wrapped
from tests.fixtures.things import device
from tests.orders.conftest import SIRET, VALVES, heard, items, ordered, party, quoted, wanted

from maillage.billing.actions import set_account
from maillage.billing.models import Invoice
from maillage.catalogue import shelf
from maillage.catalogue.basket import BasketLine
from maillage.identity.models import JournalEntry
from maillage.kernel.errors import Conflict, Invalid, NotFound, Refused
from maillage.kernel.money import cents
from maillage.lorawan.keys import Purpose
from maillage.lorawan.models import ClaimFailure, Device
from maillage.orders.engine.approval import State
from maillage.orders.engine.intervals import month_of
from maillage.orders.models import Order, Quote, Subscription, WorkItem, WorkOrder
from maillage.orders.quoting import actions as quoting
from maillage.orders.quoting.actions import WantedLine
from maillage.orders.works import actions as works
from maillage.telemetry.models import Thing

pytestmark = pytest.mark.django_db
HELD = "70b3d52dd3000099"


def installed(market):
    order = ordered(market)
    for item, dev_eui in zip(items(market), VALVES, strict=True):
        works.scan(market.contractor, item.pk, dev_eui, market.town.classroom.pk)
        heard(dev_eui)
    return WorkOrder.objects.visible_to(market.town.agent).get(order=order)


def test_what_was_quoted_is_installed_accepted_and_invoiced_to_the_cent(market, body):
    seller = party("Essonne Numérique", "25910012100013", iban="FR7630001007941234567890185", bic="BDFEFRPPCCT")
    set_account(BILLER, body.pk, seller, "facturx", pes=PES)
    set_account(BILLER, market.town.organisation.pk, party("Commune d’Évry", SIRET), "facturx")
    work = installed(market)

    works.accept(market.town.mayor, work.pk)

    things = Thing.objects.visible_to(market.town.agent).order_by("device_id")
    assert [(one.device_id, one.space.name, one.solution) for one in things] == [
        (dev_eui, "Classe 1", "heating") for dev_eui in VALVES
    ]
    subscription = Subscription.objects.visible_to(market.town.agent).get()
    assert subscription.starts_on == shelf.today()
    run(month_of(shelf.today()).start, month_of(shelf.today()).last_day)
    invoice = Invoice.objects.visible_to(market.town.agent).get()
    month = month_of(shelf.today())
    served = (month.end - shelf.today()).days
    installation = 500 + 2 * 80
    assert invoice.net_cents == cents(installation) + cents(Decimal(25) * served / month.days)
    told = JournalEntry.objects.filter(organisation=market.town.organisation).values_list("action", flat=True)
    assert {"orders.quote_issued", "orders.quote_approved", "orders.order_placed", "orders.work_accepted"} <= set(told)


def test_a_quote_freezes_prices_and_counts_vat_once_a_rate(market):
    quote = quoted(market)
    assert (quote.once_cents, quote.monthly_cents) == (66_000, 2_500)
    assert quote.commitment_cents == 66_000 + 12 * 2_500
    assert quote.number == f"D{shelf.today().year}-00001"
    assert quoted(market).number == f"D{shelf.today().year}-00002"


@pytest.mark.parametrize("siret", ["21910228200016", "123", "", "2191022820001X"])
def test_a_siret_with_a_wrong_key_is_refused_and_nothing_is_written(market, siret):
    with pytest.raises(Invalid, match="order_siret_wrong"):
        quoted(market, siret=siret)
    assert not Quote.objects.visible_to(market.town.agent).exists()


def test_the_siret_of_another_body_is_refused(market):
    market.town.organisation.siren = "219101144"
    market.town.organisation.save()
    with pytest.raises(Invalid, match="order_siret_of_another"):
        quoted(market)


def test_an_empty_basket_and_a_line_without_quantity_make_no_quote(market):
    with pytest.raises(Invalid, match="quote_empty"):
        quoting.issue_quote(market.town.agent, quoting.NewQuote(SIRET, ()))
    with pytest.raises(Invalid, match="quote_line_empty"):
        quoted(market, WantedLine(BasketLine("temperature", 1, {}), market.town.school.pk))


def test_nobody_orders_for_another_commune(market, brunoy):
    with pytest.raises(NotFound):
        quoted(market, by=brunoy.agent)
    with pytest.raises(Refused):
        quoted(market, by=market.contractor)
    with pytest.raises(NotFound):
        quoting.approve(brunoy.mayor, quoted(market).number)


def test_above_the_threshold_the_mayor_signs(market):
    quote = quoted(market, wanted(market.town.school, valves=60))
    assert quoting.approve(market.town.agent, quote.number).state == State.AWAITING_MAYOR
    with pytest.raises(Conflict, match="quote_awaits_mayor"):
        quoting.approve(market.town.agent, quote.number)
    with pytest.raises(Conflict, match="quote_not_approved"):
        quoting.place_order(market.town.agent, quote.number)
    assert quoting.approve(market.town.mayor, quote.number).state == State.APPROVED
    assert quoting.place_order(market.town.agent, quote.number).quote_id == quote.pk


def test_an_expired_quote_is_neither_approved_nor_ordered(market):
    quote = quoted(market)
    Quote.objects.visible_to(market.town.agent).update(valid_until=shelf.today() - timedelta(days=1))
    with pytest.raises(Conflict, match="quote_expired"):
        quoting.approve(market.town.agent, quote.number)
    Quote.objects.visible_to(market.town.agent).update(state=State.APPROVED)
    with pytest.raises(Conflict, match="quote_expired"):
        quoting.place_order(market.town.agent, quote.number)
    assert not Order.objects.visible_to(market.town.agent).exists()


def test_a_quote_is_ordered_once_and_not_after_a_refusal(market):
    order = ordered(market)
    with pytest.raises(Conflict, match="quote_ordered"):
        quoting.place_order(market.town.agent, order.quote.number)
    with pytest.raises(Conflict, match="quote_decided"):
        quoting.refuse(market.town.mayor, order.quote.number)
    refused = quoting.refuse(market.town.mayor, quoted(market).number)
    with pytest.raises(Conflict, match="quote_not_approved"):
        quoting.place_order(market.town.agent, refused.number)


def test_an_order_opens_works_by_site_with_a_place_for_each_device(market):
    town = market.town
    quote = quoted(market, wanted(town.school), wanted(town.cemetery, valves=3), wanted(town.school, valves=1))
    quoting.approve(town.mayor, quote.number)
    quoting.place_order(town.agent, quote.number)
    found = WorkItem.objects.visible_to(town.agent).order_by("work__site__name", "position")
    assert [(one.work.site.name, one.position) for one in found] == [
        *(("Cimetière", position) for position in (1, 2, 3)),
        *(("École Jean-Moulin", position) for position in (1, 2, 3)),
    ]


def test_a_device_is_scanned_for_one_place_only(market):
    ordered(market)
    first, second = items(market)
    scanned = works.scan(market.contractor, first.pk, VALVES[0])
    assert works.scan(market.contractor, first.pk, VALVES[0].upper()).installed_at == scanned.installed_at
    with pytest.raises(Conflict, match="device_scanned_twice"):
        works.scan(market.contractor, second.pk, VALVES[0])
    assert items(market)[1].device_id is None


@pytest.mark.parametrize(
    ("code", "error"), [("nonsense", Invalid), ("LW:D0:", Invalid), ("ffffffffffffffff", NotFound)]
)
def test_a_code_that_names_no_device_is_refused(market, code, error):
    ordered(market)
    with pytest.raises(error):
        works.scan(market.contractor, items(market)[0].pk, code)
    assert items(market)[0].device_id is None


def test_the_label_of_a_device_may_be_scanned_instead_of_typed(market):
    ordered(market)
    label = f"LW:D0:70B3D57ED0000000:{VALVES[0].upper()}:00000000"
    assert works.scan(market.contractor, items(market)[0].pk, label).device_id == VALVES[0]


def test_a_device_that_the_body_holds_is_claimed_by_the_scan_of_its_label(market, body):
    token = wrapped(HELD, Purpose.OWNER_TOKEN, b"SECRET42")
    device(body, HELD, "mclimate-vicki")
    Device.objects.unscoped("test").filter(pk=HELD).update(owner_token=token)
    ordered(market)
    item = items(market)[0]
    label = f"LW:D0:70B3D57ED0000000:{HELD.upper()}:00000000:O"
    with pytest.raises(Refused, match="claim_refused"):
        works.scan(market.contractor, item.pk, label + "WRONG")
    assert ClaimFailure.objects.count() == 1
    assert works.scan(market.contractor, item.pk, label + "SECRET42").device_id == HELD
    assert Device.objects.visible_to(market.town.agent).get(pk=HELD).organisation_id == market.town.organisation.pk


def test_works_are_not_accepted_before_every_device_stands_and_is_heard(market):
    order = ordered(market)
    work = WorkOrder.objects.visible_to(market.town.agent).get(order=order)
    with pytest.raises(Conflict, match="work_unfinished"):
        works.accept(market.town.agent, work.pk)
    for item, dev_eui in zip(items(market), VALVES, strict=True):
        works.scan(market.contractor, item.pk, dev_eui)
    heard(VALVES[0])
    with pytest.raises(Conflict, match="work_unheard"):
        works.accept(market.town.agent, work.pk)
    assert not Subscription.objects.visible_to(market.town.agent).exists()
    assert not Thing.objects.visible_to(market.town.agent).exists()


def test_the_contractor_does_not_accept_its_own_works_and_nobody_accepts_twice(market):
    work = installed(market)
    with pytest.raises(Refused):
        works.accept(market.contractor, work.pk)
    works.accept(market.town.agent, work.pk)
    with pytest.raises(Conflict, match="work_accepted"):
        works.accept(market.town.agent, work.pk)
    with pytest.raises(Conflict, match="work_accepted"):
        works.scan(market.contractor, items(market)[0].pk, VALVES[1])
    assert Subscription.objects.visible_to(market.town.agent).count() == 1

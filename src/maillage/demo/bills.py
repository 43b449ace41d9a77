"""The demonstration's subscriptions and their bills of the last months, through the actions that people use.

Prices, SIRET establishment numbers and bank details are invented; SIREN are the communes' own.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from stdnum import luhn

from maillage.billing import actions as billing
from maillage.billing import queries as bills
from maillage.billing.actions import NewUse
from maillage.billing.models import Channel, Invoice
from maillage.billing.parties import Party
from maillage.billing.payments.actions import record_payment
from maillage.billing.runs.actions import bill_next, start_run
from maillage.demo import names, queries
from maillage.demo.territory import MemberPlan
from maillage.identity.actor import Actor
from maillage.kernel.money import Cents
from maillage.orders import actions as orders
from maillage.orders import queries as subscriptions
from maillage.orders.actions import NewSubscription
from maillage.orders.engine.intervals import month_of
from maillage.orders.engine.terms import Component, Kind, Terms, VatRule
from maillage.orders.models import Subscription
from maillage.territory.models import Site

MONTHS = 3
_STANDARD = VatRule("S", Decimal(20))
_PES = {
    "post": "091001",
    "siret": "25910012100013",
    "collectivity": "123",
    "budget": "00",
    "product": "0001",
    "nature": "7061",
}
_ESTABLISHMENT = "0001"
_HEATING = Terms(
    (
        Component("service", "Température des bâtiments", Kind.RECURRING, Decimal("89.00"), _STANDARD, "mois"),
        Component("setup", "Mise en service", Kind.ONE_OFF, Decimal("150.00"), _STANDARD),
    )
)
_ACCESS = Terms((Component("service", "Accès des bâtiments", Kind.RECURRING, Decimal("19.90"), _STANDARD, "mois"),))
_TELEPHONY = Terms(
    (
        Component("line", "Ligne téléphonique", Kind.RECURRING, Decimal("6.50"), _STANDARD, "mois"),
        Component("calls", "Minutes vers mobiles", Kind.USAGE, Decimal("0.0380"), _STANDARD, "min", Decimal(60)),
    )
)
_OFFERED = {
    Site.Kind.SCHOOL: ("temperature-medium", "Température des bâtiments", _HEATING, 1),
    Site.Kind.GYMNASIUM: ("temperature-complex", "Température des bâtiments", _HEATING, 2),
    Site.Kind.CEMETERY: ("acces-batiments", "Accès des bâtiments", _ACCESS, 1),
    Site.Kind.TOWN_HALL: ("telephonie", "Téléphonie", _TELEPHONY, 12),
}


def load_bills(actor: Actor, members: Sequence[MemberPlan], today: date) -> int:
    """Subscriptions of ``members`` and their bills of the last months. Returns how many documents are new."""
    before = bills.invoices(actor).count()
    months = _last_months(today)
    _open_accounts(actor, members)
    for member in members:
        organisation_id = queries.organisations(actor)[member.slug].pk
        if not subscriptions.subscriptions(actor).filter(organisation_id=organisation_id).exists():
            _subscribe(actor, member, organisation_id, months)
    for month in months:
        run = bills.run_of_month(actor, month)
        if run is None and not bills.runs(actor).filter(month__gt=month).exists():
            run = start_run(actor, month, month_of(month).end)
        while run is not None and bill_next(actor, run.pk):
            continue
    _pay_the_first(actor, members, months)
    return bills.invoices(actor).count() - before


def _last_months(today: date) -> tuple[date, ...]:
    months = [today.replace(day=1)]
    for _ in range(MONTHS):
        months.append(month_of(months[-1] - timedelta(days=1)).start)
    return tuple(reversed(months[1:]))


def _open_accounts(actor: Actor, members: Sequence[MemberPlan]) -> None:
    known = queries.organisations(actor)
    billed = set(bills.all_accounts(actor).values_list("organisation_id", flat=True))
    operator = known[names.OPERATOR_SLUG]
    if operator.pk not in billed:
        seller = Party(
            legal_name=names.OPERATOR,
            siret="25910012100013",
            vat_number="FR83259100121",
            street="3 place de la Démonstration",
            postcode="91000",
            city="Évry-Courcouronnes",
            email="facturation@essonne-numerique.example",
            iban="FR7630001007941234567890185",
            bic="BDFEFRPPCCT",
        )
        billing.set_account(actor, operator.pk, seller, Channel.FACTURX, pes=_PES)
    for member in members:
        if known[member.slug].pk not in billed:
            commune = member.commune
            buyer = Party(
                legal_name=f"Commune de {commune.name}",
                siret=siret_of(commune.siren),
                street="Place de la Mairie",
                postcode=commune.postcodes[0],
                city=commune.name,
            )
            billing.set_account(actor, known[member.slug].pk, buyer, Channel.TITRE)


def siret_of(siren: str) -> str:
    """An invented establishment of a commune, its key right."""
    start = siren + _ESTABLISHMENT
    return start + luhn.calc_check_digit(start)


def _subscribe(actor: Actor, member: MemberPlan, organisation_id: int, months: Sequence[date]) -> None:
    """From the 24th of the first month, so that the first bill is of part of it; one change in the second month."""
    sites = queries.sites_of(actor, organisation_id)
    first: Subscription | None = None
    for plan in member.sites:
        offered = _OFFERED.get(plan.kind)
        if offered is None:
            continue
        offering, label, terms, quantity = offered
        starts_on = months[0].replace(day=24) if first is None else months[0]
        site = sites[plan.name].pk
        new = NewSubscription(organisation_id, offering, "1", label, site, quantity, terms, starts_on)
        one = orders.start_subscription(actor, new)
        first = first or one
        if terms is _TELEPHONY:
            _call(actor, one, months)
    if first is not None:
        orders.change_quantity(actor, first.pk, first.quantity + 1, months[1].replace(day=15))


def _call(actor: Actor, telephony: Subscription, months: Sequence[date]) -> None:
    uses = [
        NewUse(f"demo-{month:%Y%m}", "calls", month.replace(day=28), Decimal(1480 + 90 * number))
        for number, month in enumerate(months)
    ]
    billing.record_usage(actor, telephony.pk, uses)


def _pay_the_first(actor: Actor, members: Sequence[MemberPlan], months: Sequence[date]) -> None:
    """The first month is paid."""
    known = queries.organisations(actor)
    ids = [known[member.slug].pk for member in members]
    owing = bills.invoices(actor).filter(organisation__in=ids, month=months[0], kind=Invoice.Kind.INVOICE)
    for one in owing.filter(payments=None):
        record_payment(actor, str(one.number), Cents(one.gross_cents), one.due_on, f"DEMO-{one.number}")

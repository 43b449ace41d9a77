"""A quote is issued, approved or refused, and ordered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from stdnum.fr import siret as siret_number

from maillage.catalogue import shelf
from maillage.catalogue.basket import BasketLine
from maillage.catalogue.engine.eligibility import Audience, Situation, is_open_to
from maillage.catalogue.engine.price import Rhythm
from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.identity.models import Organisation
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, Refused
from maillage.kernel.money import Cents, total
from maillage.orders.engine.approval import State, after_approval, after_refusal
from maillage.orders.engine.quote import (
    Charge,
    charge,
    commitment,
    equipment,
    from_json,
    sum_of,
    terms_of,
    to_json,
)
from maillage.orders.models import Decision, NumberSeries, Order, Quote, QuoteLine, WorkItem, WorkOrder
from maillage.orders.policies import may_sign, require_order
from maillage.orders.quoting import queries
from maillage.territory.models import Site

VALID_FOR = timedelta(days=90)
MOST_DEVICES = 2000
_SOLUTIONS = frozenset({"heating", "access"})


@dataclass(frozen=True, slots=True)
class WantedLine:
    """A line of the basket, and the site that it is for."""

    kept: BasketLine
    site_id: int


@dataclass(frozen=True, slots=True)
class NewQuote:
    """What is asked for, all for one organisation, and the identity that its invoices will bear."""

    siret: str
    lines: Sequence[WantedLine]
    service_code: str = ""


@dataclass(frozen=True, slots=True)
class _Frozen:
    """A line at the prices of the day."""

    offer: shelf.Offer
    site: Site
    charges: tuple[Charge, ...]


@transaction.atomic
def issue_quote(actor: Actor, new: NewQuote) -> Quote:
    """Freeze the prices of today for a quote that may be ordered for 90 days.

    Raises ``Invalid`` for an empty basket, a SIRET with a wrong key or of somebody else, sites of several
    organisations, too many devices; ``NotFound`` for what is no longer sold; ``Refused`` for what is not for them.
    """
    today = shelf.today()
    if not new.lines:
        raise Invalid("quote_empty")
    sites = [queries.site(actor, one.site_id) for one in new.lines]
    if len({site.organisation_id for site in sites}) > 1:
        raise Invalid("quote_of_several")
    buyer = sites[0].organisation
    require_order(actor, buyer.pk)
    siret = _siret(new.siret, buyer)
    frozen = [_freeze(one.kept, site, buyer, today) for one, site in zip(new.lines, sites, strict=True)]
    if sum(unit.quantity for line in frozen for unit in equipment(line.charges)) > MOST_DEVICES:
        raise Invalid("quote_too_many_devices", most=MOST_DEVICES)
    quote = _created(actor, buyer, siret, new.service_code.strip(), frozen, today)
    facts: dict[str, object] = {"once_cents": quote.once_cents, "monthly_cents": quote.monthly_cents, "siret": siret}
    write_journal(actor, buyer.pk, "orders.quote_issued", "quote", quote.pk, quote.number, facts)
    return quote


@transaction.atomic
def approve(actor: Actor, number: str) -> Quote:
    """An agent's approval; above the threshold the quote then waits for the mayor, whose approval is enough alone.

    Raises ``Conflict`` for an expired quote and for one on which everything is said.
    """
    quote = _locked(actor, number)
    queries.require_valid(quote, shelf.today())
    signs = may_sign(actor, quote.organisation_id)
    quote.state = after_approval(State(quote.state), Cents(quote.commitment_cents), by_mayor=signs)
    return _decided(actor, quote, approved=True)


@transaction.atomic
def refuse(actor: Actor, number: str) -> Quote:
    """Nothing comes of it. Raises ``Conflict`` once it is ordered."""
    quote = _locked(actor, number)
    quote.state = after_refusal(State(quote.state))
    return _decided(actor, quote, approved=False)


@transaction.atomic
def place_order(actor: Actor, number: str, engagement: str = "") -> Order:
    """Order an approved quote: a work order for each of its sites, an item for each device.

    Raises ``Conflict`` for a quote that has expired, is ordered already or is not approved.
    """
    quote, today = _locked(actor, number), shelf.today()
    if quote.state == State.ORDERED:
        raise Conflict("quote_ordered", number=quote.number)
    queries.require_valid(quote, today)
    if quote.state != State.APPROVED:
        raise Conflict("quote_not_approved", number=quote.number)
    quote.state = State.ORDERED
    quote.save(update_fields=["state"])
    order = Order.objects.create(
        organisation_id=quote.organisation_id,
        quote=quote,
        number=_next_number("C", today),
        engagement=engagement.strip(),
        placed_on=today,
        placed_by=actor.label,
    )
    _open_works(actor, order)
    facts: dict[str, object] = {"quote": quote.number, "engagement": order.engagement}
    write_journal(actor, quote.organisation_id, "orders.order_placed", "order", order.pk, order.number, facts)
    return order


def _siret(given: str, buyer: Organisation) -> str:
    siret = "".join(given.split())
    if not siret_number.is_valid(siret):
        raise Invalid("order_siret_wrong", siret=given.strip()[:40])
    if buyer.siren and not siret.startswith(buyer.siren):
        raise Invalid("order_siret_of_another", siret=siret, siren=buyer.siren, name=buyer.name)
    return siret


def _freeze(kept: BasketLine, site: Site, buyer: Organisation, today: date) -> _Frozen:
    offer = queries.offer_to_quote(kept.code, today)
    if not is_open_to(offer.eligibility, Situation(_audience(buyer))):
        raise Refused("offering_not_for_you", name=offer.version.name)
    wanted = [(line, kept.quantities.get(line.term.unit, 0)) for line in offer.lines]
    charges = tuple(charge(line.name, line.term, count, line.coefficient) for line, count in wanted if count)
    if not charges:
        raise Invalid("quote_line_empty", name=offer.version.name)
    terms_of(charges)
    return _Frozen(offer, site, charges)


def _audience(buyer: Organisation) -> Audience:
    if buyer.kind == Organisation.Kind.BUSINESS:
        return Audience.BUSINESS
    return Audience.MEMBER if buyer.member_since else Audience.OUTSIDE


def _created(
    actor: Actor, buyer: Organisation, siret: str, service_code: str, frozen: Sequence[_Frozen], today: date
) -> Quote:
    once = total(sum_of(line.charges, Rhythm.ONE_OFF) for line in frozen)
    monthly = total(sum_of(line.charges, Rhythm.MONTHLY) for line in frozen)
    bound = total(_commitment(line) for line in frozen)
    quote = Quote.objects.create(
        organisation=buyer,
        number=_next_number("D", today),
        siret=siret,
        service_code=service_code,
        issued_on=today,
        valid_until=today + VALID_FOR,
        issued_by=actor.label,
        once_cents=once,
        monthly_cents=monthly,
        commitment_cents=bound,
    )
    QuoteLine.objects.bulk_create(_line(quote, position, line) for position, line in enumerate(frozen, 1))
    return quote


def _commitment(line: _Frozen) -> Cents:
    once, monthly = sum_of(line.charges, Rhythm.ONE_OFF), sum_of(line.charges, Rhythm.MONTHLY)
    return commitment(once, monthly, line.offer.version.term_months)


def _line(quote: Quote, position: int, line: _Frozen) -> QuoteLine:
    version = line.offer.version
    return QuoteLine(
        organisation_id=quote.organisation_id,
        quote=quote,
        position=position,
        site=line.site,
        offering=line.offer.code,
        offering_version=version.number,
        name=version.name,
        solution=version.estimator if version.estimator in _SOLUTIONS else "",
        term_months=version.term_months,
        charges=to_json(line.charges),
    )


def _locked(actor: Actor, number: str) -> Quote:
    found = queries.quote(actor, number)
    require_order(actor, found.organisation_id)
    return Quote.objects.visible_to(actor).select_for_update().get(pk=found.pk)


def _decided(actor: Actor, quote: Quote, *, approved: bool) -> Quote:
    quote.save(update_fields=["state"])
    Decision.objects.create(
        organisation_id=quote.organisation_id,
        quote=quote,
        approved=approved,
        by=actor.label,
        role=actor.role.value,
        at=clock.now(),
    )
    action = "orders.quote_approved" if approved else "orders.quote_refused"
    facts: dict[str, object] = {"state": str(quote.state)}
    write_journal(actor, quote.organisation_id, action, "quote", quote.pk, quote.number, facts)
    return quote


def _open_works(actor: Actor, order: Order) -> None:
    works: dict[int, WorkOrder] = {}
    items: dict[int, list[WorkItem]] = {}
    for line in queries.lines_of(actor, order.quote):
        if line.site_id not in works:
            works[line.site_id] = WorkOrder.objects.create(
                organisation_id=order.organisation_id, order=order, site_id=line.site_id
            )
        own = items.setdefault(line.site_id, [])
        for unit in equipment(from_json(line.charges)):
            for _ in range(unit.quantity):
                item = WorkItem(organisation_id=order.organisation_id, work=works[line.site_id], line=line)
                item.position, item.label = len(own) + 1, unit.name
                own.append(item)
    WorkItem.objects.bulk_create(item for own in items.values() for item in own)


def _next_number(prefix: str, on: date) -> str:
    """The next of the year: ``D2026-00001``. Its series is locked until the transaction ends."""
    code = f"{prefix}{on.year}"
    NumberSeries.objects.get_or_create(code=code)
    series = NumberSeries.objects.select_for_update().get(code=code)
    series.last += 1
    series.save(update_fields=["last"])
    return f"{code}-{series.last:05d}"

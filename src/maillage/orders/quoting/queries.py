"""Reads of quotes and orders."""

from collections.abc import Sequence
from datetime import date

from django.db.models import QuerySet

from maillage.catalogue import queries as catalogue
from maillage.catalogue import shelf
from maillage.identity.actor import Actor
from maillage.identity.models import Organisation
from maillage.identity.queries import organisations_visible_to
from maillage.kernel.errors import Conflict, NotFound
from maillage.orders.engine.approval import State
from maillage.orders.models import Decision, Order, Quote, QuoteLine
from maillage.orders.policies import may_order
from maillage.territory.models import Site


def quotes(actor: Actor) -> QuerySet[Quote]:
    """Those that ``actor`` sees, the newest first."""
    found: QuerySet[Quote] = Quote.objects.visible_to(actor).select_related("organisation").order_by("-pk")
    return found


def quote(actor: Actor, number: str) -> Quote:
    """One of them. Raises ``NotFound``."""
    found = quotes(actor).filter(number=number).first()
    if found is None:
        raise NotFound("quote_unknown", number=number)
    return found


def lines_of(actor: Actor, one: Quote) -> list[QuoteLine]:
    """Its lines, in order."""
    return list(QuoteLine.objects.visible_to(actor).filter(quote=one).select_related("site").order_by("position"))


def decisions_of(actor: Actor, one: Quote) -> list[Decision]:
    """Who said what, in order."""
    return list(Decision.objects.visible_to(actor).filter(quote=one).order_by("pk"))


def order_of(actor: Actor, one: Quote) -> Order | None:
    """The order that was made of it, if one was."""
    return Order.objects.visible_to(actor).filter(quote=one).first()


def is_expired(one: Quote, on: date) -> bool:
    """Too late to order, and neither ordered nor refused."""
    return on > one.valid_until and one.state not in {State.ORDERED, State.REFUSED}


def require_valid(one: Quote, on: date) -> None:
    """Raises ``Conflict`` for a quote that has expired."""
    if is_expired(one, on):
        raise Conflict("quote_expired", number=one.number, valid_until=one.valid_until.isoformat())


def organisations_to_order_for(actor: Actor) -> Sequence[Organisation]:
    """Those for which ``actor`` may order, by name."""
    found = organisations_visible_to(actor).exclude(kind__in=[Organisation.Kind.OPERATOR, Organisation.Kind.CONTRACTOR])
    return [one for one in found if may_order(actor, one.pk)]


def sites_to_order_for(actor: Actor) -> list[Site]:
    """The sites of these organisations, by name."""
    wanted = [one.pk for one in organisations_to_order_for(actor)]
    found = Site.objects.visible_to(actor).filter(organisation_id__in=wanted).select_related("organisation")
    return list(found.order_by("organisation__name", "name", "pk"))


def site(actor: Actor, site_id: int) -> Site:
    """One site with its organisation. Raises ``NotFound``."""
    found = Site.objects.visible_to(actor).select_related("organisation").filter(pk=site_id).first()
    if found is None:
        raise NotFound("site_unknown", site_id=site_id)
    return found


def offer_to_quote(code: str, on: date) -> shelf.Offer:
    """What is sold on ``on`` with its prices then. Raises ``NotFound`` once it no longer is."""
    return shelf.offer(catalogue.sold(code, on), catalogue.index_values(), on)

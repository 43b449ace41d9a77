"""A quote that waits for the mayor, and an order whose works are open, through the actions that people use."""

from collections.abc import Sequence

from maillage.catalogue.basket import BasketLine
from maillage.demo import queries
from maillage.demo.bills import siret_of
from maillage.demo.territory import MemberPlan
from maillage.identity.actor import Actor
from maillage.orders.quoting import actions
from maillage.orders.quoting import queries as quotes
from maillage.orders.quoting.actions import NewQuote, WantedLine
from maillage.territory.models import Site

_WAITING = BasketLine("temperature-moyen", 1, {"site": 1, "valve": 38, "sensor": 9, "boiler_controller": 1})
_ORDERED = BasketLine("temperature-simple", 1, {"site": 1, "valve": 4})


def load_quotes(actor: Actor, members: Sequence[MemberPlan]) -> int:
    """For the first of ``members``, unless it has quotes already. Returns how many are new."""
    member = members[0]
    organisation_id = queries.organisations(actor)[member.slug].pk
    if quotes.quotes(actor).filter(organisation_id=organisation_id).exists():
        return 0
    sites = queries.sites_of(actor, organisation_id)
    school = next(sites[plan.name].pk for plan in member.sites if plan.kind == Site.Kind.SCHOOL)
    siret = siret_of(member.commune.siren)
    actions.issue_quote(actor, NewQuote(siret, (WantedLine(_WAITING, school),)))
    small = actions.issue_quote(actor, NewQuote(siret, (WantedLine(_ORDERED, school),)))
    actions.approve(actor, small.number)
    actions.place_order(actor, small.number, "DEMO-2026")
    return 2

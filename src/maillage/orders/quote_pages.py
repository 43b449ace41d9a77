"""The pages of quotes: from the basket to the order."""

from collections.abc import Sequence

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from maillage.catalogue import basket, shelf
from maillage.catalogue import queries as catalogue
from maillage.catalogue.basket import BasketLine
from maillage.identity.middleware import actor_of
from maillage.kernel.errors import MaillageError, Refused
from maillage.orders import labels
from maillage.orders.engine.approval import State
from maillage.orders.forms import OrderForm, QuoteForm
from maillage.orders.models import Quote
from maillage.orders.offer import view_of
from maillage.orders.paper import quote_pdf
from maillage.orders.policies import may_order, may_sign
from maillage.orders.quoting import actions, queries
from maillage.web.problems import sentence

QUOTES_A_PAGE = 40


@require_GET
@never_cache
def quotes(request: HttpRequest) -> HttpResponse:
    """What the actor sees, the newest first."""
    page = Paginator(queries.quotes(actor_of(request)), QUOTES_A_PAGE).get_page(request.GET.get("page"))
    rows = [(one, *_state(one)) for one in page]
    return render(request, "orders/quotes.html", {"page": page, "rows": rows})


@never_cache
@require_http_methods(["GET", "POST"])
def new_quote(request: HttpRequest) -> HttpResponse:
    """The payer and a site for each line of the basket; then the quote, and an empty basket."""
    actor = actor_of(request)
    sites = queries.sites_to_order_for(actor)
    if not sites:
        raise Refused("not_permitted", what="order")
    kept = basket.lines_of(request.session)
    form = QuoteForm(_named(kept), sites, *([request.POST] if request.method == "POST" else []))
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.issue_quote(actor, form.asked())
        except MaillageError as error:
            form.add_error("siret" if "siret" in error.code else None, sentence(error))
        else:
            basket.clear(request.session)
            return redirect("orders:quote", made.number)
    context = {"form": form, "is_empty": not kept, "crumbs": [(_("Panier"), reverse("catalogue:basket"))]}
    return render(request, "orders/new_quote.html", context, status=422 if request.method == "POST" else 200)


@require_GET
@never_cache
def quote(request: HttpRequest, number: str) -> HttpResponse:
    """One quote, and what may be done with it now."""
    actor = actor_of(request)
    one = queries.quote(actor, number)
    open_still = may_order(actor, one.organisation_id) and not queries.is_expired(one, shelf.today())
    signs = may_sign(actor, one.organisation_id)
    state, word = _state(one)
    context = {
        "view": view_of(actor, one),
        "state": state,
        "state_word": word,
        "may_approve": open_still and (one.state == State.ISSUED or (signs and one.state == State.AWAITING_MAYOR)),
        "may_refuse": open_still and one.state not in {State.ORDERED, State.REFUSED},
        "may_place": open_still and one.state == State.APPROVED,
        "form": OrderForm(),
        "crumbs": [(_("Devis"), reverse("orders:quotes"))],
    }
    return render(request, "orders/quote.html", context)


@require_GET
@never_cache
def pdf(request: HttpRequest, number: str) -> HttpResponse:
    """The quote to print and to sign."""
    actor = actor_of(request)
    made = quote_pdf(view_of(actor, queries.quote(actor, number)))
    headers = {"Content-Disposition": f'inline; filename="{number}.pdf"'}
    return HttpResponse(made, content_type="application/pdf", headers=headers)


@require_POST
def approve(request: HttpRequest, number: str) -> HttpResponse:
    """Sign, as far as one may."""
    done = actions.approve(actor_of(request), number)
    messages.success(request, str(labels.STATES[State(done.state)]))
    return redirect("orders:quote", number)


@require_POST
def refuse(request: HttpRequest, number: str) -> HttpResponse:
    """Say no."""
    actions.refuse(actor_of(request), number)
    return redirect("orders:quote", number)


@require_POST
def place_order(request: HttpRequest, number: str) -> HttpResponse:
    """Order it."""
    form = OrderForm(request.POST)
    engagement = form.cleaned_data["engagement"] if form.is_valid() else ""
    order = actions.place_order(actor_of(request), number, engagement)
    messages.success(request, _("Commande %(number)s passée : les travaux sont ouverts.") % {"number": order.number})
    return redirect("orders:quote", number)


def _named(kept: Sequence[BasketLine]) -> list[tuple[BasketLine, str]]:
    """The lines with the names they have today; an offering that is no longer sold keeps its code."""
    sold = {one.offering.code: one.name for one in catalogue.sold_among([line.code for line in kept], shelf.today())}
    return [(line, sold.get(line.code, line.code)) for line in kept]


def _state(one: Quote) -> tuple[str, str]:
    """Tone and words."""
    if queries.is_expired(one, shelf.today()):
        return "off", _("Expiré")
    state = State(one.state)
    return labels.TONES[state], str(labels.STATES[state])

"""The public shop: the shelves, an offering, a comparison, an equipment sheet. Nobody needs to log in."""

from collections.abc import Container

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from maillage.catalogue import basket, labels, queries, shelf
from maillage.catalogue.engine.eligibility import Situation, obstacles
from maillage.catalogue.models import Offering
from maillage.catalogue.policies import may_edit
from maillage.catalogue.queries import ORDERS, ShopFilter
from maillage.identity.middleware import actor_or_none
from maillage.kernel.errors import Invalid

OFFERS_A_PAGE = 24
MOST_COMPARED = 4
MOST_RELATIVES = 6


@login_not_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The shelves: search, filters, cards."""
    on, wanted = shelf.today(), _wanted(request)
    page = Paginator(queries.on_sale(on, wanted), OFFERS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "offers": shelf.offers(page.object_list, on),
        "shelves": queries.shelves(on),
        "wanted": wanted,
        "is_filtered": wanted != ShopFilter(order=wanted.order),
        "is_narrowed": bool(wanted.kind or wanted.audience or wanted.network or wanted.order != "shelf"),
        "kinds": [(code, labels.KINDS[code]) for code in Offering.Kind.values],
        "audiences": labels.AUDIENCES.items(),
        "networks": labels.NETWORKS.items(),
        "orders": order_labels(),
        "basket_count": len(basket.lines_of(request.session)),
        "edits": may_edit(actor_or_none(request)),
    }
    return render(request, "catalogue/home.html", context)


@login_not_required
@require_GET
def offering(request: HttpRequest, code: str) -> HttpResponse:
    """One offering: price, scope, promise, equipment."""
    on = shelf.today()
    offer = shelf.sold(code, on)
    relatives = [one for one in shelf.offers(queries.family(offer.version, on), on) if one.code != code]
    context = {
        "offer": offer,
        "relatives": relatives[:MOST_RELATIVES],
        "obstacles": [(one, labels.OBSTACLES[one]) for one in obstacles(offer.eligibility, situation_of(request))],
        "crumbs": _crumbs(offer),
        "basket_count": len(basket.lines_of(request.session)),
    }
    return render(request, "catalogue/offering.html", context)


@login_not_required
@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """Up to four offerings side by side."""
    codes = list(dict.fromkeys(request.GET.getlist("offer")))
    if len(codes) > MOST_COMPARED:
        raise Invalid("too_many_to_compare", most=MOST_COMPARED)
    on = shelf.today()
    offers = shelf.offers(queries.sold_among(codes, on), on)
    crumbs = [(_("Boutique"), reverse("catalogue:home"))]
    others = {one.code: "&".join(f"offer={o.code}" for o in offers if o is not one) for one in offers}
    columns = [(one, others[one.code]) for one in offers]
    return render(request, "catalogue/compare.html", {"columns": columns, "crumbs": crumbs})


@login_not_required
@require_GET
def equipment(request: HttpRequest, code: str) -> HttpResponse:
    """An equipment sheet and the offerings that use it."""
    sheet, on = queries.specification(code), shelf.today()
    used_in = queries.on_sale(on).filter(specifications=sheet)
    context = {
        "sheet": sheet,
        "offers": shelf.offers(used_in, on),
        "crumbs": [(_("Boutique"), reverse("catalogue:home"))],
    }
    return render(request, "catalogue/equipment.html", context)


@login_not_required
@require_GET
def photo(_request: HttpRequest, code: str, digest: str) -> HttpResponse:
    """A photo. Its address changes with it: whoever has it may keep it."""
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return HttpResponse(queries.photo(code, digest), content_type="image/webp", headers=headers)


def situation_of(request: HttpRequest) -> Situation:
    """Who asks, as far as it is known. Whether a network covers the site is checked when it is ordered."""
    actor = actor_or_none(request)
    return Situation(queries.audience_of(actor) if actor is not None else None)


def _wanted(request: HttpRequest) -> ShopFilter:
    def given(name: str, known: Container[str]) -> str:
        value = request.GET.get(name, "")
        return value if value in known else ""

    return ShopFilter(
        words=request.GET.get("q", "").replace("\0", "")[:100].strip(),
        kind=given("kind", labels.KINDS),
        category=request.GET.get("category", "").replace("\0", "")[:80],
        audience=given("audience", labels.AUDIENCES),
        network=given("network", labels.NETWORKS),
        order=given("order", ORDERS) or "shelf",
    )


def order_labels() -> list[tuple[str, str]]:
    """The orders of the shelves, in words."""
    return [("shelf", _("Par rayon")), ("price", _("Prix croissant")), ("name", _("Nom")), ("new", _("Nouveautés"))]


def _crumbs(offer: shelf.Offer) -> list[tuple[str, str]]:
    home_url = reverse("catalogue:home")
    crumbs = [(_("Boutique"), home_url)]
    category = offer.version.offering.category
    if category is not None:
        crumbs.append((category.name, f"{home_url}?category={category.code}"))
    return crumbs

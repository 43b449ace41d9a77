"""The editor's pages: offerings and their versions."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from maillage.catalogue import actions, queries, shelf
from maillage.catalogue.drafts import Draft
from maillage.catalogue.edit_forms import DayForm, DraftForm, NewOfferingForm, PriceForms, initial_of, initial_price
from maillage.catalogue.models import Offering, OfferingVersion
from maillage.catalogue.policies import require_edit
from maillage.identity.actor import Actor
from maillage.identity.middleware import actor_of
from maillage.kernel.errors import Conflict, Invalid, NotFound
from maillage.web import problems

_A_PAGE = 50
_FORM = "catalogue/edit.html"


@require_GET
@never_cache
def offerings(request: HttpRequest) -> HttpResponse:
    """Every offering, with what is sold and what is being prepared."""
    words = request.GET.get("q", "").replace("\0", "")[:100]
    page = Paginator(queries.edited(_editor(request), words), _A_PAGE).get_page(request.GET.get("page"))
    on = shelf.today()
    lines = [(one, _sold(one, on), _draft(one)) for one in page.object_list]
    return render(request, "catalogue/offerings.html", {"page": page, "lines": lines, "words": words})


@require_GET
@never_cache
def history(request: HttpRequest, code: str) -> HttpResponse:
    """An offering's versions, and what can be done with them."""
    offering, on = queries.edited_offering(_editor(request), code), shelf.today()
    context = {
        "offering": offering,
        "versions": [(one, _standing(one, on)) for one in offering.versions.all()],
        "draft": _draft(offering),
        "sold": _sold(offering, on),
        "publish_form": DayForm(initial={"day": on}, auto_id="publish_%s"),
        "withdraw_form": DayForm(initial={"day": on}, auto_id="withdraw_%s"),
        "crumbs": _crumbs(),
    }
    return render(request, "catalogue/history.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def create(request: HttpRequest) -> HttpResponse:
    """A new offering with its first draft."""
    actor = _editor(request)
    head = NewOfferingForm(request.POST or None)

    def save(draft: Draft) -> str:
        values = head.cleaned_data
        category = next((one for one in queries.categories() if one.code == values["category"]), None)
        actions.create_offering(actor, values["code"], Offering.Kind(values["kind"]), category, draft)
        return str(values["code"])

    return _edit(request, Draft(""), save, {"head": head, "title": _("Nouvelle offre")})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """The draft; a first one begins as the last version."""
    actor = _editor(request)
    offering = queries.edited_offering(actor, code)
    last = offering.versions.all()[0]

    def save(draft: Draft) -> str:
        actions.save_draft(actor, code, draft)
        return code

    return _edit(request, queries.draft_of(last), save, {"title": last.name, "offering": offering})


@require_POST
def publish(request: HttpRequest, code: str) -> HttpResponse:
    """Sell the draft from a day on."""
    done = _("Version publiée : elle sera vendue à partir du jour choisi.")
    return _act(request, code, done, lambda actor, day: actions.publish(actor, code, day, shelf.today()))


@require_POST
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Sell the offering no longer from a day on."""
    done = _("Offre retirée de la vente à partir du jour choisi.")
    return _act(request, code, done, lambda actor, day: actions.withdraw(actor, code, day, shelf.today()))


@require_POST
def discard(request: HttpRequest, code: str) -> HttpResponse:
    """Forget the draft."""
    actions.discard_draft(_editor(request), code)
    messages.success(request, _("Brouillon abandonné."))
    return redirect("catalogue:offerings")


def _edit(request: HttpRequest, begun: Draft, save: Callable[[Draft], str], context: dict[str, Any]) -> HttpResponse:
    head: NewOfferingForm | None = context.get("head")
    form = DraftForm(request.POST or None, initial=initial_of(begun))
    prices = PriceForms(request.POST or None, initial=[initial_price(one) for one in begun.terms], prefix="prices")
    if request.method == "POST" and all([form.is_valid(), prices.is_valid(), head is None or head.is_valid()]):
        terms = tuple(one.term for one in prices if one.term is not None)
        try:
            code = save(form.draft(terms))
        except (Invalid, Conflict, NotFound) as error:
            form.add_error(None, problems.sentence(error))
        else:
            messages.success(request, _("Brouillon enregistré."))
            return redirect("catalogue:history", code)
    shown = {"form": form, "prices": prices, "crumbs": _crumbs(), **context}
    return render(request, _FORM, shown, status=422 if request.method == "POST" else 200)


def _act(request: HttpRequest, code: str, done: str, act: Callable[[Actor, date], object]) -> HttpResponse:
    actor, form = _editor(request), DayForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(fault) for fault in form.errors["day"]))
        return redirect("catalogue:history", code)
    try:
        act(actor, form.cleaned_data["day"])
    except (Invalid, Conflict) as error:
        messages.error(request, problems.sentence(error))
    else:
        messages.success(request, done)
    return redirect("catalogue:history", code)


def _editor(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    require_edit(actor)
    return actor


def _sold(offering: Offering, on: date) -> OfferingVersion | None:
    return next((one for one in offering.versions.all() if _standing(one, on) == "sold"), None)


def _draft(offering: Offering) -> OfferingVersion | None:
    drafts = [one for one in offering.versions.all() if one.state == OfferingVersion.State.DRAFT]
    return drafts[0] if drafts else None


def _standing(version: OfferingVersion, on: date) -> str:
    """``draft``, ``announced``, ``sold`` or ``past``."""
    if version.valid_from is None or version.state == OfferingVersion.State.DRAFT:
        return "draft"
    if version.valid_from > on:
        return "announced"
    return "sold" if version.valid_until is None or version.valid_until > on else "past"


def _crumbs() -> list[tuple[str, str]]:
    return [(_("Catalogue"), reverse("catalogue:offerings"))]

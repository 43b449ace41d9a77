"""Simulation without account: characteristics in the address, so that the link can be shared."""

from datetime import date
from decimal import Decimal

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from maillage.catalogue import queries, shelf
from maillage.catalogue.engine.budget import budget
from maillage.catalogue.engine.estimators import ESTIMATORS
from maillage.catalogue.engine.estimators.sizing import Estimator, Sizing
from maillage.catalogue.forms import DEFAULT_FUNDING_PERCENT, SimulationForm


@login_not_required
@require_GET
def simulate(request: HttpRequest, code: str) -> HttpResponse:
    """The form beside its result; without answers, those of an ordinary site."""
    on = shelf.today()
    offer = shelf.sold(code, on)
    estimator = _estimator(offer)
    form = SimulationForm(estimator, _answers(request, estimator))
    context: dict[str, object] = {
        "offer": offer,
        "form": form,
        "fields": [(form[name], form.units[name]) for name in form.fields],
        "assumptions": estimator.assumptions,
        "crumbs": [(_("Boutique"), reverse("catalogue:home")), (offer.version.name, _address(offer))],
    }
    if form.is_valid():
        sizing = estimator.sizing(form.answers())
        context |= {
            "budget": budget(
                estimator,
                sizing,
                offer.terms,
                Decimal(form.cleaned_data["funding"]),
                form.cleaned_data.get("bill_year", 0),
            ),
            "names": {line.term.code: line.name for line in offer.lines},
            "suggested": _suggested(offer, sizing, on),
            "answers": form.answers(),
            "query": request.GET.urlencode(),
            "link": request.build_absolute_uri(),
        }
    return render(request, "catalogue/simulate.html", context)


def _estimator(offer: shelf.Offer) -> Estimator:
    estimator = ESTIMATORS.get(offer.version.estimator)
    if estimator is None:
        raise Http404
    return estimator


def _answers(request: HttpRequest, estimator: Estimator) -> dict[str, object]:
    """What the address says; what it leaves out is as for an ordinary site."""
    given = {name: request.GET[name] for name in request.GET}
    return {**estimator.defaults(), "funding": DEFAULT_FUNDING_PERCENT, **given}


def _suggested(offer: shelf.Offer, sizing: Sizing, on: date) -> shelf.Offer | None:
    """The pack of the same family that fits better, if it is another one."""
    if not sizing.level or sizing.level == offer.version.level:
        return None
    fitting = queries.family(offer.version, on, sizing.level)
    return shelf.offers(fitting[:1], on)[0] if fitting else None


def _address(offer: shelf.Offer) -> str:
    return reverse("catalogue:offering", args=[offer.code])

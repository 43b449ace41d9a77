"""The basket's page and its two buttons."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from maillage.catalogue import basket, queries, shelf
from maillage.catalogue.basket import BasketLine
from maillage.catalogue.engine.eligibility import is_open_to
from maillage.catalogue.engine.estimators import ESTIMATORS
from maillage.catalogue.engine.price import Rhythm, sum_of
from maillage.catalogue.pages import situation_of
from maillage.kernel.errors import Invalid, Refused
from maillage.kernel.money import Cents, total

_MOST_DIGITS = 8


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line at today's prices; without offer when it is no longer sold. ``changed``: since it was put here."""

    position: int
    kept: BasketLine
    offer: shelf.Offer | None
    once: Cents
    monthly: Cents
    changed: bool


@login_not_required
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """What is in the basket and what it comes to, before VAT."""
    lines = priced(basket.lines_of(request.session), shelf.today())
    context = {
        "lines": lines,
        "once": total(line.once for line in lines),
        "monthly": total(line.monthly for line in lines),
        "crumbs": [(_("Boutique"), reverse("catalogue:home"))],
    }
    return render(request, "catalogue/basket.html", context)


@login_not_required
@require_POST
def add(request: HttpRequest, code: str) -> HttpResponse:
    """Put the offering into the basket: as simulated, or one of each unit. Refused to whom it is not for."""
    offer = shelf.sold(code, shelf.today())
    if not is_open_to(offer.eligibility, situation_of(request)):
        raise Refused("offering_not_for_you", name=offer.version.name)
    answers = _answers(request, offer)
    if answers:
        needs = ESTIMATORS[offer.version.estimator].sizing(answers).needs
        quantities = {unit: need.likely for unit, need in needs.items()}
    else:
        quantities = dict.fromkeys((line.term.unit for line in offer.lines), 1)
    basket.add(request.session, BasketLine(code, offer.version.number, quantities, answers))
    return redirect("catalogue:basket")


@login_not_required
@require_POST
def remove(request: HttpRequest, position: int) -> HttpResponse:
    """Take a line out."""
    basket.remove(request.session, position)
    return redirect("catalogue:basket")


def priced(lines: Sequence[BasketLine], on: date) -> list[PricedLine]:
    """The lines at the prices of ``on``."""
    codes = [line.code for line in lines]
    offers = {offer.code: offer for offer in shelf.offers(queries.sold_among(list(dict.fromkeys(codes)), on), on)}
    return [_priced(position, line, offers.get(line.code)) for position, line in enumerate(lines)]


def _priced(position: int, line: BasketLine, offer: shelf.Offer | None) -> PricedLine:
    if offer is None:
        return PricedLine(position, line, None, Cents(0), Cents(0), changed=True)
    wanted = {unit: Decimal(count) for unit, count in line.quantities.items()}
    once = sum_of(offer.terms, wanted, Rhythm.ONE_OFF)
    monthly = Cents(sum(sum_of(offer.terms, wanted, rhythm) for rhythm in (Rhythm.MONTHLY, Rhythm.USAGE)))
    return PricedLine(position, line, offer, once, monthly, changed=offer.version.number != line.number)


def _answers(request: HttpRequest, offer: shelf.Offer) -> dict[str, int]:
    """The simulation that was posted, if one was."""
    estimator = ESTIMATORS.get(offer.version.estimator)
    if estimator is None or not any(question.code in request.POST for question in estimator.questions):
        return {}
    return {
        question.code: _whole(request.POST.get(question.code, ""), question.code) for question in estimator.questions
    }


def _whole(text: str, question: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise Invalid("answer_out_of_bounds", question=question, lowest=0, highest=10**_MOST_DIGITS - 1)
    return int(text)

"""Asking a room or a gate to act, from a page."""

import math
import uuid
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from maillage.command import actions
from maillage.command.forms import CommandForm
from maillage.command.places import Equipment, Place
from maillage.command.registry import Offer
from maillage.command.site_pages import SiteView, fragment_context, place_page, site_view
from maillage.identity.actor import Actor
from maillage.identity.middleware import actor_of
from maillage.kernel.errors import Invalid
from maillage.web import problems


@require_POST
def ask(request: HttpRequest, site_id: int, key: str) -> HttpResponse:
    """Asks every device of the room that understands the verb. Bad input is answered beside the field."""
    actor = actor_of(request)
    view = site_view(actor, site_id)
    place = view.place(key)
    form = CommandForm(request.POST)
    if not form.is_valid():
        sentence = " ".join(str(error) for errors in form.errors.values() for error in errors)
        return _refused(request, view, place, sentence)
    verb = form.cleaned_data["verb"]
    targets = [(one, one.offers[verb]) for one in place.actors if verb in one.offers]
    if not targets:
        raise Invalid("verb_not_understood", verb=verb, model=place.name)
    if _must_confirm(targets[0][1]) and not form.cleaned_data["confirmed"]:
        return _confirmation(request, view, place, targets[0][1])
    try:
        _ask_all(actor, targets, form)
    except Invalid as error:
        return _refused(request, view, place, problems.sentence(error))
    return _accepted(request, site_id, key)


def _ask_all(actor: Actor, targets: list[tuple[Equipment, Offer]], form: CommandForm) -> None:
    verb, value = form.cleaned_data["verb"], form.cleaned_data["value"]
    token: UUID = form.cleaned_data["token"] or uuid.uuid4()
    for one, _offer in targets:
        actions.request(actor, one.id, verb, value, command_id=uuid.uuid5(token, f"{one.id} {verb} {value}"))


def _must_confirm(offer: Offer) -> bool:
    return offer.verb.asks_confirmation is not None


def _accepted(request: HttpRequest, site_id: int, key: str) -> HttpResponse:
    if _wants_fragment(request):
        view = site_view(actor_of(request), site_id)
        return _control(request, view, view.place(key))
    messages.success(request, _("Commande enregistrée : sa vie est affichée ci-dessous."))
    return redirect("command:place", site_id, key)


def _refused(request: HttpRequest, view: SiteView, place: Place, sentence: str) -> HttpResponse:
    told = {"error": sentence, "typed": _number(request.POST.get("value", ""))}
    if _wants_fragment(request):
        fresh = site_view(actor_of(request), view.site.pk)
        return _control(request, fresh, fresh.place(place.key), status=422, **told)
    return place_page(request, view, place.key, status=422, **told)


def _control(request: HttpRequest, view: SiteView, place: Place, status: int = 200, **told: object) -> HttpResponse:
    context = {**fragment_context(view, place), **told}
    return render(request, f"{place.family}/control.html", context, status=status)


def _confirmation(request: HttpRequest, view: SiteView, place: Place, offer: Offer) -> HttpResponse:
    """Without JavaScript the page asks once more; the answer is the same form with ``confirmed``."""
    context = {**fragment_context(view, place), "offer": offer, "token": request.POST.get("token", "")}
    return render(request, "command/confirm.html", context)


def _number(typed: str) -> float | None:
    """What was typed, to be corrected rather than typed again."""
    try:
        value = float(typed.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _wants_fragment(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"

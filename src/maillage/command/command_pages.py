"""Asking a room or a gate to act, from a page."""

import math
import uuid
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from maillage.command import actions
from maillage.command.actions import Circumstances
from maillage.command.forms import CommandForm
from maillage.command.models import Command
from maillage.command.places import Equipment, Place
from maillage.command.registry import Offer
from maillage.command.site_pages import SiteView, fragment_context, place_page, site_view
from maillage.command.specials.actions import Plan, override
from maillage.command.undoing.actions import undo as undo_command
from maillage.identity.actor import Actor
from maillage.identity.middleware import actor_of
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, Refused
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
    except (Invalid, Conflict, Refused) as error:
        if error.code == "not_permitted":
            raise
        return _refused(request, view, place, problems.sentence(error), excusable=error.code.startswith("above_legal"))
    return _accepted(request, site_id, key)


@require_POST
def undo(request: HttpRequest, command_id: UUID) -> HttpResponse:
    """Calls the command back, or asks for what was before. Whoever stands at the gate has been warned by the page."""
    actor = actor_of(request)
    return _done_to(
        request, actor, undo_command(actor, command_id), _("C’est annulé, ou la commande inverse est partie.")
    )


@require_POST
def approve(request: HttpRequest, command_id: UUID) -> HttpResponse:
    """The second person agrees."""
    actor = actor_of(request)
    return _done_to(request, actor, actions.approve(actor, command_id), _("Commande approuvée : elle part."))


@require_POST
def decline(request: HttpRequest, command_id: UUID) -> HttpResponse:
    """The second person does not agree, or the first one thinks better of it."""
    actor = actor_of(request)
    reason = request.POST.get("reason", "")
    return _done_to(
        request, actor, actions.decline(actor, command_id, reason), _("Commande écartée : rien n’est parti.")
    )


def _done_to(request: HttpRequest, actor: Actor, command: Command, said: str) -> HttpResponse:
    messages.success(request, said)
    view = site_view(actor, command.thing.site_id)
    one = next((each for each in view.equipment if each.id == command.thing_id), None)
    if one is None:
        return redirect("command:site", command.thing.site_id)
    return redirect("command:place", command.thing.site_id, view.key_of(one))


def _ask_all(actor: Actor, targets: list[tuple[Equipment, Offer]], form: CommandForm) -> None:
    typed = form.cleaned_data
    verb, value, hours = typed["verb"], typed["value"], typed["hours"]
    token: UUID = typed["token"] or uuid.uuid4()
    around = Circumstances(typed["reason"], beyond_law=typed["exception"])
    now = clock.now()
    for one, offer in targets:
        command_id = uuid.uuid5(token, f"{one.id} {verb} {value}")
        if not hours:
            actions.request(actor, one.id, verb, value, command_id=command_id, around=around)
            continue
        label = typed["reason"].strip() or str(offer.verb.label)
        reason = typed["reason"] if typed["exception"] else ""
        override(actor, one.id, Plan(label, verb, value, now, now + timedelta(hours=hours), reason=reason), command_id)


def _must_confirm(offer: Offer) -> bool:
    return offer.verb.asks_confirmation is not None


def _accepted(request: HttpRequest, site_id: int, key: str) -> HttpResponse:
    if _wants_fragment(request):
        view = site_view(actor_of(request), site_id)
        return _control(request, view, view.place(key))
    messages.success(request, _("Commande enregistrée : sa vie est affichée ci-dessous."))
    return redirect("command:place", site_id, key)


def _refused(
    request: HttpRequest, view: SiteView, place: Place, sentence: str, *, excusable: bool = False
) -> HttpResponse:
    """``excusable``: the law is against it, and a reason may be given."""
    told = {"error": sentence, "typed": _number(request.POST.get("value", "")), "excusable": excusable}
    told |= {"typed_reason": request.POST.get("reason", ""), "typed_hours": request.POST.get("hours", "")}
    if _wants_fragment(request):
        fresh = site_view(actor_of(request), view.site.pk)
        return _control(request, fresh, fresh.place(place.key), status=422, **told)
    return place_page(request, view, place.key, status=422, **told)


def _control(request: HttpRequest, view: SiteView, place: Place, status: int = 200, **told: object) -> HttpResponse:
    context = {**fragment_context(view, place), **told}
    return render(request, f"{place.family}/control.html", context, status=status)


def _confirmation(request: HttpRequest, view: SiteView, place: Place, offer: Offer) -> HttpResponse:
    """Without JavaScript the page asks once more; the answer is the same form with ``confirmed``."""
    typed = {"token": request.POST.get("token", ""), "reason": request.POST.get("reason", "")}
    context = {**fragment_context(view, place), "offer": offer, **typed, "hours": request.POST.get("hours", "")}
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

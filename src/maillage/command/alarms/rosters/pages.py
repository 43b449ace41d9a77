"""Who is on call, and works during which nobody is told: one page."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from maillage.command.alarms import queries
from maillage.command.alarms.models import Roster
from maillage.command.alarms.rosters import actions
from maillage.command.alarms.rosters.forms import RosterForm, ShiftForm, WorksForm
from maillage.identity import policies
from maillage.identity import queries as identity
from maillage.identity.actor import Actor
from maillage.identity.middleware import actor_of
from maillage.identity.models import Organisation
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid
from maillage.territory.models import Site
from maillage.web import problems

MOST_OWNERS = 300


@require_GET
@never_cache
def rosters(request: HttpRequest) -> HttpResponse:
    """Rosters with who is on call now, and works."""
    return _page(request, actor_of(request))


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """A new roster."""
    actor = actor_of(request)
    form = RosterForm(_owners(actor), request.POST)
    return _do(
        request,
        form,
        lambda: actions.save_roster(actor, form.cleaned_data["organisation"], form.cleaned_data["name"], form.patience),
        _("Astreinte enregistrée : ajoutez-y des tours."),
        {"roster_form": form},
    )


@require_POST
def remove(request: HttpRequest, roster_id: int) -> HttpResponse:
    """The roster is gone."""
    actions.remove_roster(actor_of(request), roster_id)
    messages.success(request, _("Astreinte retirée."))
    return redirect("command:rosters")


@require_POST
def add_shift(request: HttpRequest, roster_id: int) -> HttpResponse:
    """Somebody is on call."""
    actor = actor_of(request)
    roster = queries.roster(actor, roster_id)
    form = _shift_form(roster, request.POST)
    return _do(
        request,
        form,
        lambda: actions.add_shift(actor, roster_id, form.turn),
        _("Tour d’astreinte ajouté."),
        {"refused_roster": roster_id, "refused_form": form},
    )


@require_POST
def remove_shift(request: HttpRequest, roster_id: int, shift_id: int) -> HttpResponse:
    """No longer on call."""
    actions.remove_shift(actor_of(request), roster_id, shift_id)
    messages.success(request, _("Tour d’astreinte retiré."))
    return redirect("command:rosters")


@require_POST
def announce(request: HttpRequest) -> HttpResponse:
    """Works are announced."""
    actor = actor_of(request)
    owners = _owners(actor)
    form = WorksForm(owners, _sites(actor), request.POST)
    return _do(
        request,
        form,
        lambda: actions.announce(actor, form.works),
        _("Travaux annoncés : personne ne sera prévenu pendant ce temps."),
        {"works_form": form},
    )


@require_POST
def end_works(request: HttpRequest, maintenance_id: int) -> HttpResponse:
    """Works are over."""
    actions.end(actor_of(request), maintenance_id)
    messages.success(request, _("Travaux terminés : les alarmes préviennent de nouveau."))
    return redirect("command:rosters")


def _do(
    request: HttpRequest, form: forms.Form, work: Callable[[], object], done: str, shown: dict[str, object]
) -> HttpResponse:
    if form.is_valid():
        try:
            work()
        except (Invalid, Conflict) as error:
            form.add_error(None, problems.sentence(error))
        else:
            messages.success(request, done)
            return redirect("command:rosters")
    return _page(request, actor_of(request), shown, status=422)


def _page(
    request: HttpRequest, actor: Actor, shown: dict[str, object] | None = None, status: int = 200
) -> HttpResponse:
    shown, now, owners = shown or {}, clock.now(), _owners(actor)
    refused = shown.get("refused_roster")
    context = {
        "lines": [
            (
                roster,
                [duty.user_id for duty in queries.duties(roster) if duty.covers(now)],
                shown["refused_form"] if roster.pk == refused else _shift_form(roster),
                policies.may_command(actor, roster.organisation_id),
            )
            for roster in queries.rosters(actor)
        ],
        "refused_roster": None,
        "roster_form": RosterForm(owners),
        "works_form": WorksForm(owners, _sites(actor)),
        "works": queries.maintenances(actor, now),
        "now": now,
        "crumbs": [(_("Alarmes"), reverse("command:alarms"))],
        **shown,
    }
    return render(request, "command/rosters.html", context, status=status)


def _shift_form(roster: Roster, typed: object = None) -> ShiftForm:
    return ShiftForm(queries.people_of(roster.organisation_id), typed, prefix=f"r{roster.pk}")


def _owners(actor: Actor) -> list[Organisation]:
    found = identity.organisations_visible_to(actor)[:MOST_OWNERS]
    return [one for one in found if policies.may_command(actor, one.pk)]


def _sites(actor: Actor) -> list[Site]:
    """Where something is installed."""
    return [site for site in queries.equipped_sites(actor) if policies.may_command(actor, site.organisation_id)]

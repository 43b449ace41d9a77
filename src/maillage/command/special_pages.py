"""Exceptional periods of a site, and the hours in which its building is used."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from maillage.command import queries
from maillage.command.forms import OpeningForm, SpecialForm
from maillage.command.models import OpeningHours
from maillage.command.openings.actions import add_opening, remove_opening
from maillage.command.programme import conditions_in_words, days_in_words
from maillage.command.site_pages import SiteView, site_view
from maillage.command.specials.actions import cancel_period, plan_period
from maillage.identity.middleware import actor_of
from maillage.identity.policies import require_command
from maillage.kernel.errors import Conflict, Invalid, MaillageError, Refused
from maillage.web import problems


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def add_special(request: HttpRequest, site_id: int) -> HttpResponse:
    """A village fair, a closure: for some of the site's equipment."""
    actor = actor_of(request)
    view = site_view(actor, site_id)
    require_command(actor, view.site.organisation_id)
    actors = [one for place in view.places for one in place.actors]
    wanted = [int(pk) for pk in request.GET.getlist("thing") if pk.isdecimal()]
    form = SpecialForm(actors, request.POST or None, initial={"things": wanted, "value": 19})
    if request.method == "POST" and form.is_valid():
        try:
            plan_period(actor, form.cleaned_data["things"], form.plan(queries.place_of_site(view.site).timezone))
        except (Invalid, Conflict, Refused) as error:
            _tell(form, error)
        else:
            messages.success(request, _("Période exceptionnelle prévue."))
            return redirect("command:site", site_id)
    context = {"view": view, "site": view.site, "form": form}
    return render(request, "command/special_form.html", context, status=422 if form.errors else 200)


@require_POST
def cancel_special(request: HttpRequest, period_id: int) -> HttpResponse:
    """It does not take place, or ends now."""
    actor = actor_of(request)
    period = cancel_period(actor, period_id)
    said = _("Période terminée : le retour part dans quelques secondes.") if period.begun_at else _("Période annulée.")
    messages.success(request, said)
    view = site_view(actor, period.thing.site_id)
    one = next((each for each in view.equipment if each.id == period.thing_id), None)
    if one is None:
        return redirect("command:site", period.thing.site_id)
    return redirect("command:place", period.thing.site_id, view.key_of(one))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def openings(request: HttpRequest, site_id: int) -> HttpResponse:
    """When the building is used: the law's ceilings depend on it."""
    actor = actor_of(request)
    view = site_view(actor, site_id)
    form = OpeningForm(request.POST or None, initial={"weekdays": [1, 2, 3, 4, 5], "opens": "08:00", "closes": "18:00"})
    if request.method == "POST" and form.is_valid():
        try:
            add_opening(actor, site_id, form.hours())
        except (Invalid, Conflict, Refused) as error:
            _tell(form, error)
        else:
            messages.success(request, _("Heures d’occupation ajoutées."))
            return redirect("command:openings", site_id)
    return _openings_page(request, view, form)


@require_POST
def remove_hours(request: HttpRequest, opening_id: int) -> HttpResponse:
    """The building is not used then any more."""
    site_id = remove_opening(actor_of(request), opening_id)
    messages.success(request, _("Heures d’occupation retirées."))
    return redirect("command:openings", site_id)


def _openings_page(request: HttpRequest, view: SiteView, form: OpeningForm) -> HttpResponse:
    rows = [(row, _in_words(row)) for row in queries.opening_hours(view.actor, view.site.pk)]
    context = {"view": view, "site": view.site, "form": form, "rows": rows}
    return render(request, "command/openings.html", context, status=422 if form.errors else 200)


def _in_words(row: OpeningHours) -> str:
    return ", ".join([days_in_words(row.weekdays), *conditions_in_words(row)])


def _tell(form: SpecialForm | OpeningForm, error: MaillageError) -> None:
    if error.code == "not_permitted":
        raise error
    form.add_error(None, problems.sentence(error))

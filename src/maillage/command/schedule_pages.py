"""The weekly schedule of a thing: add, change, switch and remove its lines."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from maillage.command import queries
from maillage.command.contradictions import contradictions
from maillage.command.forms import ScheduleForm, initial_of
from maillage.command.models import ScheduleEntry
from maillage.command.places import Equipment
from maillage.command.programme import line
from maillage.command.schedules import actions
from maillage.command.site_pages import SiteView, site_view
from maillage.identity.actor import Actor
from maillage.identity.middleware import actor_of
from maillage.identity.policies import require_command
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, MaillageError, NotFound, Refused
from maillage.telemetry import queries as telemetry
from maillage.web import problems


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def add(request: HttpRequest, thing_id: int) -> HttpResponse:
    """A new line."""
    actor = actor_of(request)
    view, one = _where(actor, thing_id)
    form = ScheduleForm(one, request.POST or None, initial={"weekdays": [1, 2, 3, 4, 5, 6, 7], "anchor": "clock"})
    if request.method == "POST" and form.is_valid() and (found := _to_confirm(request, actor, one, form, None)):
        return _form_page(request, view, one, form, None, found)
    if request.method == "POST" and form.is_valid():
        try:
            actions.add_entry(actor, one.id, form.draft())
        except (Invalid, Conflict, Refused) as error:
            _add_to(form, error)
        else:
            return _done(request, view, one, _("Ligne ajoutée au programme."))
    return _form_page(request, view, one, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def change(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Another text for a line."""
    actor = actor_of(request)
    entry = queries.schedule_entry(actor, entry_id)
    view, one = _where(actor, entry.thing_id)
    form = ScheduleForm(one, request.POST or None, initial=initial_of(entry))
    if request.method == "POST" and form.is_valid() and (found := _to_confirm(request, actor, one, form, entry)):
        return _form_page(request, view, one, form, entry, found)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_entry(actor, entry.pk, form.draft())
        except (Invalid, Conflict, Refused) as error:
            _add_to(form, error)
        else:
            return _done(request, view, one, _("Programme modifié."))
    return _form_page(request, view, one, form, entry)


@require_POST
def switch(request: HttpRequest, entry_id: int) -> HttpResponse:
    """On or off, as the form says."""
    actor = actor_of(request)
    entry = queries.schedule_entry(actor, entry_id)
    enabled = request.POST.get("enabled") == "1"
    actions.enable_entry(actor, entry.pk, enabled=enabled)
    said = _("Ligne remise en service.") if enabled else _("Ligne suspendue.")
    return _done(request, *_where(actor, entry.thing_id), said)


@require_POST
def remove(request: HttpRequest, entry_id: int) -> HttpResponse:
    """The line is gone, once confirmed."""
    actor = actor_of(request)
    entry = queries.schedule_entry(actor, entry_id)
    view, one = _where(actor, entry.thing_id)
    if request.POST.get("confirmed") != "1":
        require_command(actor, view.site.organisation_id)
        context = {
            "view": view,
            "equipment": one,
            "entry": entry,
            "line": line(one, entry),
            "place_key": view.key_of(one),
        }
        return render(request, "command/schedule_remove.html", context)
    actions.remove_entry(actor, entry.pk)
    return _done(request, view, one, _("Ligne supprimée."))


def _to_confirm(
    request: HttpRequest, actor: Actor, one: Equipment, form: ScheduleForm, entry: ScheduleEntry | None
) -> list[str]:
    """What the line would contradict, unless the person has seen it and saves all the same."""
    if request.POST.get("confirmed") == "1":
        return []
    return contradictions(actor, one, form.draft(), entry, clock.now())


def _add_to(form: ScheduleForm, error: MaillageError) -> None:
    if error.code == "not_permitted":
        raise error
    form.add_error(None, problems.sentence(error))


def _where(actor: Actor, thing_id: int) -> tuple[SiteView, Equipment]:
    thing = telemetry.thing(actor, thing_id)
    view = site_view(actor, thing.site_id)
    one = next((each for each in view.equipment if each.id == thing_id), None)
    if one is None:
        raise NotFound("thing_unknown", thing_id=thing_id)
    return view, one


def _done(request: HttpRequest, view: SiteView, one: Equipment, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect("command:place", view.site.pk, view.key_of(one))


def _form_page(
    request: HttpRequest,
    view: SiteView,
    one: Equipment,
    form: ScheduleForm,
    entry: ScheduleEntry | None,
    found: Sequence[str] = (),
) -> HttpResponse:
    require_command(actor_of(request), view.site.organisation_id)
    context: dict[str, object] = {"site": view.site, "equipment": one, "form": form, "entry": entry, "found": found}
    context["place_key"] = key = view.key_of(one)
    address = reverse("command:place", args=[view.site.pk, key])
    context["crumbs"] = [*view.place_crumbs, (view.place(key).name, address)]
    return render(request, "command/schedule_form.html", context, status=422 if form.errors else 200)

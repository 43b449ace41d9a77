"""The pages of measures: what is installed, refused and kept how long; installing, importing, correcting."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from maillage.identity.actor import Actor
from maillage.identity.middleware import actor_of, actor_or_none
from maillage.identity.policies import may_configure, require_configure
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, MaillageError
from maillage.telemetry import actions, chart, queries
from maillage.telemetry.engine.importing import COLUMNS, MOST_BYTES
from maillage.telemetry.forms import CorrectionForm, ImportForm, InstallForm
from maillage.telemetry.imports import actions as imports
from maillage.telemetry.imports.queries import own_import
from maillage.telemetry.labels import SENTENCES, SOURCES
from maillage.telemetry.retention.queries import rules_seen
from maillage.telemetry.values import actions as values
from maillage.web.problems import sentence

ROWS_A_PAGE = 100
RECENT = timedelta(days=30)
SHOWN = timedelta(days=7)
LAST_VALUES = 20
MOST_WAITING = 50


def configures(request: HttpRequest) -> bool:
    """Whether the navigation offers these pages: to those who set equipment up somewhere."""
    actor = actor_or_none(request)
    return actor is not None and _configures(actor)


def setup_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Only for those who set equipment up; raises ``Refused`` for others."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        actor = actor_of(request)
        if not _configures(actor):
            require_configure(actor, actor.organisation_id or 0)
        return view(request, *args, **kwargs)

    return guarded


@require_GET
@setup_page
def home(request: HttpRequest) -> HttpResponse:
    """Devices that wait for a place, values that were refused, datastreams, how long values are kept."""
    actor = actor_of(request)
    streams = Paginator(queries.datastreams(actor).select_related("thing__site", "latest"), ROWS_A_PAGE)
    refused = queries.quarantined(actor, (clock.now() - RECENT).date())
    page, names = streams.get_page(request.GET.get("page")), queries.quantity_names(get_language() or "")
    context = {
        "waiting": queries.devices_to_install(actor)[:MOST_WAITING],
        "refused": [
            (row, SENTENCES.get(row.cause, row.cause), names.get(row.datastream.quantity, row.datastream.quantity))
            for row in refused
        ],
        "page": page,
        "lines": [(stream, names.get(stream.quantity, stream.quantity)) for stream in page],
        "sources": SOURCES,
        "rules": rules_seen(actor),
    }
    return render(request, "telemetry/home.html", context)


@require_http_methods(["GET", "POST"])
@setup_page
def install(request: HttpRequest) -> HttpResponse:
    """A registered device is put into a room; then its datastreams."""
    actor = actor_of(request)
    initial = {"device": request.GET.get("device", ""), "place": request.GET.get("place", "")}
    form = InstallForm(actor, queries.solution_choices(), request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            thing = actions.install_thing(actor, form.installation())
        except (Conflict, Invalid) as error:
            form.add_error("name" if error.code.startswith("thing_name") else "device", sentence(error))
        else:
            messages.success(request, _("« %(name)s » est installé : ses mesures sont reçues.") % {"name": thing.name})
            return redirect("telemetry:home")
    return render(request, "telemetry/install.html", {"form": form}, status=422 if request.method == "POST" else 200)


@never_cache
@require_http_methods(["GET", "POST"])
@setup_page
def upload(request: HttpRequest) -> HttpResponse:
    """The file is chosen here; a readable one leads to its preview."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        try:
            kept = imports.preview(actor_of(request), sent.name, sent.read(MOST_BYTES + 1))
        except Invalid as error:
            form.add_error("file", sentence(error))
        else:
            return redirect("telemetry:import-preview", import_id=kept.pk)
    context = {"form": form, "columns": COLUMNS}
    return render(request, "telemetry/upload.html", context, status=422 if request.method == "POST" else 200)


@never_cache
@require_GET
@setup_page
def preview(request: HttpRequest, import_id: int) -> HttpResponse:
    """Every line that will not be stored with its reason, and the good ones. Nothing is stored yet."""
    kept = own_import(actor_of(request), import_id)
    bad = Paginator(kept.bad, ROWS_A_PAGE).get_page(request.GET.get("bad"))
    good = Paginator(kept.rows, ROWS_A_PAGE).get_page(request.GET.get("good"))
    context = {
        "kept": kept,
        "bad": bad,
        "bad_lines": [(line, text, SENTENCES.get(cause, cause)) for line, text, cause in bad],
        "good": good,
    }
    return render(request, "telemetry/preview.html", context)


@require_POST
@setup_page
def confirm(request: HttpRequest, import_id: int) -> HttpResponse:
    """Stores every good line, and says what was done."""
    try:
        done = imports.confirm(actor_of(request), import_id)
    except Conflict as error:
        messages.error(request, sentence(error))
        return redirect("telemetry:import")
    words = _("%(stored)s mesures importées, %(known)s déjà connues.") % {"stored": done.stored, "known": done.known}
    messages.success(request, words)
    return redirect("telemetry:home")


@require_POST
@setup_page
def discard(request: HttpRequest, import_id: int) -> HttpResponse:
    """Forgets the file."""
    imports.discard(actor_of(request), import_id)
    messages.info(request, _("Fichier abandonné : rien n’a été importé."))
    return redirect("telemetry:import")


@never_cache
@require_http_methods(["GET", "POST"])
@setup_page
def datastream(request: HttpRequest, datastream_id: int) -> HttpResponse:
    """One datastream: where its values come from, its curve, its last values and how to correct one."""
    actor, now = actor_of(request), clock.now()
    stream = queries.datastream(actor, datastream_id)
    form = CorrectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            values.correct(actor, stream.pk, [form.change()], form.cleaned_data["reason"])
        except MaillageError as error:
            form.add_error(None, sentence(error))
        else:
            messages.success(request, _("La mesure est corrigée ; ce qu’elle disait reste au journal."))
            return redirect("telemetry:datastream", datastream_id=stream.pk)
    (curve,) = queries.series(actor, [stream.pk], now - SHOWN, now)
    (every,) = queries.series(actor, [stream.pk], now - SHOWN, now, "raw")
    context = {
        "stream": stream,
        "source": SOURCES[stream.source],
        "name": queries.quantity_names(get_language() or "").get(stream.quantity, stream.quantity),
        "period_min": queries.period_of(stream) / timedelta(minutes=1),
        "chart": chart.of_series(curve, now - SHOWN, now),
        "last": [point for point in every.points if point.value is not None][: -LAST_VALUES - 1 : -1],
        "may_correct": may_configure(actor, stream.organisation_id),
        "form": form,
    }
    return render(request, "telemetry/datastream.html", context, status=422 if request.method == "POST" else 200)


def _configures(actor: Actor) -> bool:
    seen = actor.visible_organisation_ids
    return may_configure(actor, actor.organisation_id or 0) or any(may_configure(actor, one) for one in seen or ())

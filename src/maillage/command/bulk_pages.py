"""Asking many sites of a commune at once, and what became of each; what two persons must agree on."""

import uuid
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from maillage.command import queries
from maillage.command.actions import Circumstances
from maillage.command.bulk.actions import request_many
from maillage.command.bulk.queries import Selection, batch, chosen, commands_of_batch, outcome
from maillage.command.forms import BulkForm
from maillage.command.lives import lives
from maillage.command.pages import open_stream
from maillage.command.registry import solutions
from maillage.command.two_persons.actions import lift_rule, require_two
from maillage.identity import policies
from maillage.identity.actor import Actor
from maillage.identity.middleware import actor_of
from maillage.kernel.errors import Conflict, Invalid, NotFound, Refused
from maillage.telemetry import queries as telemetry
from maillage.territory import queries as territory
from maillage.territory.labels import SITE_KINDS
from maillage.territory.models import Commune
from maillage.web import problems


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def many(request: HttpRequest, insee: str) -> HttpResponse:
    """First whom it concerns, then, once confirmed, the asking."""
    actor = actor_of(request)
    commune = territory.commune(actor, insee)
    policies.require_command(actor, _organisation_id(commune))
    form = BulkForm(_kinds(actor, insee), request.POST or None, initial={"token": uuid.uuid4(), "value": 19})
    context: dict[str, object] = {"commune": commune, "form": form, "crumbs": _crumbs(commune)}
    if request.method == "POST" and form.is_valid():
        selection, label = _selection(insee, form), _label(form)
        if not form.cleaned_data["confirmed"]:
            context |= {"things": chosen(actor, selection), "label": label}
            return render(request, "command/bulk_form.html", context)
        try:
            return redirect("command:batch", _ask(actor, selection, label, form))
        except (Invalid, Conflict, Refused) as error:
            form.add_error(None, problems.sentence(error))
    return render(request, "command/bulk_form.html", context, status=422 if form.errors else 200)


@require_GET
@never_cache
def batch_page(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """What became of each, kept up to date."""
    return render(request, "command/batch.html", _batch_context(actor_of(request), batch_id))


@require_GET
@never_cache
def batch_results(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """The part of the page that is read again."""
    return render(request, "command/batch_results.html", _batch_context(actor_of(request), batch_id))


@require_GET
def batch_live(request: HttpRequest, batch_id: UUID) -> StreamingHttpResponse:
    """The stream of the batch's things."""
    actor = actor_of(request)
    found = commands_of_batch(actor, batch(actor, batch_id).pk)
    return open_stream(request, list(found.order_by().values_list("thing_id", flat=True).distinct()))


@require_GET
@never_cache
def rules(request: HttpRequest, insee: str) -> HttpResponse:
    """What two persons must agree on, in the commune."""
    actor = actor_of(request)
    commune = territory.commune(actor, insee)
    organisation_id = _organisation_id(commune)
    declared = solutions()
    found = [
        (rule, declared[rule.solution].verbs[rule.verb].label, declared[rule.solution].label)
        for rule in queries.two_person_rules(actor).filter(organisation_id=organisation_id)
        if rule.solution in declared and rule.verb in declared[rule.solution].verbs
    ]
    context = {
        "commune": commune,
        "crumbs": _crumbs(commune),
        "rules": found,
        "solutions": declared.values(),
        "sites": territory.sites(actor, insee),
        "may_decide": policies.may_represent(actor, organisation_id),
    }
    return render(request, "command/two_persons.html", context)


@require_POST
def add_rule(request: HttpRequest, insee: str) -> HttpResponse:
    """From now on it takes two."""
    actor = actor_of(request)
    commune = territory.commune(actor, insee)
    solution, _dot, verb = request.POST.get("what", "").partition(".")
    site = request.POST.get("site", "")
    require_two(actor, _organisation_id(commune), solution, verb, int(site) if site.isdecimal() else None)
    messages.success(request, _("Désormais, il faut l’accord de deux personnes."))
    return redirect("command:rules", insee)


@require_POST
def remove_rule(request: HttpRequest, rule_id: int) -> HttpResponse:
    """One person is enough again."""
    actor = actor_of(request)
    insee = lift_rule(actor, rule_id)
    messages.success(request, _("Une seule personne suffit de nouveau."))
    return redirect("command:rules", insee)


def _ask(actor: Actor, selection: Selection, label: str, form: BulkForm) -> UUID:
    typed = form.cleaned_data
    around = Circumstances(typed["reason"], beyond_law=typed["exception"])
    return request_many(actor, selection, typed["value"], label, typed["token"], around).pk


def _selection(insee: str, form: BulkForm) -> Selection:
    solution, _dot, verb = form.cleaned_data["what"].partition(".")
    declared = solutions()[solution].verbs[verb]
    if declared.parameter is None:
        form.cleaned_data["value"] = None
    return Selection(insee, solution, verb, form.cleaned_data["site_kind"])


def _label(form: BulkForm) -> str:
    kind = form.cleaned_data["site_kind"]
    return _("Sites : %(kind)s") % {"kind": SITE_KINDS[kind]} if kind else _("Tous les sites")


def _kinds(actor: Actor, insee: str) -> list[tuple[str, str]]:
    found = {site.kind for site in territory.sites(actor, insee)}
    return [(kind, str(words)) for kind, words in SITE_KINDS.items() if kind in found]


def _crumbs(commune: Commune) -> list[tuple[str, str]]:
    return [(commune.name, reverse("command:commune", args=[commune.pk]))]


def _organisation_id(commune: Commune) -> int:
    if commune.organisation_id is None:
        raise NotFound("organisation_unknown", organisation_id=None)
    return commune.organisation_id


def _batch_context(actor: Actor, batch_id: UUID) -> dict[str, object]:
    found = batch(actor, batch_id)
    commands = list(commands_of_batch(actor, found.pk))
    commune = telemetry.site(actor, commands[0].thing.site_id).commune if commands else None
    told = lives(commands)
    return {
        "batch": found,
        "lives": told,
        "outcome": outcome(commands),
        "what": told[0].what if told else "",
        "crumbs": _crumbs(commune) if commune else [],
        "commune": commune,
    }

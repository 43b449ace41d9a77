"""The rules: a list, a guided and a text editor, and what a rule would have done last month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from maillage.command.alarms import queries as alarms
from maillage.command.alarms.labels import SEVERITIES, SEVERITY_TONES
from maillage.command.notifications import queries as notifications
from maillage.command.rules import actions, labels, queries
from maillage.command.rules.forms import (
    Choices,
    GuidedForm,
    RuleForm,
    TextForm,
    fits_the_form,
    initial_of,
    stream_label,
)
from maillage.command.rules.models import Rule
from maillage.command.rules.rehearsal import Rehearsal, rehearse
from maillage.identity import policies
from maillage.identity.actor import Actor
from maillage.identity.middleware import actor_of
from maillage.identity.policies import require_command
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, NotFound
from maillage.telemetry import queries as telemetry
from maillage.telemetry.models import Datastream
from maillage.territory.models import Site
from maillage.web import problems

REHEARSED = timedelta(days=30)
SHOWN_EPISODES = 50


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule in words. ``phase`` is empty while it is switched off."""

    rule: Rule
    severity: str
    tone: str
    phase: str
    phase_tone: str
    since: datetime | None
    fault: str
    may_change: bool


@require_GET
@never_cache
def rules(request: HttpRequest) -> HttpResponse:
    """The rules that the reader sees, by name."""
    actor = actor_of(request)
    sites = _sites(actor)
    context = {
        "lines": [_line(actor, one) for one in queries.rules(actor)],
        "sites": sites,
        "crumbs": [(_("Alarmes"), reverse("command:alarms"))],
    }
    return render(request, "command/rules.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    """A new rule about a site, by choices or as text; tried against the past before it is saved."""
    actor = actor_of(request)
    site_id = request.GET.get("site", "")
    if not site_id.isdecimal():
        return redirect("command:rules")
    site = telemetry.site(actor, int(site_id))
    require_command(actor, site.organisation_id)
    kind = TextForm if request.GET.get("mode") == "text" else GuidedForm
    choices = _choices(actor, site.organisation_id, queries.streams_of_site(actor, site.pk))
    form = kind(choices, request.POST or None)
    return _edit(request, actor, form, site, None)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def change(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Another text for a rule."""
    actor = actor_of(request)
    found = queries.rule(actor, rule_id)
    require_command(actor, found.organisation_id)
    if not fits_the_form(found):
        messages.info(request, _("Cette règle dit plus que ce formulaire ne sait dire : changez-la par l’API."))
        return redirect("command:rule", found.pk)
    watched = [stream for each in found.inputs.all() for stream in each.datastreams.all()]
    site = watched[0].thing.site if watched else None
    if site is None:
        raise NotFound("site_unknown")
    known = {stream.pk: stream for stream in [*queries.streams_of_site(actor, site.pk), *watched]}
    choices = _choices(actor, found.organisation_id, list(known.values()))
    return _edit(request, actor, TextForm(choices, request.POST or None, initial=initial_of(found)), site, found)


@require_GET
@never_cache
def rule(request: HttpRequest, rule_id: int) -> HttpResponse:
    """One rule: what it says, what it does now, the orders it gave, the alarms it raised."""
    actor = actor_of(request)
    found = queries.rule(actor, rule_id)
    context = {
        "line": _line(actor, found),
        "inputs": [(one, [stream_label(stream) for stream in one.datastreams.all()]) for one in found.inputs.all()],
        "alarms": alarms.alarms(actor).filter(key=queries.key_of(found.pk), organisation=found.organisation_id)[:10],
        "acts": [(act, labels.ACT_STATES[act.state]) for act in queries.acts_of(found.pk)],
        "crumbs": [(_("Règles"), reverse("command:rules"))],
        "may_edit": fits_the_form(found),
    }
    return render(request, "command/rule.html", context)


@require_POST
def switch(request: HttpRequest, rule_id: int) -> HttpResponse:
    """On or off, as the form says."""
    enabled = request.POST.get("enabled") == "1"
    actions.enable_rule(actor_of(request), rule_id, enabled=enabled)
    messages.success(request, _("Règle mise en service.") if enabled else _("Règle suspendue."))
    return redirect("command:rule", rule_id)


@require_POST
def remove(request: HttpRequest, rule_id: int) -> HttpResponse:
    """The rule is gone, once confirmed."""
    actor = actor_of(request)
    found = queries.rule(actor, rule_id)
    if request.POST.get("confirmed") != "1":
        require_command(actor, found.organisation_id)
        return render(request, "command/rule_remove.html", {"rule": found})
    actions.remove_rule(actor, rule_id)
    messages.success(request, _("Règle supprimée."))
    return redirect("command:rules")


def _edit(request: HttpRequest, actor: Actor, form: RuleForm, site: Site, found: Rule | None) -> HttpResponse:
    rehearsal = None
    if request.method == "POST" and form.is_valid():
        draft = form.draft()
        try:
            if request.POST.get("do") == "rehearse":
                now = clock.now()
                rehearsal = rehearse(actor, site.organisation_id, draft, now - REHEARSED, now)
            else:
                return _save(request, actor, form, site, found)
        except (Invalid, Conflict) as error:
            form.add_error(None, problems.sentence(error))
    context = {
        "form": form,
        "is_text": isinstance(form, TextForm),
        "site": site,
        "rule": found,
        "rehearsal": rehearsal,
        "shown": rehearsal.episodes[:SHOWN_EPISODES] if rehearsal else (),
        "hours": _hours(rehearsal),
        "crumbs": [(_("Règles"), reverse("command:rules"))],
    }
    return render(request, "command/rule_form.html", context, status=422 if form.errors else 200)


def _save(request: HttpRequest, actor: Actor, form: RuleForm, site: Site, found: Rule | None) -> HttpResponse:
    draft = form.draft()
    if found is None:
        saved = actions.add_rule(actor, site.organisation_id, draft)
        messages.success(
            request, _("Règle enregistrée. Elle est suspendue : mettez-la en service quand elle convient.")
        )
    else:
        saved = actions.change_rule(actor, found.pk, draft)
        messages.success(request, _("Règle modifiée."))
    return redirect("command:rule", saved.pk)


def _hours(rehearsal: Rehearsal | None) -> float:
    return 0.0 if rehearsal is None else rehearsal.total.total_seconds() / 3600


def _choices(actor: Actor, organisation_id: int, streams: Sequence[Datastream]) -> Choices:
    own = [stream for stream in streams if stream.organisation_id == organisation_id]
    rosters = list(alarms.rosters(actor).filter(organisation_id=organisation_id))
    return Choices(own, rosters, list(notifications.hooks(actor).filter(organisation_id=organisation_id)))


def _sites(actor: Actor) -> list[Site]:
    """Where a rule may be made: the sites that have something to watch."""
    return [site for site in alarms.equipped_sites(actor) if policies.may_command(actor, site.organisation_id)]


def _line(actor: Actor, found: Rule) -> RuleLine:
    state = getattr(found, "state", None) if found.enabled else None
    return RuleLine(
        rule=found,
        severity=str(SEVERITIES[found.severity]),
        tone=SEVERITY_TONES[found.severity],
        phase=str(labels.PHASES[state.phase]) if state else "",
        phase_tone=labels.PHASE_TONES[state.phase] if state else "off",
        since=state.since if state else None,
        fault=str(labels.FAULTS[state.fault]) if state and state.fault else "",
        may_change=policies.may_command(actor, found.organisation_id),
    )

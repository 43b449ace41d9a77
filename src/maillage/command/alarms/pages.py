"""The alarms: a list that follows what happens, and one alarm with its life."""

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from maillage.command.alarms import actions, labels, queries
from maillage.command.alarms.lines import event_line, line
from maillage.command.alarms.live import topics
from maillage.command.alarms.models import Alarm
from maillage.command.alarms.queries import AlarmFilter
from maillage.identity.actor import Actor
from maillage.identity.middleware import actor_of, still_acts
from maillage.kernel.errors import Conflict, Invalid
from maillage.web import problems
from maillage.web.streams import event_stream_response, hub

A_PAGE = 50
TABS = ("open", "mine", "all")


@require_GET
@never_cache
def alarms(request: HttpRequest) -> HttpResponse:
    """The alarms: those still open first, those entrusted to the reader, or all."""
    return render(request, "command/alarms.html", _list_context(request))


@require_GET
@never_cache
def alarm_list(request: HttpRequest) -> HttpResponse:
    """The part of the page that is read again when an alarm moves."""
    return render(request, "command/alarm_list.html", _list_context(request))


@require_GET
def alarms_live(request: HttpRequest) -> StreamingHttpResponse:
    """The event stream of the pages of alarms."""
    return event_stream_response(hub().subscribe(topics(actor_of(request))), still_acts(request))


@require_GET
@never_cache
def alarm(request: HttpRequest, alarm_id: int) -> HttpResponse:
    """One alarm: what it is, what to do, who has it, and its life."""
    actor = actor_of(request)
    return _page(request, actor, queries.alarm(actor, alarm_id))


@require_POST
def acknowledge(request: HttpRequest, alarm_id: int) -> HttpResponse:
    """The reader takes it in charge."""
    actor = actor_of(request)
    actions.acknowledge(actor, alarm_id, request.POST.get("comment", ""))
    messages.success(request, _("Vous avez pris l’alarme en charge."))
    return redirect(_next(request, alarm_id))


@require_POST
def assign(request: HttpRequest, alarm_id: int) -> HttpResponse:
    """Somebody is entrusted with it."""
    actor, person = actor_of(request), request.POST.get("person", "")
    return _do(
        request,
        alarm_id,
        lambda: actions.assign(actor, alarm_id, int(person) if person.isdecimal() else 0),
        _("L’alarme est confiée ; la personne est prévenue."),
    )


@require_POST
def comment(request: HttpRequest, alarm_id: int) -> HttpResponse:
    """Something worth knowing."""
    actor, said = actor_of(request), request.POST.get("comment", "")
    return _do(request, alarm_id, lambda: actions.comment(actor, alarm_id, said), _("Commentaire enregistré."))


@require_POST
def close(request: HttpRequest, alarm_id: int) -> HttpResponse:
    """Dealt with."""
    actor, said = actor_of(request), request.POST.get("comment", "")
    return _do(request, alarm_id, lambda: actions.close(actor, alarm_id, said), _("Alarme close."))


def _do(request: HttpRequest, alarm_id: int, work: Callable[[], object], done: str) -> HttpResponse:
    actor = actor_of(request)
    try:
        work()
    except (Invalid, Conflict) as error:
        return _page(request, actor, queries.alarm(actor, alarm_id), problems.sentence(error))
    messages.success(request, done)
    return redirect("command:alarm", alarm_id)


def _page(request: HttpRequest, actor: Actor, found: Alarm, problem: str = "") -> HttpResponse:
    context = {
        "line": line(actor, found),
        "events": [event_line(event) for event in found.events.all()],
        "people": queries.people_of(found.organisation_id),
        "crumbs": [(_("Alarmes"), reverse("command:alarms"))],
        "topics": topics(actor),
        "problem": problem,
    }
    return render(request, "command/alarm.html", context, status=422 if problem else 200)


def _list_context(request: HttpRequest) -> dict[str, object]:
    actor = actor_of(request)
    tab = request.GET.get("show", "open")
    tab = tab if tab in TABS else "open"
    severity = request.GET.get("severity", "")
    wanted = AlarmFilter(
        state="all" if tab == "all" else "open",
        severity=severity if severity in labels.SEVERITIES else "",
        assigned_to_id=actor.user_id if tab == "mine" else None,
    )
    page = Paginator(queries.matching(actor, wanted), A_PAGE).get_page(request.GET.get("page"))
    return {
        "tabs": [("open", _("À traiter")), ("mine", _("Les miennes")), ("all", _("Toutes"))],
        "tab": tab,
        "severity": wanted.severity,
        "severities": labels.SEVERITIES.items(),
        "page": page,
        "lines": [line(actor, one) for one in page],
        "shows_owner": actor.visible_organisation_ids is None or len(actor.visible_organisation_ids) > 1,
        "topics": topics(actor),
        "query": request.GET.urlencode(),
    }


def _next(request: HttpRequest, alarm_id: int) -> str:
    """Back to the list for who acts from there."""
    if request.POST.get("from") == "list":
        return reverse("command:alarms")
    return reverse("command:alarm", args=[alarm_id])

"""Home: a mayor's own commune, or the choice of one; its map, its sites and whether all is well."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from maillage.command import queries
from maillage.command.alarms import queries as alarms
from maillage.command.alarms.lines import AlarmLine, line
from maillage.command.engine.attention import Findings
from maillage.command.live import topics
from maillage.command.lives import Life, life_of, lives
from maillage.command.overview import SiteOverview, findings, left_undone, newest_commands, site_overviews
from maillage.command.places import Equipment, equipment
from maillage.command.summaries import summary_text
from maillage.identity import policies
from maillage.identity.actor import Actor, Role
from maillage.identity.middleware import actor_of, still_acts
from maillage.kernel import clock
from maillage.telemetry import queries as telemetry
from maillage.territory import queries as territory
from maillage.territory.geojson import collection, outline_feature, point_feature
from maillage.territory.models import Commune
from maillage.web.streams import event_stream_response, hub

EVENING_FROM_H = 18
NAMED_AT_MOST = 5
MOST_ALARMS = 100


@dataclass(frozen=True, slots=True)
class CommuneView:
    """What the commune's page shows. ``quiet`` are the pieces of equipment not heard, ``undone`` the commands."""

    commune: Commune
    sites: Sequence[SiteOverview]
    findings: Findings
    quiet: Sequence[Equipment]
    undone: Sequence[Life]
    alarms: Sequence[AlarmLine]
    now: datetime
    proposals: Sequence[Life] = ()

    @property
    def concerns(self) -> int:
        """How many things are to be looked at."""
        return len(self.undone) + len(self.quiet) + len(self.alarms)

    @property
    def alarms_named(self) -> Sequence[AlarmLine]:
        """Those that are named; a storm must not fill the page."""
        return self.alarms[:NAMED_AT_MOST]

    @property
    def alarms_others(self) -> int:
        """How many are not named."""
        return len(self.alarms[NAMED_AT_MOST:])

    @property
    def quiet_named(self) -> Sequence[Equipment]:
        """Those that are named; a dead gateway must not fill the page."""
        return self.quiet[:NAMED_AT_MOST]

    @property
    def quiet_others(self) -> int:
        """How many are not named."""
        return len(self.quiet[NAMED_AT_MOST:])

    @property
    def equipped(self) -> list[SiteOverview]:
        """The sites where something is installed."""
        return [overview for overview in self.sites if overview.equipment]

    @property
    def unequipped(self) -> list[SiteOverview]:
        """The others."""
        return [overview for overview in self.sites if not overview.equipment]

    @property
    def all_generated(self) -> bool:
        """Whether every site is invented."""
        return bool(self.sites) and all(overview.site.generated for overview in self.sites)

    @property
    def has_generated(self) -> bool:
        """Whether some of the sites are invented."""
        return any(overview.site.generated for overview in self.sites)

    @property
    def slowest_min(self) -> int:
        """Within how many minutes all was heard."""
        spans = (one.stale_after_s for site in self.sites for one in site.equipment)
        return max(spans, default=0) // 60


@require_GET
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """A commune's people are shown their commune; the others choose one."""
    actor = actor_of(request)
    own = territory.own_commune(actor)
    if own is not None and actor.role in {Role.MAYOR, Role.AGENT}:
        return _commune_page(request, actor, own.pk)
    return communes(request)


@require_GET
@never_cache
def communes(request: HttpRequest) -> HttpResponse:
    """The communes that the actor sees: those that mandated a contractor, all of them for the operator."""
    actor = actor_of(request)
    found = territory.communes(actor)
    if len(found) == 1:
        return redirect("command:commune", found[0].pk)
    counts = territory.site_counts(actor)
    lines = [(commune, counts.get(commune.pk, 0)) for commune in found]
    return render(request, "command/communes.html", {"lines": lines, "greeting": _greeting(actor), "role": actor.role})


@require_GET
@never_cache
def commune(request: HttpRequest, insee: str) -> HttpResponse:
    """One commune."""
    return _commune_page(request, actor_of(request), insee)


@require_GET
@never_cache
def commune_overview(request: HttpRequest, insee: str) -> HttpResponse:
    """The part of the commune's page that is read again while it is open."""
    view = _view(actor_of(request), insee)
    return render(request, "command/overview.html", {"view": view})


@require_GET
def commune_map(request: HttpRequest, insee: str) -> HttpResponse:
    """Outline, neighbours and sites as GeoJSON."""
    view = _view(actor_of(request), insee)
    around = [outline_feature(other, "neighbour") for other in territory.neighbours(view.commune)]
    features = [*around, outline_feature(view.commune, "outline"), *(_site_feature(site) for site in view.sites)]
    return JsonResponse(collection(features), content_type="application/geo+json")


@require_GET
def communes_map(request: HttpRequest) -> HttpResponse:
    """The communes to choose from as GeoJSON areas."""
    found = territory.communes(actor_of(request))
    whole = territory.outlines([one.pk for one in found])
    areas = [outline_feature(one, "area", href=reverse("command:commune", args=[one.pk])) for one in whole]
    return JsonResponse(collection(areas), content_type="application/geo+json")


@require_GET
def commune_live(request: HttpRequest, insee: str) -> StreamingHttpResponse:
    """The commune's one event stream."""
    actor = actor_of(request)
    found = territory.commune(actor, insee)
    ids = telemetry.things(actor).filter(site__commune=found).values_list("pk", flat=True)
    return open_stream(request, list(ids))


def open_stream(request: HttpRequest, thing_ids: Sequence[int]) -> StreamingHttpResponse:
    """The stream of these things, which the caller has looked up for its actor."""
    return event_stream_response(hub().subscribe(topics(thing_ids)), still_acts(request))


def _commune_page(request: HttpRequest, actor: Actor, insee: str) -> HttpResponse:
    view = _view(actor, insee)
    own = territory.own_commune(actor)
    context = {
        "view": view,
        "greeting": _greeting(actor),
        "is_home": own is not None and own.pk == insee,
        "may_command": bool(view.equipped) and policies.may_command(actor, view.equipped[0].site.organisation_id),
        "crumbs": [(_("Communes"), reverse("command:communes"))],
    }
    return render(request, "command/commune.html", context)


def _view(actor: Actor, insee: str) -> CommuneView:
    found = territory.commune(actor, insee)
    now = clock.now()
    things = telemetry.things(actor).filter(site__commune=found)
    equipped = equipment(telemetry.states_of_things(actor, things))
    newest = newest_commands(actor, [one.id for one in equipped])
    examined = findings(equipped, newest, now)
    ringing = [line(actor, one) for one in alarms.open_alarms(actor, commune=insee)[:MOST_ALARMS]]
    told = {one.alarm.thing_id for one in ringing if one.alarm.code == "device_silent"}
    return CommuneView(
        commune=found,
        sites=site_overviews(territory.sites(actor, insee), equipped, newest, now),
        findings=examined,
        quiet=[one for one in equipped if one.id in {*examined.silent, *examined.never_heard} - told],
        undone=[life_of(command) for command in newest.values() if left_undone(command, now)],
        alarms=ringing,
        now=now,
        proposals=lives(queries.commands(actor).filter(thing__site__commune=found, state="proposed")),
    )


def _site_feature(overview: SiteOverview) -> dict[str, object]:
    site = overview.site
    return point_feature(
        site.location.x,
        site.location.y,
        id=f"site.{site.pk}",
        live=f"site.{site.pk}",
        name=site.name,
        icon=overview.icon,
        state=overview.state,
        text=summary_text(overview),
        href=reverse("command:site", args=[site.pk]),
    )


def _greeting(actor: Actor) -> str:
    words = _("Bonsoir, %(name)s") if timezone.localtime(clock.now()).hour >= EVENING_FROM_H else _("Bonjour, %(name)s")
    return words % {"name": actor.label}

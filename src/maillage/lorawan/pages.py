"""The operator's home and the gateways."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from maillage.identity.actor import Actor
from maillage.identity.middleware import actor_of, still_acts
from maillage.identity.models import Organisation
from maillage.identity.policies import may_operate, require_operate
from maillage.kernel import clock
from maillage.kernel.errors import Conflict
from maillage.lorawan import actions, live, map_features, queries
from maillage.lorawan.certificate_lines import station_card
from maillage.lorawan.forms import GatewayDetailsForm, GatewayForm
from maillage.lorawan.gateways import queries as certificates
from maillage.lorawan.health.lines import heard_lines
from maillage.lorawan.health.queries import heard_count
from maillage.lorawan.models import Gateway
from maillage.lorawan.policies import may_see_radio, require_radio, sees_everything
from maillage.lorawan.queries import FleetCount, RefusalFilter
from maillage.lorawan.refusal_lines import days_back, refusal_lines
from maillage.web.problems import sentence
from maillage.web.streams import event_stream_response, hub

REFUSALS_OF_A_GATEWAY = 10
REFUSAL_DAYS = 7
GATEWAY_STALE_AFTER_S = int(queries.GATEWAY_SILENT_AFTER.total_seconds())


@dataclass(frozen=True, slots=True)
class FleetLine:
    """A commune's devices, as the list beside the map tells them."""

    organisation: Organisation
    fleet: FleetCount
    state: str
    words: str


def radio_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Only for those who may see the network; raises ``Refused`` for others."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        require_radio(actor_of(request))
        return view(request, *args, **kwargs)

    return guarded


@require_GET
@radio_page
def home(request: HttpRequest) -> HttpResponse:
    """The network at a glance: gateways, devices, refusals, commune by commune."""
    actor, now = actor_of(request), clock.now()
    found = list(queries.gateways(actor))
    context = {
        "section": "home",
        "sees_everything": sees_everything(actor),
        "gateway_count": len(found),
        "online_count": sum(queries.gateway_is_online(gateway, now) for gateway in found),
        "fleet": queries.fleet(actor, now),
        "refusal_count": queries.refusal_count(actor, now),
        "lines": _fleet_lines(actor),
    }
    return render(request, "lorawan/home.html", context)


@require_GET
@radio_page
def home_map(request: HttpRequest) -> JsonResponse:
    """GeoJSON of the territory, coloured by the state of each commune's devices, with the gateways."""
    actor, now = actor_of(request), clock.now()
    areas = map_features.fleet_areas(_visible_fleets(actor), queries.communes())
    return JsonResponse(map_features.collection(areas + map_features.gateway_points(queries.gateways(actor), now)))


@require_GET
@radio_page
def gateways(request: HttpRequest) -> HttpResponse:
    """The gateways, on a map and as a list that follows them."""
    actor = actor_of(request)
    context = {
        "section": "gateways",
        "lines": _gateway_lines(actor),
        "may_register": bool(_may_own_gateways(actor)),
        "expiring": list(certificates.expiring(actor, clock.now()).items()),
        "stale_after_s": GATEWAY_STALE_AFTER_S,
    }
    template = "lorawan/gateway_rows.html" if request.headers.get("HX-Request") == "true" else "lorawan/gateways.html"
    return render(request, template, context)


@require_GET
@radio_page
def gateways_map(request: HttpRequest) -> JsonResponse:
    """GeoJSON of the territory's outlines and the gateways."""
    points = map_features.gateway_points(queries.gateways(actor_of(request)), clock.now())
    return JsonResponse(map_features.collection(map_features.backdrop(queries.communes()) + points))


@require_GET
@radio_page
def gateways_live(request: HttpRequest) -> HttpResponseBase:
    """Server-sent events: the counters of the gateways that the actor sees."""
    return event_stream_response(hub().subscribe(live.gateway_topics(actor_of(request))), still_acts(request))


@require_GET
@radio_page
def gateway(request: HttpRequest, eui: str) -> HttpResponse:
    """One gateway: when last seen, its counters, and what was refused through it."""
    actor, now = actor_of(request), clock.now()
    found = queries.gateway(actor, eui)
    wanted, since = RefusalFilter(gateway_eui=found.pk), days_back(now, REFUSAL_DAYS)
    context = {
        "section": "gateways",
        "gateway": found,
        "online": queries.gateway_is_online(found, now),
        "refusals": refusal_lines(queries.refusals(actor, wanted, since, REFUSALS_OF_A_GATEWAY), actor),
        "refusal_count": queries.refusal_count(actor, since, found.pk),
        "may_change": may_operate(actor, found.organisation_id),
        "station": station_card(request, found),
        "stale_after_s": GATEWAY_STALE_AFTER_S,
        "heard": heard_lines(actor, found),
        "heard_count": heard_count(actor, found),
    }
    return render(request, "lorawan/gateway.html", context)


@require_http_methods(["GET", "POST"])
@radio_page
def register_gateway(request: HttpRequest) -> HttpResponse:
    """A form; then the gateway's page."""
    actor = actor_of(request)
    owners = _may_own_gateways(actor)
    require_operate(actor, owners[0].pk if owners else actor.organisation_id or 0)
    form = GatewayForm(owners, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.register_gateway(
                actor, form.cleaned_data["eui"], form.cleaned_data["organisation"], form.details()
            )
        except Conflict as error:
            form.add_error("eui", sentence(error))
        else:
            messages.success(request, _("Passerelle enregistrée. Ses trames sont reçues dès maintenant."))
            return redirect("lorawan:gateway", eui=made.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "lorawan/gateway_form.html", {"section": "gateways", "form": form}, status=status)


@require_http_methods(["GET", "POST"])
@radio_page
def change_gateway(request: HttpRequest, eui: str) -> HttpResponse:
    """A form; then the gateway's page again."""
    actor = actor_of(request)
    found = queries.gateway(actor, eui)
    require_operate(actor, found.organisation_id)
    form = GatewayDetailsForm(request.POST if request.method == "POST" else None, initial=_initial(found))
    if request.method == "POST" and form.is_valid():
        actions.change_gateway(actor, found.pk, form.details())
        messages.success(request, _("Passerelle modifiée."))
        return redirect("lorawan:gateway", eui=found.pk)
    context = {"section": "gateways", "form": form, "gateway": found}
    return render(request, "lorawan/gateway_form.html", context, status=422 if request.method == "POST" else 200)


def shows_radio(request: HttpRequest) -> bool:
    """Whether the navigation offers the radio pages."""
    actor: Actor | None = getattr(request, "actor", None)
    return actor is not None and may_see_radio(actor)


def _initial(found: Gateway) -> dict[str, object]:
    place = found.location
    return {
        "name": found.name,
        "latitude": place.y if place else None,
        "longitude": place.x if place else None,
        "altitude_m": found.altitude_m,
    }


def _may_own_gateways(actor: Actor) -> list[Organisation]:
    """The operating body first: it owns most of them."""
    able = [o for o in queries.organisations_to_equip(actor) if may_operate(actor, o.pk)]
    return sorted(able, key=lambda organisation: organisation.kind != Organisation.Kind.OPERATOR)


def _gateway_lines(actor: Actor) -> list[tuple[Gateway, bool]]:
    now = clock.now()
    return [(found, queries.gateway_is_online(found, now)) for found in queries.gateways(actor)]


def _visible_fleets(actor: Actor) -> dict[int, FleetCount]:
    """Every organisation whose devices the actor may see, those without any included."""
    counted = queries.fleet_by_organisation(actor, clock.now())
    return {o.pk: counted.get(o.pk, FleetCount(0, 0, 0, 0)) for o in queries.organisations_to_equip(actor)} | dict(
        counted
    )


def _fleet_lines(actor: Actor) -> list[FleetLine]:
    fleets = _visible_fleets(actor)
    return [
        FleetLine(o, fleets[o.pk], map_features.fleet_state(fleets[o.pk]), map_features.fleet_words(fleets[o.pk]))
        for o in queries.organisations_to_equip(actor)
        if o.kind != Organisation.Kind.OPERATOR or fleets[o.pk].total
    ]

"""The living page of the kit, ``/_kit/``: every component with its example. Served only when ``DEBUG`` is on."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext_lazy as _

from maillage.kernel import clock
from maillage.web.life import life_steps

COMPONENTS: Sequence[str] = (
    "page_header",
    "stat",
    "card",
    "live_value",
    "freshness",
    "state",
    "life",
    "stepper",
    "chart",
    "map",
    "table",
    "pagination",
    "tabs",
    "field",
    "confirm",
    "alert",
    "progress",
    "battery",
    "signal",
    "empty",
    "icon",
    "language_switch",
)


@dataclass(frozen=True, slots=True)
class ExampleRoom:
    """A row of the example table."""

    name: str
    temperature_c: float
    setpoint_c: float
    battery_percent: int
    state: str
    state_label: str


class ExampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label=_("Nom du site"), help_text=_("Tel qu’il apparaîtra sur la carte."))
    kind = forms.ChoiceField(label=_("Type"), choices=[("school", _("École")), ("gym", _("Gymnase"))])
    area_m2 = forms.IntegerField(label=_("Surface chauffée"), min_value=1, required=False)
    notify = forms.BooleanField(label=_("Me prévenir en cas d’alarme"), required=False)


def example_context(at: datetime) -> dict[str, object]:
    """What the examples draw; every time is relative to ``at``."""
    return {
        "now": at,
        "recent": at - timedelta(minutes=3),
        "old": at - timedelta(hours=7),
        "crumbs": [(_("Sites"), "#"), (_("Écoles"), "#")],
        "waiting": life_steps("sent", {"requested": at - timedelta(seconds=9), "sent": at - timedelta(seconds=6)}),
        "confirmed": life_steps(
            "confirmed",
            {
                "requested": at - timedelta(minutes=12),
                "sent": at - timedelta(minutes=12),
                "acknowledged": at - timedelta(minutes=10),
                "confirmed": at - timedelta(minutes=10),
            },
        ),
        "expired": life_steps(
            "expired",
            {"requested": at - timedelta(hours=2), "sent": at - timedelta(hours=2), "expired": at - timedelta(hours=1)},
            str(_("La vanne n’a pas été entendue pendant une heure.")),
        ),
        "rooms": _rooms(),
        "page": Paginator(range(194), 20).page(3),
        "tab_items": [("rooms", _("Salles")), ("devices", _("Appareils")), ("journal", _("Journal"))],
        "form": ExampleForm({"name": "", "kind": "school", "area_m2": "420"}),
        "chart": example_chart(at),
        "map": example_map(),
        "states": _states(),
    }


def example_chart(at: datetime) -> dict[str, object]:
    """A heated classroom's day, with an hour during which nothing was heard."""
    start_s = int((at - timedelta(days=1)).timestamp())
    times = [start_s + 600 * step for step in range(145)]
    heard = [time for time in times if not start_s + 48000 < time < start_s + 54000]
    warmth = [math.sin(2 * math.pi * ((time % 86400) / 86400 - 0.3)) for time in heard]
    temperature = [[time, round(18.2 + 1.3 * warm, 1)] for time, warm in zip(heard, warmth, strict=True)]
    valve = [[time, round(max(0, 55 - 45 * warm))] for time, warm in zip(heard, warmth, strict=True)]
    setpoint = [[start_s, 17], [start_s + 21600, 19], [start_s + 64800, 17], [start_s + 86400, 17]]
    series = [
        {"key": "temperature", "label": str(_("Température")), "unit": "Cel", "points": temperature, "gap_s": 1800},
        {"key": "setpoint", "label": str(_("Consigne")), "unit": "Cel", "points": setpoint, "step": True},
        {
            "key": "valve",
            "label": str(_("Vanne")),
            "unit": "%",
            "decimals": 0,
            "tone": 3,
            "points": valve,
            "gap_s": 1800,
            "area": True,
        },
    ]
    return {"from": start_s, "to": start_s + 86400, "series": series}


def example_map() -> dict[str, object]:
    """An invented commune, its neighbours and five sites."""
    outline = _ring(2.35, 48.62, 0.030, 9)
    around = [_ring(2.35 + 0.062 * math.cos(a), 48.62 + 0.041 * math.sin(a), 0.028, 8) for a in range(6)]
    sites: Sequence[tuple[float, float, str, str, str]] = (
        (2.352, 48.622, "building-bank", "ok", str(_("Mairie"))),
        (2.338, 48.630, "school", "ok", str(_("École des Tilleuls"))),
        (2.366, 48.613, "barbell", "warning", str(_("Gymnase"))),
        (2.342, 48.609, "cross", "off", str(_("Cimetière"))),
        (2.364, 48.632, "tool", "danger", str(_("Centre technique"))),
    )
    return {
        "type": "FeatureCollection",
        "features": [
            *(_feature("Polygon", [ring], {"layer": "neighbour"}) for ring in around),
            _feature("Polygon", [outline], {"layer": "outline", "name": str(_("Commune d’exemple"))}),
            *(
                _feature(
                    "Point", [lon, lat], {"layer": "site", "icon": icon, "state": state, "name": name, "href": "#"}
                )
                for lon, lat, icon, state, name in sites
            ),
        ],
    }


def _feature(kind: str, coordinates: object, properties: Mapping[str, str]) -> dict[str, object]:
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "properties": dict(properties)}


def _ring(lon: float, lat: float, radius_deg: float, corners: int) -> list[list[float]]:
    points = [
        [
            round(lon + radius_deg * (1 + 0.18 * math.sin(3 * turn)) * math.cos(turn), 5),
            round(lat + 0.66 * radius_deg * (1 + 0.18 * math.cos(2 * turn)) * math.sin(turn), 5),
        ]
        for turn in (2 * math.pi * corner / corners for corner in range(corners))
    ]
    return [*points, points[0]]


def _rooms() -> Sequence[ExampleRoom]:
    return (
        ExampleRoom(str(_("Salle des Mésanges")), 19.4, 19.0, 86, "ok", str(_("En service"))),
        ExampleRoom(str(_("Salle des Écureuils")), 17.1, 19.0, 54, "pending", str(_("Chauffe"))),
        ExampleRoom(str(_("Réfectoire")), 16.2, 18.0, 8, "warning", str(_("Pile faible"))),
        ExampleRoom(str(_("Salle des maîtres")), 18.0, 18.0, 71, "stale", str(_("Muette depuis 7 h"))),
    )


def _states() -> Sequence[tuple[str, object]]:
    return (
        ("ok", _("En service")),
        ("info", _("Installé")),
        ("pending", _("En attente")),
        ("warning", _("À surveiller")),
        ("danger", _("En défaut")),
        ("off", _("Fermé")),
        ("stale", _("Muet")),
    )


@login_not_required
def page(request: HttpRequest) -> HttpResponse:
    """Every component with its example."""
    _only_in_debug()
    return render(request, "web/kit/page.html", {**example_context(clock.now()), "components": COMPONENTS})


@login_not_required
def chart_json(_request: HttpRequest) -> JsonResponse:
    """The example chart, as a page would fetch it."""
    _only_in_debug()
    return JsonResponse(example_chart(clock.now()))


def _only_in_debug() -> None:
    if not settings.DEBUG:
        raise Http404


app_name = "web"
urlpatterns = [path("", page, name="kit"), path("chart.json", chart_json, name="kit_chart")]

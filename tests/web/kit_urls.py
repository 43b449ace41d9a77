"""Addresses for the kit's own tests: its page, a page of errors, a live page and the framework's views it links to."""

import mimetypes
from pathlib import Path

from django.contrib.auth.views import LoginView
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.template import engines
from django.urls import include, path

from maillage.kernel.errors import Conflict, Invalid, MaillageError, NotFound, Refused, Unavailable
from maillage.web.live import Hub, Pace
from maillage.web.navigation import NavItem, everyone, logged_in
from maillage.web.streams import event_stream_response

HUB = Hub(Pace(flush_interval_s=0.01, heartbeat_s=15))

NAVIGATION = [
    NavItem("Carte", "map", "map-2", order=20, visible=everyone),
    NavItem("Composants", "web:kit", "home", order=10, visible=everyone),
    NavItem("Réglages", "settings", "settings", order=30, visible=logged_in),
]
SENTENCES = {"setpoint_out_of_range": "La consigne de %(value)s °C dépasse %(max)s °C. Choisissez moins."}

ERRORS: dict[str, MaillageError] = {
    "invalid": Invalid("setpoint_out_of_range", value=80.5, max=25.0),
    "unsaid": Invalid("setpoint_out_of_range", value=80.5),
    "refused": Refused("interlock"),
    "missing": NotFound("site"),
    "conflict": Conflict("device_exists"),
    "unavailable": Unavailable("bus"),
}

LIVE_PAGE = """{% extends "web/base.html" %}{% load maillage %}
{% block live_url %}/stream{% endblock %}
{% block content %}<h1>Direct</h1>
<p id="value">{% live_value 18 "Cel" 1 live="room.temperature" stale_after_s=3600 %}</p>
<p id="age">{% freshness None 3600 live="room.temperature" %}</p>
<p id="gate">{% state "off" "Fermé" live="gate" %}</p>
<div id="part" hx-get="/sent/?confirmed=part" hx-trigger="live:site.1 from:document"></div>
<div id="refused"><button hx-get="/fail/refused">Forcer</button></div>
<form method="get" action="/sent/"><button id="ask" data-confirm="sure">Ouvrir</button></form>
{% confirm "sure" title="Ouvrir ?" confirm_label="Oui" %}<p>Vraiment.</p>{% endconfirm %}
<div id="setpoint">{% stepper "setpoint" 19 "Consigne" 7 19.5 0.5 "Cel" %}</div>
{% endblock %}"""


def fail(_request: HttpRequest, kind: str) -> HttpResponse:
    raise ERRORS[kind]


def live_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(engines["django"].from_string(LIVE_PAGE).render({}, request))


def stream(_request: HttpRequest) -> StreamingHttpResponse:
    return event_stream_response(HUB.subscribe(["site.1"]), lambda: True)


def static_file(_request: HttpRequest, name: str) -> HttpResponse:
    """Whole files: a streamed one is left open when the browser reloads in the middle."""
    found = Path(finders.find(name))
    return HttpResponse(found.read_bytes(), content_type=mimetypes.guess_type(name)[0])


def sent(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"confirmed={request.GET.get('confirmed', '')}")


def bare(request: HttpRequest, code: int) -> HttpResponse:
    return render(request, f"{code}.html", status=code)


urlpatterns = [
    path("_kit/", include("maillage.web.kit")),
    path("map/", sent, name="map"),
    path("map/site/", sent),
    path("settings/", sent, name="settings"),
    path("fail/<str:kind>", fail),
    path("api/fail/<str:kind>", fail),
    path("live/", live_page),
    path("sent/", sent),
    path("error/<int:code>", bare),
    path("stream", stream),
    path("static/<path:name>", static_file),
    path("login/", LoginView.as_view(), name="login"),
    path("logout/", sent, name="logout"),
    path("i18n/", include("django.conf.urls.i18n")),
]

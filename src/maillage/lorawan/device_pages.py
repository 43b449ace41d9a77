"""The devices: list, one device with its live frame log, registration, end of service."""

from collections.abc import Mapping, Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from maillage.identity.actor import Actor
from maillage.identity.middleware import actor_of, still_acts
from maillage.identity.policies import may_configure
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid
from maillage.lorawan import actions, live, queries
from maillage.lorawan.device_lines import DeviceLine, device_lines
from maillage.lorawan.device_models import device_models
from maillage.lorawan.forms import AbpDeviceForm, DeviceFilterForm, DeviceForm
from maillage.lorawan.frame_lines import FrameLine, frame_lines
from maillage.lorawan.health.lines import declared_minutes, health_line
from maillage.lorawan.labels import MISMATCHES
from maillage.lorawan.mac_exchange.state import requests_in
from maillage.lorawan.mac_lines import battery_words, channel_words, command_words, setting_words, window_words
from maillage.lorawan.models import Device, Frame, Session
from maillage.lorawan.pages import radio_page
from maillage.lorawan.policies import may_register_for, may_show_keys
from maillage.lorawan.protocol.types import dev_addr_text
from maillage.lorawan.queries import DeviceFilter
from maillage.web.cursor import after_cursor, one_more
from maillage.web.problems import sentence
from maillage.web.streams import event_stream_response, hub

DEVICES_A_PAGE = 50
FRAMES_A_PAGE = 30


@require_GET
@radio_page
def devices(request: HttpRequest) -> HttpResponse:
    """Filtered by name or DevEUI, commune, model and hearing; by name, paged by cursor."""
    actor, now = actor_of(request), clock.now()
    form = DeviceFilterForm(queries.owners(actor), request.GET)
    rows = _device_page(actor, form.wanted(), request.GET.get("cursor", "")) if form.is_valid() else []
    page, next_cursor = one_more(rows, DEVICES_A_PAGE, lambda device: [device.name, device.pk])
    query = request.GET.copy()
    query["cursor"] = next_cursor or ""
    context = {
        "section": "devices",
        "form": form,
        "fleet": queries.fleet(actor, now),
        "lines": device_lines(page, now),
        "next_query": query.urlencode() if next_cursor else "",
        "is_first": not request.GET.get("cursor"),
        "is_filtered": any(request.GET.get(name) for name in form.fields),
        "may_register": bool(queries.organisations_to_equip(actor)),
    }
    return render(request, "lorawan/devices.html", context, status=200 if form.is_valid() else 422)


@require_GET
@radio_page
def device(request: HttpRequest, dev_eui: str) -> HttpResponse:
    """Identity, session, radio, and a page of the frame log, which grows on the first one."""
    actor = actor_of(request)
    found = queries.device(actor, dev_eui)
    cursor = request.GET.get("cursor", "")
    rows = queries.frames(found, after_cursor(cursor, int)[0] if cursor else None, FRAMES_A_PAGE + 1)
    page, next_cursor = one_more(rows, FRAMES_A_PAGE, lambda frame: [frame.pk])
    context = _device_context(actor, found) | {
        "frames": _lines(actor, found, page),
        "newest_id": page[0].pk if page else 0,
        "next_cursor": next_cursor,
        "is_first": not cursor,
        "live_topic": live.frames_topic(found.pk),
        "may_show_key": not found.is_abp and may_show_keys(actor, found.organisation_id),
        "may_declare_period": may_configure(actor, found.organisation_id) and found.decommissioned_at is None,
        "declared_min": declared_minutes(found),
        "may_decommission": may_register_for(actor, found.organisation_id) and found.decommissioned_at is None,
    }
    return render(request, "lorawan/device.html", context)


@require_GET
@radio_page
def device_state(request: HttpRequest, dev_eui: str) -> HttpResponse:
    """The part of the device's page that each frame changes."""
    actor = actor_of(request)
    return render(request, "lorawan/device_state.html", _device_context(actor, queries.device(actor, dev_eui)))


@require_GET
@radio_page
def new_frames(request: HttpRequest, dev_eui: str) -> HttpResponse:
    """The lines of the frame log that came after ``?after=``; 204 when none has."""
    actor = actor_of(request)
    found = queries.device(actor, dev_eui)
    after = request.GET.get("after", "")
    if not after.isdecimal():
        raise Invalid("cursor_unreadable")
    rows = queries.frames_since(found, int(after[:18]), FRAMES_A_PAGE)
    if not rows:
        return HttpResponse(status=204)
    context = {"frames": _lines(actor, found, rows), "newest_id": rows[0].pk}
    return render(request, "lorawan/new_frames.html", context)


@require_GET
@radio_page
def device_live(request: HttpRequest, dev_eui: str) -> HttpResponseBase:
    """Server-sent events: each frame of this device."""
    found = queries.device(actor_of(request), dev_eui)
    return event_stream_response(hub().subscribe([live.frames_topic(found.pk)]), still_acts(request))


@sensitive_post_parameters("app_key", "nwk_key")
@never_cache
@require_http_methods(["GET", "POST"])
@radio_page
def register_device(request: HttpRequest) -> HttpResponse:
    """A form; then the device's page."""
    actor = actor_of(request)
    form = DeviceForm(queries.organisations_to_equip(actor), request.POST if request.method == "POST" else None)
    said = _("Appareil enregistré. Mettez-le sous tension : il va demander à se joindre.")
    return _register(request, form, "lorawan/device_form.html", said)


@sensitive_post_parameters("nwk_s_key", "app_s_key", "s_nwk_s_int_key", "nwk_s_enc_key")
@never_cache
@require_http_methods(["GET", "POST"])
@radio_page
def register_abp_device(request: HttpRequest) -> HttpResponse:
    """The same for a device that never joins."""
    actor = actor_of(request)
    form = AbpDeviceForm(queries.organisations_to_equip(actor), request.POST if request.method == "POST" else None)
    said = _("Appareil enregistré. Sa prochaine trame paraîtra ici.")
    return _register(request, form, "lorawan/abp_device_form.html", said)


def _register(request: HttpRequest, form: DeviceForm | AbpDeviceForm, template: str, said: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.register_device(actor_of(request), form.new_device())
        except Conflict as error:
            form.add_error("dev_eui", sentence(error))
        else:
            messages.success(request, said)
            return redirect("lorawan:device", dev_eui=made.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, template, {"section": "devices", "form": form}, status=status)


@require_POST
@radio_page
def decommission_device(request: HttpRequest, dev_eui: str) -> HttpResponse:
    """Takes the device out of service, once confirmed."""
    actor = actor_of(request)
    found = queries.device(actor, dev_eui)
    if request.POST.get("confirmed") != "1":
        return render(request, "lorawan/decommission.html", {"section": "devices", "device": found})
    actions.decommission_device(actor, found.pk)
    messages.success(request, _("%(name)s est retiré du service.") % {"name": found.name})
    return redirect("lorawan:device", dev_eui=found.pk)


def _device_page(actor: Actor, wanted: DeviceFilter, cursor: str) -> list[Device]:
    name, dev_eui = after_cursor(cursor, str, str) if cursor else ("", "")
    after = (name, dev_eui) if cursor else None
    return list(queries.device_page(actor, wanted, clock.now(), after, DEVICES_A_PAGE + 1))


def _device_context(actor: Actor, found: Device) -> dict[str, object]:
    session = queries.session_of(found)
    return {
        "section": "devices",
        "device": found,
        "line": _device_line(found),
        "model": device_models().get(found.model_key),
        "session": session,
        "dev_addr": dev_addr_text(session.dev_addr) if session else "",
        "radio_setting": _radio_setting(session),
        **_exchange(session),
        "battery": battery_words(found.battery) if found.battery is not None else "",
        "gateways": _best_gateways(found, queries.gateway_names(actor)),
        "health": health_line(found),
    }


def _radio_setting(session: Session | None) -> str:
    """What the device uses; empty before its first uplink."""
    if session is None or session.data_rate is None:
        return ""
    return setting_words(session.data_rate, session.tx_power, session.nb_trans)


def _exchange(session: Session | None) -> dict[str, object]:
    """Where the device listens and what it was taught; what it has not answered yet, and what it has declined."""
    if session is None:
        return {}
    windows = (session.rx1_delay_s, session.rx1_dr_offset, session.rx2_data_rate, session.rx2_frequency_hz)
    return {
        "is_1_1": queries.is_1_1(session),
        "mismatch": MISMATCHES.get(session.mismatch, ""),
        "windows": window_words(*windows),
        "channels": channel_words(bytes(session.mac_taught)),
        "awaited": [command_words(command) for command in requests_in(bytes(session.mac_pending))],
        "declined": [command_words(command) for command in requests_in(bytes(session.mac_refused))],
    }


def _device_line(found: Device) -> DeviceLine:
    return device_lines([found], clock.now())[0]


def _best_gateways(found: Device, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """EUI and name of the gateways that heard the last uplink, the best first; no name for one not to be seen."""
    return [(eui, names.get(eui, "")) for eui in found.last_gateways]


def _lines(actor: Actor, found: Device, rows: Sequence[Frame]) -> list[FrameLine]:
    return frame_lines(rows, found.model_key, queries.gateway_names(actor))

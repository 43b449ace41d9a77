"""The frame log of all devices, which grows while one looks on."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from maillage.identity.middleware import actor_of, still_acts
from maillage.lorawan import live, queries
from maillage.lorawan.forms import FrameFilterForm
from maillage.lorawan.frame_lines import log_lines
from maillage.lorawan.pages import radio_page
from maillage.web.cursor import after_cursor, cursor_after
from maillage.web.streams import event_stream_response, hub

FRAMES_A_PAGE = 50


@require_GET
@radio_page
def frames(request: HttpRequest) -> HttpResponse:
    """By gateway, device and type, the newest first; the first page follows what comes."""
    actor = actor_of(request)
    form, cursor = FrameFilterForm(request.GET), request.GET.get("cursor", "")
    rows, next_id = (
        queries.frame_log(actor, form.wanted(), after_cursor(cursor, int)[0] if cursor else None, FRAMES_A_PAGE)
        if form.is_valid()
        else ([], None)
    )
    devices = {found.pk: found for found in queries.devices(actor).filter(pk__in={row.dev_eui for row in rows})}
    query = request.GET.copy()
    query["cursor"] = cursor_after([next_id]) if next_id is not None else ""
    context = {
        "section": "frames",
        "form": form,
        "lines": log_lines(rows, devices, queries.gateway_names(actor)),
        "next_query": query.urlencode() if next_id is not None else "",
        "is_first": not cursor,
        "topics": live.log_topics(actor),
    }
    is_part = request.headers.get("HX-Request") == "true"
    template = "lorawan/frame_log_rows.html" if is_part else "lorawan/frame_log.html"
    return render(request, template, context, status=200 if form.is_valid() else 422)


@require_GET
@radio_page
def frames_live(request: HttpRequest) -> HttpResponseBase:
    """Server-sent events: the log has grown."""
    return event_stream_response(hub().subscribe(live.log_topics(actor_of(request))), still_acts(request))

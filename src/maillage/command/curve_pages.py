"""The curves of a site or of one of its rooms: JSON for the chart, a table for whoever cannot see it, CSV to keep."""

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from io import StringIO

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from maillage.command import curves
from maillage.command.curves import Span, Wanted
from maillage.command.site_pages import SiteView, site_view
from maillage.identity.actor import Actor
from maillage.identity.middleware import actor_of
from maillage.telemetry import queries as telemetry
from maillage.telemetry.queries import Series
from maillage.web.formats import TERRITORY_ZONE, unit_label

TABLE_ROWS = 60


@require_GET
@never_cache
def series(request: HttpRequest, site_id: int) -> JsonResponse:
    """The chart's data: of the room ``?place=``, else the rooms of the site compared; over ``?period=``."""
    _view, span, wanted, found = _read(request, actor_of(request), site_id)
    return JsonResponse(curves.chart(span, wanted, found))


@require_GET
@never_cache
def table(request: HttpRequest, site_id: int) -> HttpResponse:
    """The newest values in a table, for the chart's twin."""
    _view, _span, wanted, found = _read(request, actor_of(request), site_id)
    newest = list(_rows(found))[: -TABLE_ROWS - 1 : -1]
    rows = [(at, _cells(values, wanted, found)) for at, values in newest]
    context = {"wanted": wanted, "rows": rows}
    return render(request, "command/values.html", context)


@require_GET
def download(request: HttpRequest, site_id: int) -> HttpResponse:
    """The same as CSV, in the form that French spreadsheets open: semicolons, decimal commas, local time."""
    view, span, wanted, found = _read(request, actor_of(request), site_id)
    text = StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(["heure locale", "UTC", *(_heading(one, each) for one, each in zip(wanted, found, strict=True))])
    for at, values in _rows(found):
        local = at.astimezone(TERRITORY_ZONE).strftime("%Y-%m-%d %H:%M:%S")
        stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        writer.writerow([local, stamp, *("" if v is None else f"{v:g}".replace(".", ",") for v in values)])
    # The byte order mark tells spreadsheets that this is UTF-8.
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    name = f"{slugify(view.site.name)}-{span.code}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _read(request: HttpRequest, actor: Actor, site_id: int) -> tuple[SiteView, Span, list[Wanted], list[Series]]:
    view = site_view(actor, site_id)
    span = curves.span(request.GET.get("period", curves.DEFAULT), view.now)
    key = request.GET.get("place", "")
    wanted = curves.of_place(view.place(key)) if key else curves.of_site(view.places)
    ids = [one.datastream_id for one in wanted]
    found = telemetry.series(actor, ids, span.start, span.end) if ids else []
    return view, span, wanted, found


def _rows(found: Sequence[Series]) -> Iterator[tuple[datetime, list[float | None]]]:
    """Instant by instant, one value a series; None where it has none at that instant."""
    by_instant: dict[datetime, dict[int, float]] = {}
    for index, each in enumerate(found):
        for point in each.points:
            if point.value is not None:
                by_instant.setdefault(point.at, {})[index] = point.value
    for at in sorted(by_instant):
        yield at, [by_instant[at].get(index) for index in range(len(found))]


def _cells(
    values: Sequence[float | None], wanted: Sequence[Wanted], found: Sequence[Series]
) -> list[tuple[float | None, str, str, int | None]]:
    each = zip(values, wanted, found, strict=True)
    return [(value, one.label, of.unit, of.measure.decimals if of.measure else None) for value, one, of in each]


def _heading(wanted: Wanted, series: Series) -> str:
    unit = unit_label(series.unit)
    return f"{wanted.label} ({unit})" if unit else wanted.label

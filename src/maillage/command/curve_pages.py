"""The curves of a site or of one of its rooms: JSON for the chart, a table for whoever cannot see it, CSV to keep."""

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from maillage.command import curves
from maillage.command.curves import Curve, Span
from maillage.command.site_pages import SiteView, site_view
from maillage.identity.middleware import actor_of
from maillage.web.formats import TERRITORY_ZONE, unit_label

TABLE_ROWS = 60
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet would run a place so named; an apostrophe makes it a text."""
Row = tuple[datetime, list[float | None]]


@require_GET
@never_cache
def series(request: HttpRequest, site_id: int) -> JsonResponse:
    """The chart's data: of the room ``?place=``, else the means over the site's rooms; over ``?period=``."""
    _view, over, found = _read(request, site_id)
    return JsonResponse(curves.chart(over, found))


@require_GET
@never_cache
def table(request: HttpRequest, site_id: int) -> HttpResponse:
    """The newest values in a table, for the chart's twin."""
    _view, _over, found = _read(request, site_id)
    newest = list(_rows(found))[: -TABLE_ROWS - 1 : -1]
    rows = [(at, list(zip(values, found, strict=True))) for at, values in newest]
    return render(request, "command/values.html", {"curves": found, "rows": rows})


@require_GET
def download(request: HttpRequest, site_id: int) -> HttpResponse:
    """The same as CSV, in the form that French spreadsheets open: semicolons, decimal commas, local time."""
    view, over, found = _read(request, site_id)
    text = StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow([_("heure locale"), "UTC", *map(_heading, found)])
    for at, values in _rows(found):
        local = at.astimezone(TERRITORY_ZONE).strftime("%Y-%m-%d %H:%M:%S")
        stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        writer.writerow([local, stamp, *map(_decimal, values)])
    # The byte order mark tells spreadsheets that this is UTF-8.
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    name = slugify(f"{view.site.name} {request.GET.get('place', '')} {over.code}")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _read(request: HttpRequest, site_id: int) -> tuple[SiteView, Span, list[Curve]]:
    actor = actor_of(request)
    view = site_view(actor, site_id)
    over = curves.span(request.GET.get("period", curves.DEFAULT), view.now)
    key = request.GET.get("place", "")
    wanted = curves.of_place(view.place(key)) if key else curves.of_site(view.places)
    return view, over, curves.read(actor, wanted, over)


def _rows(found: Sequence[Curve]) -> Iterator[Row]:
    """Instant by instant, one value a curve; None where it has none at that instant."""
    by_instant: dict[datetime, dict[int, float]] = {}
    for index, curve in enumerate(found):
        for at, value in curve.points:
            if value is not None:
                by_instant.setdefault(at, {})[index] = value
    for at in sorted(by_instant):
        yield at, [by_instant[at].get(index) for index in range(len(found))]


def _heading(curve: Curve) -> str:
    unit = unit_label(curve.unit)
    heading = f"{curve.label} ({unit})" if unit else curve.label
    return f"'{heading}" if heading.startswith(_STARTS_A_FORMULA) else heading


def _decimal(value: float | None) -> str:
    return "" if value is None else f"{Decimal(repr(round(value, 3))).normalize():f}".replace(".", ",")

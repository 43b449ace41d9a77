"""« Rejets »: what the network refused, where, how often, and what to do about it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from maillage.identity.middleware import actor_of
from maillage.kernel import clock
from maillage.lorawan import queries
from maillage.lorawan.forms import RefusalFilterForm
from maillage.lorawan.pages import radio_page
from maillage.lorawan.queries import RefusalFilter
from maillage.lorawan.refusal_lines import cause_lines, days_back, refusal_lines

ROWS = 100
PERIODS = {"1": (1, _("Aujourd’hui")), "7": (7, _("7 jours")), "30": (30, _("30 jours"))}
_DEFAULT_PERIOD = "7"


@require_GET
@radio_page
def refusals(request: HttpRequest) -> HttpResponse:
    """By cause, then by gateway and subject, over today, 7 or 30 days (UTC)."""
    actor = actor_of(request)
    period = request.GET.get("days", _DEFAULT_PERIOD)
    period = period if period in PERIODS else _DEFAULT_PERIOD
    form = RefusalFilterForm(request.GET)
    wanted = form.wanted() if form.is_valid() else RefusalFilter()
    since = days_back(clock.now(), PERIODS[period][0])
    rows = queries.refusals(actor, wanted, since, ROWS + 1)
    context = {
        "section": "refusals",
        "form": form,
        "period": period,
        "periods": [(key, label) for key, (_days, label) in PERIODS.items()],
        "causes": cause_lines(queries.refusals_by_cause(actor, wanted, since)),
        "lines": refusal_lines(rows[:ROWS], actor),
        "has_more": len(rows) > ROWS,
        "rows": ROWS,
    }
    return render(request, "lorawan/refusals.html", context, status=200 if form.is_valid() else 422)

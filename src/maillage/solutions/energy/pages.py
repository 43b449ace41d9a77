"""The energy of a site: what it used, what its weather explains, what was saved and how sure that is."""

from dataclasses import dataclass
from decimal import Decimal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from maillage.identity.middleware import actor_of
from maillage.kernel import clock, money
from maillage.solutions.energy import queries
from maillage.solutions.energy.engine.goodness import CONFIDENCE
from maillage.solutions.energy.engine.study import Lack, Study, study
from maillage.solutions.energy.forms import ChoiceForm
from maillage.solutions.energy.months import chart, months
from maillage.telemetry import queries as telemetry

_CENTS_A_EURO = 100


@dataclass(frozen=True, slots=True)
class Result:
    """A study in the figures of the page. ``saved_euros`` is None without a price; shares are in percent."""

    study: Study
    saved_euros: Decimal | None
    confidence_percent: int = round(100 * CONFIDENCE)

    @property
    def difference_kwh(self) -> float:
        """How far the use is from what was expected, whichever way."""
        return abs(self.study.savings.saved_kwh)

    @property
    def share_percent(self) -> float:
        """The same as a share of what was expected."""
        return abs(100 * (self.study.savings.share or 0.0))

    @property
    def least_kwh(self) -> float:
        """The near end of the margin."""
        return self.difference_kwh - (self.study.savings.margin_kwh or 0.0)

    @property
    def most_kwh(self) -> float:
        """The far end of the margin."""
        return self.difference_kwh + (self.study.savings.margin_kwh or 0.0)

    @property
    def cv_percent(self) -> float | None:
        """CV(RMSE) of the reference year's days."""
        found = self.study.model.cv_rmse
        return None if found is None else 100 * found


@require_GET
@never_cache
def site(request: HttpRequest, site_id: int) -> HttpResponse:
    """The page; ``NotFound`` for a site that is not the reader's. A bad choice is said beside its field."""
    actor = actor_of(request)
    here = telemetry.site(actor, site_id)
    found = queries.meters(actor, here)
    form = ChoiceForm(request.GET or None)
    chosen = form.cleaned_data if form.is_valid() else {}
    outcome = study(queries.days(actor, found, clock.now()), chosen.get("works"))
    context: dict[str, object] = {
        "site": here,
        "meters": found,
        "form": form,
        "crumbs": [
            (here.commune.name, reverse("command:commune", args=[here.commune_id])),
            (here.name, reverse("command:site", args=[here.pk])),
        ],
    }
    if isinstance(outcome, Lack):
        context["lack"] = outcome
    else:
        context["result"] = Result(outcome, _euros(outcome, chosen.get("price")))
        context["months"] = months(outcome)
        context["chart"] = chart(outcome, _("Consommé"), _("Attendu selon la météo"))
    return render(request, "energy/site.html", context, status=422 if form.is_bound and not form.is_valid() else 200)


def _euros(found: Study, cents_a_kwh: Decimal | None) -> Decimal | None:
    """The saving is a measure, and so a whole number of kWh before it becomes money."""
    if cents_a_kwh is None:
        return None
    return money.euros(money.times(cents_a_kwh / _CENTS_A_EURO, round(abs(found.savings.saved_kwh))))

"""The operator's billing desk: preview a bill, run a month, follow it."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from maillage.billing import queries, words
from maillage.billing.assembly import Bill, bill_of
from maillage.billing.forms import PreviewForm, RunForm
from maillage.billing.labels import STATES
from maillage.billing.ledger.queries import operator_id
from maillage.billing.models import Run, RunItem
from maillage.billing.runs.actions import bill_next, retry_failed, start_run
from maillage.identity.actor import Actor
from maillage.identity.middleware import actor_of
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, MaillageError
from maillage.orders.engine.intervals import month_of
from maillage.web import problems

PARIS = ZoneInfo("Europe/Paris")
_PORTION_S = 1.5
_TONES = {"pending": "pending", "invoiced": "ok", "carried": "info", "nothing": "off", "failed": "danger"}


def operator(request: HttpRequest) -> Actor:
    """Who runs the desk. Raises ``Refused`` for anybody else."""
    actor = actor_of(request)
    operator_id(actor)
    return actor


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def desk(request: HttpRequest) -> HttpResponse:
    """Runs, the one to start, and the ways on."""
    actor = operator(request)
    today = clock.now().astimezone(PARIS).date()
    last_month = month_of(today.replace(day=1) - timedelta(days=1)).start
    form = RunForm(request.POST or None, initial={"month": f"{last_month:%Y-%m}", "issued_on": today})
    if request.method == "POST" and form.is_valid():
        try:
            opened = start_run(actor, form.cleaned_data["month"], form.cleaned_data["issued_on"])
        except (Invalid, Conflict) as error:
            form.add_error(None, problems.sentence(error))
        else:
            return redirect("billing:run", opened.pk)
    runs = [(one, queries.progress(actor, one)) for one in queries.runs(actor)[:24]]
    previews = _preview_form(actor, None, {"month": f"{last_month:%Y-%m}"})
    context = {"form": form, "runs": runs, "previews": previews, "overdue": queries.overdue(actor, today).count()}
    return render(request, "billing/desk.html", context, status=422 if form.errors else 200)


@require_GET
@never_cache
def preview(request: HttpRequest) -> HttpResponse:
    """What a month's run would make of one organisation, by the very code that it runs."""
    actor = operator(request)
    form = _preview_form(actor, request.GET, {})
    context: dict[str, object] = {"form": form, "crumbs": _crumbs()}
    if form.is_valid():
        account = queries.account(actor, form.cleaned_data["organisation"])
        bill = bill_of(actor, account, form.cleaned_data["month"])
        context |= {"account": account, "bill": bill, "lines": _lines(actor, bill)}
    return render(request, "billing/preview.html", context, status=200 if form.is_valid() else 422)


@require_GET
@never_cache
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """How far a run is, and what it made of whom."""
    actor = operator(request)
    return render(request, "billing/run.html", _run_context(actor, queries.run(actor, run_id)))


@require_POST
def advance(request: HttpRequest, run_id: int) -> HttpResponse:
    """Bill for a second and a half; the page asks again while something is left. Closing the page only pauses."""
    actor = operator(request)
    opened = queries.run(actor, run_id)
    until_s = clock.monotonic_s() + _PORTION_S
    while clock.monotonic_s() < until_s and bill_next(actor, run_id):
        pass
    if request.headers.get("HX-Request") != "true":
        return redirect("billing:run", run_id)
    context = _run_context(actor, opened)
    return render(request, "billing/run_state.html", context | {"goes_on": not context["progress_is_complete"]})


@require_POST
def retry(request: HttpRequest, run_id: int) -> HttpResponse:
    """Put what failed back into the run."""
    actor = operator(request)
    count = retry_failed(actor, run_id)
    messages.success(request, _("%(count)s organisations remises à facturer.") % {"count": count})
    return redirect("billing:run", run_id)


def _run_context(actor: Actor, opened: Run) -> dict[str, object]:
    progress = queries.progress(actor, opened)
    items = [(one, STATES[one.state], _TONES[one.state]) for one in queries.run_items(actor, opened)]
    return {
        "run": opened,
        "progress": progress,
        "progress_is_complete": progress.is_complete,
        "items": [(one, label, tone, _cause(one)) for one, label, tone in items],
        "invoices": queries.invoices(actor).filter(run=opened)[:200],
        "crumbs": _crumbs(),
    }


def _cause(item: RunItem) -> str:
    if not item.cause:
        return ""
    return problems.sentence(MaillageError(item.cause["code"], **item.cause["facts"]))


def _lines(actor: Actor, bill: Bill) -> list[dict[str, object]]:
    if bill.outcome.invoice is None:
        return []
    names = queries.site_names(actor, [line.site_id for line in bill.outcome.invoice.lines if line.site_id])
    return [
        {
            "label": names.get(line.site_id or 0, ""),
            "line": line,
            "reasons": words.reasons((one.code, dict(one.facts)) for one in bill.why[line]),
        }
        for line in bill.outcome.invoice.lines
    ]


def _preview_form(actor: Actor, data: object, initial: dict[str, object]) -> PreviewForm:
    form = PreviewForm(data, initial=initial)  # type: ignore[arg-type] # a QueryDict or None
    choices = [(one.organisation_id, one.organisation.name) for one in queries.accounts(actor)]
    form.fields["organisation"].choices = choices  # type: ignore[attr-defined] # a choice field
    return form


def _crumbs() -> list[tuple[str, str]]:
    return [(_("Facturation"), reverse("billing:desk"))]

"""The operator's desk: payments, reminders, the ledger."""

from datetime import date

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from maillage.billing import queries
from maillage.billing.desk_pages import PARIS, operator
from maillage.billing.forms import ExportForm, PaymentsForm
from maillage.billing.ledger import export
from maillage.billing.ledger import queries as ledgers
from maillage.billing.payments import actions
from maillage.billing.payments.parsing import payments_in
from maillage.billing.pes.actions import issue_bordereau
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid
from maillage.web import problems

PAYMENTS_A_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def payments(request: HttpRequest) -> HttpResponse:
    """Import a bank's file; all of it or nothing."""
    actor = operator(request)
    form = PaymentsForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            count = actions.import_payments(actor, payments_in(form.cleaned_data["file"]))
        except (Invalid, Conflict) as error:
            form.add_error("file", problems.sentence(error))
        else:
            messages.success(request, _("%(count)s paiements enregistrés.") % {"count": count})
            return redirect("billing:payments")
    page = Paginator(queries.payments(actor), PAYMENTS_A_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "crumbs": _crumbs()}
    return render(request, "billing/payments.html", context, status=422 if form.errors else 200)


@require_GET
@never_cache
def reminders(request: HttpRequest) -> HttpResponse:
    """Invoices past their date with something left."""
    actor = operator(request)
    found = queries.overdue(actor, clock.now().astimezone(PARIS).date())
    return render(request, "billing/reminders.html", {"invoices": found[:200], "crumbs": _crumbs()})


@require_POST
def remind(request: HttpRequest, number: str) -> HttpResponse:
    """Note the next reminder of an invoice."""
    actor = operator(request)
    row = actions.remind(actor, number, clock.now().astimezone(PARIS).date())
    said = _("%(number)s : relance n° %(level)s notée.") % {"number": number, "level": row.level}
    messages.success(request, said)
    return redirect("billing:reminders")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def bordereaux(request: HttpRequest) -> HttpResponse:
    """What waits for a bordereau, those issued, and a button for each kind."""
    actor = operator(request)
    problem = ""
    if request.method == "POST":
        today = clock.now().astimezone(PARIS).date()
        try:
            made = issue_bordereau(actor, today, reductions=request.POST.get("kind") == "reductions")
        except Invalid as error:
            problem = problems.sentence(error)
        else:
            said = _("Bordereau %(number)s de %(year)s émis.") % {"number": made.number, "year": made.year}
            messages.success(request, said)
            return redirect("billing:bordereaux")
    context = {
        "problem": problem,
        "waiting": queries.without_titre(actor, reductions=False).count(),
        "reductions": queries.without_titre(actor, reductions=True).count(),
        "bordereaux": queries.bordereaux(actor)[:100],
        "crumbs": _crumbs(),
    }
    return render(request, "billing/bordereaux.html", context, status=422 if problem else 200)


@require_GET
def bordereau(request: HttpRequest, bordereau_id: int) -> HttpResponse:
    """Its PES V2 file, for the public accountant's portal."""
    row = queries.bordereau(operator(request), bordereau_id)
    headers = {"Content-Disposition": f'attachment; filename="TITRES_{row.year}_{row.number:07d}.xml"'}
    return HttpResponse(bytes(row.content), content_type="application/xml", headers=headers)


@require_GET
@never_cache
def ledger(request: HttpRequest) -> HttpResponse:
    """The accounts' balances, whether the chain holds, and the exports."""
    actor = operator(request)
    rows = [
        (account, export.ACCOUNTS[account], debit, credit, abs(debit - credit), debit >= credit)
        for account, (debit, credit) in ledgers.balances(actor).items()
    ]
    year = clock.now().astimezone(PARIS).year
    form = ExportForm(initial={"year": year, "form": "fec"})
    context = {"rows": rows, "verdict": ledgers.verify(actor), "form": form, "crumbs": _crumbs()}
    return render(request, "billing/ledger.html", context)


@require_GET
def export_ledger(request: HttpRequest) -> HttpResponse:
    """A year of postings: FEC or CSV."""
    actor = operator(request)
    form = ExportForm(request.GET)
    if not form.is_valid():
        raise Invalid("export_unfit")
    year = form.cleaned_data["year"]
    rows = ledgers.postings(actor, date(year, 1, 1), date(year + 1, 1, 1))
    is_fec = form.cleaned_data["form"] == "fec"
    text = export.fec(rows) if is_fec else export.as_csv(rows)
    name = f"{queries.issuer(actor).siret[:9]}FEC{year}1231.txt" if is_fec else f"ecritures-{year}.csv"
    kind = "text/plain; charset=utf-8" if is_fec else "text/csv; charset=utf-8"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type=kind, headers=headers)


def _crumbs() -> list[tuple[str, str]]:
    return [(_("Facturation"), reverse("billing:desk"))]

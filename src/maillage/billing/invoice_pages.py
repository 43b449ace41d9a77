"""An organisation's invoices: the list, one with why it changed, its file, the statement."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from maillage.billing import queries
from maillage.billing.documents.actions import document_of
from maillage.billing.documents.papers import paper_of
from maillage.billing.labels import CHANNELS
from maillage.identity.actor import Actor
from maillage.identity.middleware import actor_of
from maillage.identity.models import Organisation
from maillage.identity.queries import organisations_visible_to

INVOICES_A_PAGE = 40


@require_GET
@never_cache
def invoices(request: HttpRequest) -> HttpResponse:
    """What the actor sees, the newest first."""
    actor = actor_of(request)
    found = queries.with_balance(queries.invoices(actor))
    wanted = request.GET.get("organisation", "")
    if wanted.isdecimal():
        found = found.filter(organisation_id=int(wanted))
    context = {
        "page": Paginator(found, INVOICES_A_PAGE).get_page(request.GET.get("page")),
        "shows_organisation": len(actor.visible_organisation_ids or ()) != 1,
        "statement_of": wanted or actor.organisation_id,
    }
    return render(request, "billing/invoices.html", context)


@require_GET
@never_cache
def invoice(request: HttpRequest, number: str) -> HttpResponse:
    """One, with the calculation behind each line and what changed since the month before."""
    actor = actor_of(request)
    one = queries.invoice(actor, number)
    context = {
        "invoice": one,
        "paper": paper_of(actor, one),
        "left": queries.left_of(actor, one),
        "channel": CHANNELS[one.channel],
        "payments": queries.payments(actor).filter(invoice=one),
        "credits": queries.invoices(actor).filter(corrects=one),
        "crumbs": [(_("Factures"), reverse("billing:invoices"))],
    }
    return render(request, "billing/invoice.html", context)


@require_GET
@never_cache
def pdf(request: HttpRequest, number: str) -> HttpResponse:
    """The Factur-X file, as it was first made."""
    made = document_of(actor_of(request), number)
    name = number.replace("/", "_")
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return HttpResponse(bytes(made.content), content_type="application/pdf", headers=headers)


@require_GET
@never_cache
def statement(request: HttpRequest) -> HttpResponse:
    """All that was asked, given back and paid, with the balance."""
    actor = actor_of(request)
    organisation = _organisation(actor, request.GET.get("organisation", ""))
    movements = queries.statement(actor, organisation.pk) if organisation else ()
    context = {
        "organisation": organisation,
        "movements": movements,
        "balance": movements[-1].balance if movements else 0,
        "crumbs": [(_("Factures"), reverse("billing:invoices"))],
    }
    return render(request, "billing/statement.html", context)


def _organisation(actor: Actor, wanted: str) -> Organisation | None:
    visible = organisations_visible_to(actor)
    return visible.filter(pk=int(wanted) if wanted.isdecimal() else actor.organisation_id or 0).first()

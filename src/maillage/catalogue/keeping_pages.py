"""The editor's pages: indices with their publications, equipment sheets."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from maillage.catalogue import actions, queries
from maillage.catalogue.edit_forms import IndexForm, IndexValueForm, SheetForm, initial_sheet
from maillage.catalogue.photos import LARGEST_BYTES, web_photo
from maillage.catalogue.policies import require_edit
from maillage.catalogue.terms import decimal_of
from maillage.identity.middleware import actor_of
from maillage.kernel.errors import Conflict, Invalid
from maillage.web import problems


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def indices(request: HttpRequest) -> HttpResponse:
    """Every index; POST creates one."""
    actor = actor_of(request)
    form = IndexForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.create_index(actor, **form.cleaned_data)
        except (Invalid, Conflict) as error:
            form.add_error(None, problems.sentence(error))
        else:
            messages.success(request, _("Indice créé."))
            return redirect("catalogue:index", form.cleaned_data["code"])
    context = {"indices": queries.indices(actor), "form": form, "crumbs": _crumbs()}
    return render(request, "catalogue/indices.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def index(request: HttpRequest, code: str) -> HttpResponse:
    """One index; POST records a publication."""
    actor = actor_of(request)
    found = queries.index(actor, code)
    form = IndexValueForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            number = decimal_of(values["value"], _("valeur"))
            actions.publish_index_value(actor, code, values["period"], number, values["published_on"])
        except (Invalid, Conflict) as error:
            form.add_error(None, problems.sentence(error))
        else:
            messages.success(request, _("Valeur enregistrée."))
            return redirect("catalogue:index", code)
    crumbs = [*_crumbs(), (_("Indices"), reverse("catalogue:indices"))]
    context = {"index": found, "form": form, "crumbs": crumbs}
    return render(request, "catalogue/index.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD"])
@never_cache
def sheets(request: HttpRequest) -> HttpResponse:
    """Every equipment sheet."""
    require_edit(actor_of(request))
    return render(request, "catalogue/sheets.html", {"sheets": queries.specifications(), "crumbs": _crumbs()})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def sheet(request: HttpRequest, code: str) -> HttpResponse:
    """Change a sheet; ``new`` makes one, whose code comes of its name."""
    actor = actor_of(request)
    require_edit(actor)
    found = None if code == "new" else queries.specification(code)
    form = SheetForm(request.POST or None, initial=initial_sheet(found) if found else None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        actions.set_specification(actor, found.code if found else actions.new_code(actor, values["name"]), values)
        messages.success(request, _("Fiche enregistrée."))
        return redirect("catalogue:sheets")
    crumbs = [*_crumbs(), (_("Fiches d’équipement"), reverse("catalogue:sheets"))]
    context = {"sheet": found, "form": form, "crumbs": crumbs}
    return render(request, "catalogue/sheet.html", context, status=422 if request.method == "POST" else 200)


@require_POST
def set_photo(request: HttpRequest, code: str) -> HttpResponse:
    """Another photo; without a file, none."""
    actor = actor_of(request)
    require_edit(actor)
    sent = request.FILES.get("photo")
    try:
        actions.set_photo(actor, code, web_photo(sent.read(LARGEST_BYTES + 1)) if sent is not None else None)
    except Invalid as error:
        messages.error(request, problems.sentence(error))
    else:
        messages.success(request, _("Photo enregistrée.") if sent else _("Photo retirée."))
    return redirect("catalogue:sheet", code)


def _crumbs() -> list[tuple[str, str]]:
    return [(_("Catalogue"), reverse("catalogue:offerings"))]

"""The pages of works, made for a phone: what is to install, one device, acceptance."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from maillage.catalogue.photos import web_photo
from maillage.identity.middleware import actor_of
from maillage.identity.policies import may_configure, require_configure
from maillage.kernel.errors import MaillageError
from maillage.orders.forms import ScanForm
from maillage.orders.policies import may_order
from maillage.orders.works import actions, queries
from maillage.web.problems import sentence

WORKS_A_PAGE = 40


@require_GET
@never_cache
def works(request: HttpRequest) -> HttpResponse:
    """What the actor installs or receives; what is open first."""
    page = Paginator(queries.works(actor_of(request)), WORKS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "orders/works.html", {"page": page})


@require_GET
@never_cache
def work(request: HttpRequest, work_id: int) -> HttpResponse:
    """The devices of a site, each with what the network hears of it."""
    actor = actor_of(request)
    one = queries.work(actor, work_id)
    context = {
        "work": one,
        "states": queries.items_of(actor, one),
        "lines": queries.lines_at(actor, one),
        "installs": one.accepted_at is None and may_configure(actor, one.organisation_id),
        "receives": one.accepted_at is None and may_order(actor, one.organisation_id),
        "crumbs": [(_("Travaux"), reverse("orders:works"))],
    }
    return render(request, "orders/work.html", context)


@require_POST
def accept(request: HttpRequest, work_id: int) -> HttpResponse:
    """Receive the works."""
    done = actions.accept(actor_of(request), work_id)
    messages.success(request, _("Travaux reçus : l’équipement est en service et l’abonnement commence."))
    return redirect("orders:work", done.pk)


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "POST"])
def item(request: HttpRequest, item_id: int) -> HttpResponse:
    """Scan one device; then what the network hears."""
    actor = actor_of(request)
    one = queries.item(actor, item_id)
    require_configure(actor, one.organisation_id)
    rooms = queries.rooms_of(actor, one.work.site_id)
    given = [request.POST, request.FILES] if request.method == "POST" else []
    form = ScanForm(rooms, *given, initial={"space": one.space_id})
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            photo = web_photo(values["photo"].read()) if values["photo"] else None
            actions.scan(actor, one.pk, values["code"], values["space"], photo)
        except MaillageError as error:
            form.add_error("photo" if error.code.startswith("photo_") else "code", sentence(error))
        else:
            messages.success(request, _("Appareil posé. Il doit maintenant se faire entendre."))
            return redirect("orders:item", one.pk)
    crumbs = [(_("Travaux"), reverse("orders:works")), (one.work.site.name, reverse("orders:work", args=[one.work_id]))]
    context = {
        "item": one,
        "heard": queries.heard_of(one),
        "form": form,
        "crumbs": crumbs,
        "open": not one.work.accepted_at,
    }
    return render(request, "orders/item.html", context, status=422 if request.method == "POST" else 200)


@require_GET
@never_cache
def heard(request: HttpRequest, item_id: int) -> HttpResponse:
    """The fragment that says whether the network hears the device; the page asks for it again by itself."""
    one = queries.item(actor_of(request), item_id)
    return render(request, "orders/heard.html", {"item": one, "heard": queries.heard_of(one)})


@require_GET
@never_cache
def photo(request: HttpRequest, item_id: int) -> HttpResponse:
    """The photo of an installed device."""
    return HttpResponse(queries.photo_of(actor_of(request), item_id), content_type="image/webp")

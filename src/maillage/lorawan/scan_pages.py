"""Import by the labels' QR codes: scanned, typed or photographed; the preview is that of a file."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from maillage.identity.middleware import actor_of
from maillage.identity.policies import require_configure
from maillage.kernel.errors import Invalid
from maillage.lorawan import actions, queries
from maillage.lorawan.forms import ScanForm
from maillage.lorawan.pages import radio_page
from maillage.lorawan.qr_photo import codes_on
from maillage.web.problems import sentence

PHOTOS_MAX = 20


@sensitive_post_parameters("codes")
@never_cache
@require_http_methods(["GET", "POST"])
@radio_page
def scan(request: HttpRequest) -> HttpResponse:
    """Photographs fill the list of codes, to be looked at; a list without photographs leads to its preview."""
    actor = actor_of(request)
    organisations = queries.organisations_to_equip(actor)
    if not organisations:
        require_configure(actor, 0)
    form = ScanForm(organisations, request.POST if request.method == "POST" else None)
    photos = request.FILES.getlist("photos")[:PHOTOS_MAX]
    if photos:
        codes, problems = _codes_of(photos)
        form.add_codes(codes)
        return render(request, "lorawan/scan.html", {"section": "devices", "form": form, "problems": problems})
    if request.method == "POST" and form.is_valid():
        try:
            kept = actions.preview_codes(actor, form.cleaned_data["codes"], form.defaults())
        except Invalid as error:
            form.add_error("codes", sentence(error))
        else:
            return redirect("lorawan:import_preview", import_id=kept.pk)
    context = {"section": "devices", "form": form}
    return render(request, "lorawan/scan.html", context, status=422 if request.method == "POST" else 200)


def _codes_of(photos: Iterable[Any]) -> tuple[list[str], list[str]]:
    """Codes found, and a sentence for each photograph without one."""
    codes, problems = [], []
    for photo in photos:
        try:
            codes += codes_on(photo.read())
        except Invalid as error:
            problems.append(f"{photo.name} : {sentence(error)}")
    return codes, problems

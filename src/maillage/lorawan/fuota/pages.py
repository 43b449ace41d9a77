"""The pages of firmware images and campaigns."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from maillage.identity.middleware import actor_of
from maillage.identity.policies import may_configure
from maillage.kernel.errors import Conflict, Invalid
from maillage.lorawan.fuota import actions, queries
from maillage.lorawan.fuota.forms import CampaignForm, ImageForm
from maillage.lorawan.multicast.lines import campaign_line, receiver_line
from maillage.lorawan.multicast.pages import region
from maillage.lorawan.pages import radio_page
from maillage.lorawan.queries import organisations_to_equip
from maillage.web.problems import sentence


@require_http_methods(["GET", "POST"])
@radio_page
def firmware(request: HttpRequest) -> HttpResponse:
    """Images, campaigns, and a form for another image."""
    actor = actor_of(request)
    owners = organisations_to_equip(actor)
    data = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ImageForm(owners, *data)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            actions.upload_image(actor, given["organisation"], given["name"], given["file"])
        except Invalid as error:
            form.add_error("file", sentence(error))
        else:
            messages.success(request, _("Micrologiciel déposé. Choisissez-le sur la page d’un groupe."))
            return redirect("lorawan:firmware")
    context = {
        "section": "firmware",
        "images": queries.images(actor),
        "campaigns": [campaign_line(row) for row in queries.campaigns(actor)[: queries.CAMPAIGNS_SHOWN]],
        "form": form,
        "may_upload": bool(owners),
    }
    return render(request, "lorawan/firmware.html", context, status=422 if form.errors else 200)


@require_POST
@radio_page
def start(request: HttpRequest) -> HttpResponse:
    """From the page of a group."""
    actor = actor_of(request)
    form = CampaignForm(queries.images(actor), None, request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(fault) for field in form.errors.values() for fault in field))
        group_id = form.cleaned_data.get("group")
        return redirect("lorawan:groups") if group_id is None else redirect("lorawan:group", group_id=group_id)
    given = form.cleaned_data
    try:
        made = actions.start_campaign(actor, given["group"], given["image"], form.plan(), region())
    except (Conflict, Invalid) as error:
        messages.error(request, sentence(error))
        return redirect("lorawan:group", group_id=given["group"])
    messages.success(request, _("Mise à jour lancée : les appareils sont préparés un à un."))
    return redirect("lorawan:campaign", campaign_id=made.pk)


@require_GET
@radio_page
def campaign(request: HttpRequest, campaign_id: uuid.UUID) -> HttpResponse:
    """Who has what; the part that moves is asked for again every ten seconds."""
    actor = actor_of(request)
    found = queries.campaign(actor, campaign_id)
    context = {
        "section": "firmware",
        "campaign": found,
        "line": campaign_line(found),
        "progress": queries.progress(found),
        "receivers": [receiver_line(row) for row in queries.receivers(found)],
        "may_stop": found.ended_at is None and may_configure(actor, found.organisation_id),
    }
    is_part = request.headers.get("HX-Request") == "true"
    return render(request, "lorawan/campaign_progress.html" if is_part else "lorawan/campaign.html", context)


@require_POST
@radio_page
def stop(request: HttpRequest, campaign_id: uuid.UUID) -> HttpResponse:
    actions.stop_campaign(actor_of(request), campaign_id)
    messages.success(request, _("Mise à jour arrêtée."))
    return redirect("lorawan:campaign", campaign_id=campaign_id)

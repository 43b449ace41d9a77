"""Certificates of a gateway: issued and downloaded once, renewed, revoked; and what to copy where."""

import io
import zipfile

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from maillage.identity.middleware import actor_of
from maillage.identity.policies import require_operate
from maillage.kernel.errors import Conflict
from maillage.lorawan import queries
from maillage.lorawan.certificate_lines import station_uri
from maillage.lorawan.gateways import actions
from maillage.lorawan.gateways import queries as certificates
from maillage.lorawan.gateways.actions import Enrolment
from maillage.lorawan.pages import radio_page
from maillage.web.problems import sentence


@never_cache
@require_POST
@radio_page
def issue(request: HttpRequest, eui: str) -> HttpResponse:
    """The files, once: the key is not kept."""
    enrolment = actions.issue_certificate(actor_of(request), eui)
    answer = HttpResponse(_archive(request, enrolment), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="station-{enrolment.gateway.pk}.zip"'
    return answer


@require_POST
@radio_page
def renew(request: HttpRequest, eui: str) -> HttpResponse:
    """The gateway fetches its next certificate by itself."""
    try:
        actions.renew_by_cups(actor_of(request), eui)
    except Conflict as error:
        messages.error(request, sentence(error))
    else:
        messages.success(request, _("La passerelle recevra son nouveau certificat à sa prochaine visite (CUPS)."))
    return redirect("lorawan:gateway", eui=eui)


@require_POST
@radio_page
def revoke(request: HttpRequest, eui: str, serial: str) -> HttpResponse:
    """Asked for once more without JavaScript, then done."""
    actor = actor_of(request)
    found = queries.gateway(actor, eui)
    require_operate(actor, found.organisation_id)
    if request.POST.get("confirmed") != "1":
        context = {"section": "gateways", "gateway": found, "certificate": certificates.certificate(found, serial)}
        return render(request, "lorawan/revoke_certificate.html", context)
    actions.revoke_certificate(actor, found.pk, serial)
    messages.success(request, _("Certificat révoqué : plus personne ne se connecte avec lui."))
    return redirect("lorawan:gateway", eui=found.pk)


def _archive(request: HttpRequest, enrolment: Enrolment) -> bytes:
    """The files as Station names them, for its two servers."""
    certificate, key = enrolment.credential.certificate_pem, enrolment.credential.key_pem
    uris = {"tc": station_uri(request, "wss", 0), "cups": station_uri(request, "https", 1)}
    files: dict[str, bytes] = {}
    for prefix, uri in uris.items():
        files[f"{prefix}.uri"] = f"{uri}\n".encode()
        files |= {f"{prefix}.trust": enrolment.trust_pem, f"{prefix}.crt": certificate, f"{prefix}.key": key}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()

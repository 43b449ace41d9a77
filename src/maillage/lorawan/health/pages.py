"""A person declares how often a device speaks."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from maillage.identity.middleware import actor_of
from maillage.kernel.errors import Invalid
from maillage.lorawan.health import actions
from maillage.lorawan.pages import radio_page
from maillage.web.problems import sentence

_LONGEST = 6


@require_POST
@radio_page
def declare_period(request: HttpRequest, dev_eui: str) -> HttpResponse:
    """In minutes; empty: it is learned again."""
    try:
        actions.declare_period(actor_of(request), dev_eui, _seconds(request.POST.get("minutes", "").strip()))
    except Invalid as error:
        messages.error(request, sentence(error))
    else:
        messages.success(request, _("Rythme enregistré."))
    return redirect("lorawan:device", dev_eui=dev_eui)


def _seconds(minutes: str) -> int | None:
    """Zero, which no device has for a rhythm, for what is no whole number."""
    if not minutes:
        return None
    return int(minutes) * 60 if minutes.isascii() and minutes.isdecimal() and len(minutes) <= _LONGEST else 0

"""A device's key, for who runs the platform and says why."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from maillage.identity.middleware import actor_of
from maillage.identity.policies import require_operate
from maillage.kernel.errors import Invalid
from maillage.lorawan import actions, queries
from maillage.lorawan.actions import REASON_CHARACTERS_MAX
from maillage.lorawan.pages import radio_page
from maillage.web.problems import sentence


class ReasonForm(forms.Form):
    """Why the key must be seen."""

    reason = forms.CharField(
        label=_("Motif"), max_length=REASON_CHARACTERS_MAX, help_text=_("Il sera gardé au journal, avec votre nom.")
    )


@never_cache
@require_http_methods(["GET", "POST"])
@radio_page
def show_key(request: HttpRequest, dev_eui: str) -> HttpResponse:
    """A form; the key itself only in the answer to a reason."""
    actor = actor_of(request)
    device = queries.device(actor, dev_eui)
    require_operate(actor, device.organisation_id)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    context: dict[str, object] = {"section": "devices", "device": device, "form": form}
    if request.method == "POST" and form.is_valid():
        try:
            context["key"] = actions.show_key(actor, device.pk, form.cleaned_data["reason"]).hex().upper()
        except Invalid as error:
            form.add_error("reason", sentence(error))
    failed = request.method == "POST" and "key" not in context
    return render(request, "lorawan/show_key.html", context, status=422 if failed else 200)

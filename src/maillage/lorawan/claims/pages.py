"""The page of a claim: a commune's own people come here with the label in hand."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from maillage.identity.actor import Actor
from maillage.identity.middleware import actor_of
from maillage.identity.policies import require_command
from maillage.kernel.errors import Invalid, Refused
from maillage.lorawan.claims import queries
from maillage.lorawan.claims.actions import claim_device
from maillage.lorawan.claims.forms import ClaimForm
from maillage.lorawan.policies import may_claim, may_see_radio
from maillage.web.problems import sentence


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "POST"])
def claim(request: HttpRequest) -> HttpResponse:
    """A form; then the device's page for those who see the radio network, else the form again."""
    actor = actor_of(request)
    organisations = queries.organisations_to_claim_for(actor)
    if not organisations:
        require_command(actor, 0)
    form = ClaimForm(organisations, *((request.POST, request.FILES) if request.method == "POST" else ()))
    if request.method == "POST" and form.is_valid():
        try:
            device = claim_device(actor, form.cleaned_data["code"], form.cleaned_data["organisation"])
        except (Invalid, Refused) as error:
            form.add_error("code", sentence(error))
        else:
            messages.success(request, _("%(name)s est à vous.") % {"name": device.name})
            return redirect("lorawan:device", device.pk) if may_see_radio(actor) else redirect("lorawan:claim")
    context = {"form": form, "sees_radio": may_see_radio(actor)}
    return render(request, "lorawan/claim.html", context, status=422 if request.method == "POST" else 200)


def offers_claims(request: HttpRequest) -> bool:
    """Whether the navigation offers the page: to those who do not find it among the radio pages."""
    actor: Actor | None = getattr(request, "actor", None)
    return actor is not None and may_claim(actor) and not may_see_radio(actor)

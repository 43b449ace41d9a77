"""The pages of applications: for customers their own, for the operator all of them."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from maillage.identity.actor import Actor
from maillage.identity.forms import TokenForm
from maillage.identity.middleware import actor_of
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, MaillageError, NotFound, Refused
from maillage.lorawan.device_lines import device_lines
from maillage.lorawan.integrations import actions, queries
from maillage.lorawan.integrations.forms import ApplicationForm, AttachForm, OwnDeviceForm, QuotaForm
from maillage.lorawan.integrations.lines import application_lines, event_lines, quota_lines
from maillage.lorawan.integrations.models import Application
from maillage.lorawan.integrations.policies import may_run, may_sell, may_set_quotas, require_sell
from maillage.web.cursor import after_cursor, one_more
from maillage.web.problems import sentence

DEVICES_A_PAGE = 50
EVENTS_SHOWN = 20
ATTACHABLE_SHOWN = 500


@require_GET
def applications(request: HttpRequest) -> HttpResponse:
    """Those that the actor sees, with today's use."""
    actor = actor_of(request)
    found = list(queries.applications(actor))
    context = {
        "lines": application_lines(found, clock.now()),
        "may_sell": may_sell(actor),
        "shows_owner": len({each.organisation_id for each in found}) > 1 or may_sell(actor),
    }
    return render(request, "lorawan/integrations/applications.html", context)


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """A form; then the application's page."""
    actor = actor_of(request)
    require_sell(actor, actor.organisation_id or 0)
    form = ApplicationForm(queries.customers(actor), request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            made = actions.create_application(actor, values["organisation"], values["name"], form.quotas())
        except (Conflict, Invalid) as error:
            form.add_error("name", sentence(error))
        else:
            messages.success(request, _("Application créée."))
            return redirect("lorawan:application", made.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "lorawan/integrations/application_form.html", {"form": form}, status=status)


@require_GET
def application(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """What it uses, and what its devices have said last."""
    return _overview(request, application_id)


@require_POST
def set_quotas(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """Another sale."""
    form = QuotaForm(request.POST)
    if not form.is_valid():
        return _overview(request, application_id, form, 422)
    actions.set_quotas(actor_of(request), application_id, form.quotas())
    messages.success(request, _("Quotas changés."))
    return redirect("lorawan:application", application_id)


@require_POST
def close(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """Closes it, once confirmed."""
    actor = actor_of(request)
    found = queries.application(actor, application_id)
    if request.POST.get("confirmed") != "1":
        context = _context(actor, found, "overview")
        return render(request, "lorawan/integrations/close_application.html", context)
    actions.close_application(actor, application_id)
    messages.success(request, _("Application fermée : ses jetons n’ouvrent plus rien."))
    return redirect("lorawan:application", application_id)


@require_GET
def devices(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """Its devices, and two ways to add one."""
    return _devices(request, application_id)


@require_POST
def attach(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """One of the organisation's devices."""
    actor = actor_of(request)
    found = queries.application(actor, application_id)
    form = AttachForm(queries.attachable(actor, found, ATTACHABLE_SHOWN), request.POST)
    if form.is_valid():
        try:
            actions.attach_device(actor, application_id, form.cleaned_data["dev_eui"])
        except (Refused, Conflict, NotFound) as error:
            form.add_error("dev_eui", sentence(error))
        else:
            messages.success(request, _("Appareil rattaché : ses messages vous sont transmis dès maintenant."))
            return redirect("lorawan:application_devices", application_id)
    return _devices(request, application_id, attach_form=form, status=422)


@sensitive_post_parameters("app_key")
@never_cache
@require_POST
def register(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """A device of the customer's own."""
    form = OwnDeviceForm(request.POST)
    if form.is_valid():
        try:
            made = actions.register_device(actor_of(request), application_id, form.new_device())
        except (Refused, Conflict) as error:
            form.add_error("dev_eui", sentence(error))
        else:
            messages.success(request, _("%(name)s est enregistré : mettez-le sous tension.") % {"name": made.name})
            return redirect("lorawan:application_devices", application_id)
    return _devices(request, application_id, own_form=form, status=422)


@require_POST
def detach(request: HttpRequest, application_id: uuid.UUID, dev_eui: str) -> HttpResponse:
    """Its events go nowhere from now on."""
    actions.detach_device(actor_of(request), application_id, dev_eui)
    messages.success(request, _("Appareil détaché."))
    return redirect("lorawan:application_devices", application_id)


@require_GET
@never_cache
def tokens(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """The application's tokens."""
    return _tokens(request, application_id)


@require_POST
@never_cache
def create_token(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """Creates one and shows its clear text, this once."""
    form = TokenForm(request.POST)
    if form.is_valid():
        try:
            _token, clear_text = actions.create_token(
                actor_of(request), application_id, form.cleaned_data["name"], form.expires_at(clock.now())
            )
        except MaillageError as error:
            form.add_error("name", sentence(error))
        else:
            return _tokens(request, application_id, clear_text=clear_text, status=201)
    return _tokens(request, application_id, form=form, status=422)


@require_POST
def revoke_token(request: HttpRequest, application_id: uuid.UUID, token_id: int) -> HttpResponse:
    """Ends one."""
    actions.revoke_token(actor_of(request), application_id, token_id)
    messages.success(request, _("Jeton révoqué."))
    return redirect("lorawan:application_tokens", application_id)


def shows_applications(request: HttpRequest) -> bool:
    """Whether the navigation offers the pages: to who sells, and to who has any."""
    actor: Actor | None = getattr(request, "actor", None)
    return actor is not None and (may_sell(actor) or queries.applications(actor).exists())


def _overview(
    request: HttpRequest, application_id: uuid.UUID, form: QuotaForm | None = None, status: int = 200
) -> HttpResponse:
    actor, now = actor_of(request), clock.now()
    found = queries.application(actor, application_id)
    use = queries.use_of(found, now)
    initial = {name: getattr(found, name) for name in QuotaForm.base_fields}
    context = _context(actor, found, "overview") | {
        "quotas": quota_lines(found, use),
        "use": use,
        "events": event_lines(queries.recent_events(found.pk, "", EVENTS_SHOWN)),
        "may_set_quotas": may_set_quotas(actor, found) and found.closed_at is None,
        "quota_form": form or QuotaForm(initial=initial),
    }
    return render(request, "lorawan/integrations/application.html", context, status=status)


def _devices(
    request: HttpRequest,
    application_id: uuid.UUID,
    attach_form: AttachForm | None = None,
    own_form: OwnDeviceForm | None = None,
    status: int = 200,
) -> HttpResponse:
    actor, now = actor_of(request), clock.now()
    found = queries.application(actor, application_id)
    cursor = request.GET.get("cursor", "")
    after = after_cursor(cursor, str, str) if cursor else None
    rows = queries.device_page(found, (after[0], after[1]) if after else None, DEVICES_A_PAGE + 1)
    page, next_cursor = one_more(rows, DEVICES_A_PAGE, lambda device: [device.name, device.pk])
    context = _context(actor, found, "devices") | {
        "lines": device_lines(page, now),
        "next_cursor": next_cursor,
        "is_first": not cursor,
        "attach_form": attach_form or AttachForm(queries.attachable(actor, found, ATTACHABLE_SHOWN)),
        "own_form": own_form or OwnDeviceForm(),
    }
    return render(request, "lorawan/integrations/application_devices.html", context, status=status)


def _tokens(
    request: HttpRequest,
    application_id: uuid.UUID,
    form: TokenForm | None = None,
    clear_text: str = "",
    status: int = 200,
) -> HttpResponse:
    actor = actor_of(request)
    found = queries.application(actor, application_id)
    context = _context(actor, found, "tokens") | {
        "tokens": queries.tokens_of(found),
        "token_form": form or TokenForm(),
        "clear_text": clear_text,
        "now": clock.now(),
    }
    return render(request, "lorawan/integrations/application_tokens.html", context, status=status)


def _context(actor: Actor, found: Application, section: str) -> dict[str, object]:
    return {
        "application": found,
        "section": section,
        "may_run": may_run(actor, found) and found.closed_at is None,
        "may_sell": may_sell(actor),
    }

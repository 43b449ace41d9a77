"""My notifications: how I am told, in which browsers, and what I was told; the programs outside."""

import binascii
import json
from base64 import urlsafe_b64decode
from pathlib import Path

from django.contrib import messages
from django.contrib.staticfiles import finders
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from maillage.command.alarms.labels import SEVERITIES
from maillage.command.notifications import actions, labels, queries
from maillage.command.notifications.forms import PreferenceForm, initial_of
from maillage.command.notifications.vapid import application_server_key
from maillage.identity import policies
from maillage.identity import queries as identity
from maillage.identity.middleware import actor_of
from maillage.kernel.errors import Invalid
from maillage.web import problems

A_PAGE = 20
_MOST_BYTES = 5000


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def notifications(request: HttpRequest) -> HttpResponse:
    """The reader's preferences and messages."""
    actor = actor_of(request)
    wanted = queries.own_preference(actor)
    form = PreferenceForm(request.POST or None, initial=initial_of(wanted))
    if request.method == "POST" and form.is_valid():
        try:
            actions.prefer(actor, form.wishes)
        except Invalid as error:
            form.add_error(None, problems.sentence(error))
        else:
            messages.success(request, _("Vos préférences sont enregistrées."))
            return redirect("command:notifications")
    page = Paginator(queries.own_messages(actor), A_PAGE).get_page(request.GET.get("page"))
    owners = [one for one in identity.organisations_visible_to(actor) if policies.may_represent(actor, one.pk)]
    context = {
        "form": form,
        "browsers": queries.own_subscriptions(actor),
        "server_key": application_server_key(),
        "page": page,
        "lines": [
            (
                one,
                labels.CHANNELS[one.channel],
                labels.STATES[one.state],
                labels.STATE_TONES[one.state],
                labels.cause_words(one.cause, one.detail, one.attempts),
            )
            for one in page
        ],
        "hooks": queries.represented_hooks(actor),
        "owners": owners,
        "severities": SEVERITIES.items(),
        "crumbs": [(_("Alarmes"), reverse("command:alarms"))],
    }
    return render(request, "command/notifications.html", context, status=422 if form.errors else 200)


@require_POST
def subscribe(request: HttpRequest) -> JsonResponse:
    """A browser's own subscription, as its ``PushSubscription.toJSON()`` gives it."""
    try:
        given = json.loads(request.body[:_MOST_BYTES])
        keys = given["keys"]
        p256dh, auth = _bytes(keys["p256dh"]), _bytes(keys["auth"])
        endpoint = str(given["endpoint"])
    except (ValueError, KeyError, TypeError, binascii.Error) as problem:
        raise Invalid("push_unfit") from problem
    label = request.headers.get("User-Agent", "")[:100]
    made = actions.add_push(actor_of(request), endpoint, p256dh, auth, label)
    return JsonResponse({"id": made.pk}, status=201)


@require_POST
def unsubscribe(request: HttpRequest, subscription_id: int) -> HttpResponse:
    """That browser is told no more."""
    actions.remove_push(actor_of(request), subscription_id)
    messages.success(request, _("Ce navigateur n’est plus prévenu."))
    return redirect("command:notifications")


@require_GET
def worker(_request: HttpRequest) -> HttpResponse:
    """The script that shows messages while no page is open; a browser takes it only from our own addresses."""
    found = finders.find("command/push-worker.js")
    if not isinstance(found, str):
        raise Http404
    return HttpResponse(Path(found).read_bytes(), content_type="text/javascript; charset=utf-8")


@require_POST
def add_hook(request: HttpRequest) -> HttpResponse:
    """A program is told; its secret is shown this once."""
    actor, typed = actor_of(request), request.POST
    owner = typed.get("organisation", "")
    try:
        made = actions.save_hook(
            actor,
            int(owner) if owner.isdecimal() else 0,
            typed.get("name", ""),
            typed.get("url", "").strip(),
            typed.get("severity", "info"),
        )
    except Invalid as error:
        messages.error(request, problems.sentence(error))
    else:
        said = _("« %(name)s » sera prévenu. Son secret de signature, montré cette seule fois : %(secret)s")
        messages.success(request, said % {"name": made.name, "secret": made.secret})
    return redirect("command:notifications")


@require_POST
def remove_hook(request: HttpRequest, hook_id: int) -> HttpResponse:
    """The program is told no more."""
    actions.remove_hook(actor_of(request), hook_id)
    messages.success(request, _("Ce programme n’est plus prévenu."))
    return redirect("command:notifications")


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))

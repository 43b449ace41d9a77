"""The integrations of an application: how to connect MQTT and streams, its webhooks, what was given up."""

import uuid

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from maillage.identity.middleware import actor_of
from maillage.kernel import clock
from maillage.kernel.errors import Invalid, Refused
from maillage.lorawan.integrations import actions, queries
from maillage.lorawan.integrations.forms import ReplayForm, WebhookForm
from maillage.lorawan.integrations.lines import attempt_lines, webhook_line, webhook_lines
from maillage.lorawan.integrations.mqtt.access import client_id_prefix
from maillage.lorawan.integrations.mqtt.broker_file import read_address
from maillage.lorawan.integrations.policies import may_run
from maillage.lorawan.integrations.webhooks.signature import secret_text
from maillage.web.cursor import after_cursor, one_more
from maillage.web.problems import sentence

LETTERS_A_PAGE = 50


@require_GET
def integrations(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """How to connect, and the webhooks."""
    return _integrations(request, application_id)


@require_POST
@never_cache
def create(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """Creates a webhook and shows its secret, this once."""
    form = WebhookForm(request.POST)
    if form.is_valid():
        try:
            webhook, secret = actions.create_webhook(actor_of(request), application_id, form.target())
        except (Invalid, Refused) as error:
            form.add_error("url", sentence(error))
        else:
            return _webhook(request, application_id, webhook.pk, secret=secret_text(secret), status=201)
    return _integrations(request, application_id, form, 422)


@require_GET
@never_cache
def webhook(request: HttpRequest, application_id: uuid.UUID, webhook_id: uuid.UUID) -> HttpResponse:
    """How one does: last attempts, what was given up, replay."""
    return _webhook(request, application_id, webhook_id)


@require_POST
def change(request: HttpRequest, application_id: uuid.UUID, webhook_id: uuid.UUID) -> HttpResponse:
    """Pauses, resumes or deletes it (``do`` in the form)."""
    actor, wanted = actor_of(request), request.POST.get("do", "")
    if wanted == "delete":
        actions.delete_webhook(actor, application_id, webhook_id)
        messages.success(request, _("Webhook supprimé."))
        return redirect("lorawan:application_integrations", application_id)
    if wanted == "pause":
        actions.pause_webhook(actor, application_id, webhook_id)
        messages.success(request, _("Webhook suspendu : les événements l’attendent."))
    elif wanted == "resume":
        actions.resume_webhook(actor, application_id, webhook_id)
        messages.success(request, _("Les événements en attente partent maintenant."))
    return redirect("lorawan:webhook", application_id, webhook_id)


@require_POST
def replay(request: HttpRequest, application_id: uuid.UUID, webhook_id: uuid.UUID) -> HttpResponse:
    """Everything since a date, again."""
    form = ReplayForm(clock.now(), request.POST)
    if form.is_valid():
        try:
            actions.replay(actor_of(request), application_id, webhook_id, form.instant())
        except Invalid as error:
            form.add_error("since", sentence(error))
        else:
            messages.success(request, _("Les événements repartent depuis cette date."))
            return redirect("lorawan:webhook", application_id, webhook_id)
    return _webhook(request, application_id, webhook_id, form, status=422)


@require_POST
def send_again(request: HttpRequest, application_id: uuid.UUID, webhook_id: uuid.UUID) -> HttpResponse:
    """One dead letter (``letter``), or all."""
    given = request.POST.get("letter", "")
    letter_id = int(given) if given.isdecimal() and len(given) < 19 else None  # noqa: PLR2004 - digits of a bigint
    asked = actions.send_again(actor_of(request), application_id, webhook_id, letter_id)
    words = ngettext("%(count)s événement repart.", "%(count)s événements repartent.", asked)
    messages.success(request, words % {"count": asked})
    return redirect("lorawan:webhook", application_id, webhook_id)


@require_POST
def drop(request: HttpRequest, application_id: uuid.UUID, webhook_id: uuid.UUID) -> HttpResponse:
    """Forgets what was given up."""
    actions.drop_dead_letters(actor_of(request), application_id, webhook_id)
    messages.success(request, _("Liste vidée."))
    return redirect("lorawan:webhook", application_id, webhook_id)


def _integrations(
    request: HttpRequest, application_id: uuid.UUID, form: WebhookForm | None = None, status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    found = queries.application(actor, application_id)
    broker = read_address(settings.MQTT_BROKER_FILE)
    context = {
        "application": found,
        "section": "integrations",
        "may_run": may_run(actor, found) and found.closed_at is None,
        "lines": webhook_lines(queries.webhooks_of(found)),
        "webhook_form": form or WebhookForm(),
        "broker": broker,
        "host": request.get_host().rpartition(":")[0] or request.get_host(),
        "site": request.build_absolute_uri("/").rstrip("/"),
        "client_prefix": client_id_prefix(str(found.pk)),
    }
    return render(request, "lorawan/integrations/application_integrations.html", context, status=status)


def _webhook(
    request: HttpRequest,
    application_id: uuid.UUID,
    webhook_id: uuid.UUID,
    form: ReplayForm | None = None,
    *,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    actor, now = actor_of(request), clock.now()
    found = queries.application(actor, application_id)
    one = queries.webhook(found, webhook_id)
    letters = queries.dead_letters(one)
    cursor = request.GET.get("cursor", "")
    rows = letters.filter(event_id__gt=after_cursor(cursor, int)[0]) if cursor else letters
    page, next_cursor = one_more(list(rows[: LETTERS_A_PAGE + 1]), LETTERS_A_PAGE, lambda letter: [letter.event_id])
    context = {
        "application": found,
        "section": "integrations",
        "may_run": may_run(actor, found) and found.closed_at is None,
        "line": webhook_line(one, letters.count()),
        "attempts": attempt_lines(queries.attempts_of(one)),
        "letters": attempt_lines(page),
        "next_cursor": next_cursor,
        "replay_form": form or ReplayForm(now),
        "secret": secret,
    }
    return render(request, "lorawan/integrations/webhook.html", context, status=status)

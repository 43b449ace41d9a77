"""REST: the webhooks of an application. For people: a program's token neither adds an address nor reads a secret."""

import uuid

from django.http import HttpRequest
from ninja import Query, Router, Status

from maillage.identity.idempotency import answer_is_secret
from maillage.identity.middleware import actor_of
from maillage.lorawan.integrations import actions, queries
from maillage.lorawan.integrations.actions import Target
from maillage.lorawan.integrations.authentication import PEOPLE, reach
from maillage.lorawan.integrations.models import Webhook, WebhookAttempt
from maillage.lorawan.integrations.schemas import (
    AttemptOut,
    CountOut,
    DeadLetterOut,
    NewWebhookOut,
    ReplayIn,
    WebhookIn,
    WebhookOut,
)
from maillage.lorawan.integrations.webhooks.signature import secret_text
from maillage.web.api import CursorPage, PageQuery
from maillage.web.cursor import after_cursor, one_more

router = Router(tags=["webhooks"], auth=PEOPLE)
_ONE = "/applications/{uuid:application_id}/webhooks/{uuid:webhook_id}"


@router.get("/applications/{uuid:application_id}/webhooks", response=list[WebhookOut], summary="Webhooks")
def webhooks(request: HttpRequest, application_id: uuid.UUID) -> list[WebhookOut]:
    """In the order of their creation."""
    _actor, application = reach(request, application_id)
    return [_out(webhook) for webhook in queries.webhooks_of(application)]


@router.post("/applications/{uuid:application_id}/webhooks", response={201: NewWebhookOut}, summary="Create a webhook")
def create(request: HttpRequest, application_id: uuid.UUID, given: WebhookIn) -> Status[NewWebhookOut]:
    """Events from now on are sent there, signed."""
    answer_is_secret(request)
    webhook, secret = actions.create_webhook(actor_of(request), application_id, Target(given.url, given.types))
    return Status(201, NewWebhookOut(**_out(webhook).dict(), secret=secret_text(secret)))


@router.get(_ONE, response=WebhookOut, summary="A webhook")
def webhook(request: HttpRequest, application_id: uuid.UUID, webhook_id: uuid.UUID) -> WebhookOut:
    """How it does."""
    return _out(_found(request, application_id, webhook_id))


@router.delete(_ONE, response={204: None}, summary="Delete a webhook")
def delete(request: HttpRequest, application_id: uuid.UUID, webhook_id: uuid.UUID) -> Status[None]:
    """With what was given up."""
    actions.delete_webhook(actor_of(request), application_id, webhook_id)
    return Status(204, None)


@router.post(_ONE + "/pause", response=WebhookOut, summary="Pause a webhook")
def pause(request: HttpRequest, application_id: uuid.UUID, webhook_id: uuid.UUID) -> WebhookOut:
    """Events wait."""
    return _out(actions.pause_webhook(actor_of(request), application_id, webhook_id))


@router.post(_ONE + "/resume", response=WebhookOut, summary="Resume a webhook, or try now")
def resume(request: HttpRequest, application_id: uuid.UUID, webhook_id: uuid.UUID) -> WebhookOut:
    """What waits is sent now."""
    return _out(actions.resume_webhook(actor_of(request), application_id, webhook_id))


@router.post(_ONE + "/replay", response=WebhookOut, summary="Replay from a date")
def replay(request: HttpRequest, application_id: uuid.UUID, webhook_id: uuid.UUID, given: ReplayIn) -> WebhookOut:
    """Everything since then, of the last 7 days, is sent again under the same ids, and then what follows."""
    return _out(actions.replay(actor_of(request), application_id, webhook_id, given.since))


@router.get(_ONE + "/attempts", response=list[AttemptOut], summary="Last attempts")
def attempts(request: HttpRequest, application_id: uuid.UUID, webhook_id: uuid.UUID) -> list[WebhookAttempt]:
    """Newest first."""
    return list(queries.attempts_of(_found(request, application_id, webhook_id)))


@router.get(_ONE + "/dead-letters", response=CursorPage[DeadLetterOut], summary="Events given up")
def dead_letters(
    request: HttpRequest, application_id: uuid.UUID, webhook_id: uuid.UUID, query: Query[PageQuery]
) -> CursorPage[DeadLetterOut]:
    """Oldest first."""
    found = queries.dead_letters(_found(request, application_id, webhook_id))
    if query.cursor:
        found = found.filter(event_id__gt=after_cursor(query.cursor, int)[0])
    page, next_cursor = one_more(list(found[: query.limit + 1]), query.limit, lambda letter: [letter.event_id])
    items = [DeadLetterOut.from_orm(letter) for letter in page]
    return CursorPage[DeadLetterOut](items=items, next_cursor=next_cursor)


@router.post(_ONE + "/dead-letters/send-again", response=CountOut, summary="Send all of them again")
def send_all_again(request: HttpRequest, application_id: uuid.UUID, webhook_id: uuid.UUID) -> CountOut:
    """One more attempt each."""
    return CountOut(count=actions.send_again(actor_of(request), application_id, webhook_id, None))


@router.post(_ONE + "/dead-letters/{int:letter_id}/send-again", response=CountOut, summary="Send one of them again")
def send_again(request: HttpRequest, application_id: uuid.UUID, webhook_id: uuid.UUID, letter_id: int) -> CountOut:
    """One more attempt."""
    return CountOut(count=actions.send_again(actor_of(request), application_id, webhook_id, letter_id))


def _found(request: HttpRequest, application_id: uuid.UUID, webhook_id: uuid.UUID) -> Webhook:
    _actor, application = reach(request, application_id)
    return queries.webhook(application, webhook_id)


def _out(webhook: Webhook) -> WebhookOut:
    return WebhookOut(
        id=webhook.pk,
        url=webhook.url,
        types=webhook.types,
        state=webhook.state,
        waiting=queries.waiting_events(webhook),
        dead_letters=queries.dead_letters(webhook).count(),
        attempts=webhook.attempts,
        next_attempt_at=webhook.next_attempt_at,
        failing_since=webhook.failing_since,
        last_success_at=webhook.last_success_at,
    )

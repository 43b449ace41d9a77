"""Writes: many things are asked the same, each in a transaction of its own: one that refuses holds up no other."""

import uuid
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from maillage.command.actions import Circumstances, request
from maillage.command.bulk.queries import Selection, chosen
from maillage.command.models import REASON_LENGTH, Batch, Command
from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.identity.policies import require_command
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, Refused
from maillage.telemetry.models import Thing

MOST_THINGS = 500
_LABEL_LENGTH = 150


def request_many(
    actor: Actor,
    selection: Selection,
    value: float | None,
    label: str,
    batch_id: UUID | None = None,
    around: Circumstances | None = None,
) -> Batch:
    """Asks every chosen thing. Returns at once; the batch tells what became of each, refusals included.

    ``batch_id`` makes a repetition harmless: what a crash left out is asked then, and nothing twice. Raises ``Invalid``
    for a choice that names nothing or more than 500 things, ``Refused`` when the actor may command none of it.
    """
    things = chosen(actor, selection)
    if not things:
        raise Invalid("batch_without_things")
    if len(things) > MOST_THINGS:
        raise Invalid("batch_too_large", count=len(things), most=MOST_THINGS)
    why = (around or Circumstances()).reason.strip()[:REASON_LENGTH]
    batch = _batch(actor, selection, value, (label.strip()[:_LABEL_LENGTH], why), batch_id or uuid.uuid4(), things)
    each = Circumstances(reason=why, beyond_law=bool(around and around.beyond_law), batch_id=batch.pk)
    for thing in things:
        _ask(actor, thing, batch, each)
    return batch


@transaction.atomic
def _batch(
    actor: Actor,
    selection: Selection,
    value: float | None,
    words: tuple[str, str],
    batch_id: UUID,
    things: Sequence[Thing],
) -> Batch:
    organisation_id = things[0].organisation_id
    require_command(actor, organisation_id)
    label, reason = words
    asked = {"solution": selection.solution, "verb": selection.verb, "value": value, "label": label, "reason": reason}
    known = {"requested_by_id": actor.user_id, "actor_label": actor.label, "requested_at": clock.now()}
    batch, created = Batch.objects.visible_to(actor).get_or_create(
        pk=batch_id, defaults={**asked, **known, "organisation_id": organisation_id}
    )
    if not created and (batch.verb, batch.value) != (selection.verb, value):
        raise Conflict("command_id_reused", command_id=str(batch_id))
    if created:
        facts: dict[str, object] = {"verb": selection.verb, "value": value, "count": len(things), "reason": reason}
        write_journal(actor, organisation_id, "command.batch", "batch", str(batch_id), label, facts)
    return batch


def _ask(actor: Actor, thing: Thing, batch: Batch, around: Circumstances) -> None:
    """Noted by ``request`` when refused: the batch's page says so beside the thing."""
    command_id = uuid.uuid5(batch.pk, str(thing.pk))
    try:
        request(actor, thing.pk, batch.verb, batch.value, Command.Origin.PERSON, command_id, around)
    except (Invalid, Refused, Conflict):
        return

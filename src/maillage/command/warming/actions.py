"""Writes: what the rooms teach is kept, a room at a time, once a day."""

from datetime import datetime

from django.db import transaction

from maillage.command.engine.warm_up import learn
from maillage.command.models import WarmUp
from maillage.command.warming import queries
from maillage.identity.actor import Actor
from maillage.telemetry.models import Thing


@transaction.atomic
def learn_room(actor: Actor, thing: Thing, now: datetime) -> WarmUp:
    """Learns how the room of a thing in hand becomes warm from its last weeks."""
    found = learn(queries.samples_of(actor, thing, now))
    learnt: dict[str, object] = {"organisation_id": thing.organisation_id, "learnt_at": now, "warm_ups": 0}
    if found is not None:
        tau_s = found.tau.total_seconds() if found.tau else None
        learnt |= {"warm_ups": found.warm_ups, "tau_s": tau_s, "limit_c": found.limit_c}
        learnt |= {"rate_k_per_h": found.rate_k_per_h, "spread": found.spread}
    row, _ = WarmUp.objects.visible_to(actor).update_or_create(thing=thing, defaults=learnt)
    return row


def learn_next(actor: Actor, now: datetime) -> bool:
    """Learns one room that is due, if there is one: the scheduler has other things to do."""
    thing = queries.to_learn(actor, now)
    if thing is None:
        return False
    learn_room(actor, thing, now)
    return True

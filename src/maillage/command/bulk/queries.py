"""Reads of bulk commands: whom a choice concerns, and what became of each."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from maillage.command import queries
from maillage.command.engine.life import OPEN, State
from maillage.command.models import Batch, Command
from maillage.identity.actor import Actor
from maillage.identity.policies import may_command
from maillage.identity.tenancy import TenantQuerySet
from maillage.kernel.errors import NotFound
from maillage.telemetry import queries as telemetry
from maillage.telemetry.models import Thing

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Selection:
    """Things of one solution in a commune: of some sites, of every site of a kind, or all when neither is said."""

    commune: str
    solution: str
    verb: str
    site_kind: str = ""
    site_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many of a batch's commands are where."""

    asked: int
    confirmed: int
    under_way: int
    refused: int
    failed: int

    @property
    def is_settled(self) -> bool:
        """Whether nothing can become of any of them any more."""
        return self.under_way == 0


def chosen(actor: Actor, selection: Selection) -> list[Thing]:
    """The things in service that the selection names, that understand the verb, and that the actor may command."""
    found = telemetry.things(actor).filter(site__commune_id=selection.commune, solution=selection.solution)
    if selection.site_kind:
        found = found.filter(site__kind=selection.site_kind)
    if selection.site_ids:
        found = found.filter(site_id__in=selection.site_ids)
    return [
        thing
        for thing in found
        if selection.verb in queries.offers(thing) and may_command(actor, thing.organisation_id)
    ]


def batches(actor: Actor) -> TenantQuerySet[Batch]:
    """The bulk commands that ``actor`` sees, newest first."""
    return Batch.objects.visible_to(actor).order_by("-requested_at", "pk")


def batch(actor: Actor, batch_id: UUID) -> Batch:
    """One of them; ``NotFound`` when it is not for ``actor``."""
    found = batches(actor).filter(pk=batch_id).first()
    if found is None:
        raise NotFound("batch_unknown", batch_id=str(batch_id))
    return found


def commands_of_batch(actor: Actor, batch_id: UUID) -> TenantQuerySet[Command]:
    """What was asked of each thing, by site and name."""
    return queries.commands(actor).filter(batch_id=batch_id).order_by("thing__site__name", "thing__name", "pk")


def outcome(commands: Sequence[Command]) -> Outcome:
    """What became of them so far."""
    states = Counter(State(one.state) for one in commands)
    return Outcome(
        asked=len(commands),
        confirmed=states[State.CONFIRMED],
        under_way=sum(states[state] for state in OPEN),
        refused=states[State.REFUSED],
        failed=states[State.FAILED] + states[State.EXPIRED],
    )

"""Who may command, and who may schedule: whoever speaks for the organisation, its technicians and the operator."""

from maillage.identity import policies
from maillage.identity.actor import Actor
from maillage.telemetry.models import Thing


def may_command(actor: Actor, thing: Thing) -> bool:
    """The page offers the verbs of the thing."""
    in_service = thing.decommissioned_at is None and thing.device_id is not None
    return in_service and policies.may_command(actor, thing.organisation_id)


def may_schedule(actor: Actor, thing: Thing) -> bool:
    """The page offers to change the thing's schedule: a schedule is a command given in advance."""
    return may_command(actor, thing)

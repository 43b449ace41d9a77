"""What may not be asked of a thing at this moment, although it understands it: reads, judges, changes nothing.

A device that nobody has heard, an interlock, the legal ceiling of the building. Each refusal is a typed error.
"""

from dataclasses import dataclass
from datetime import datetime

from maillage.command import queries, registry
from maillage.command.engine.bounds import Limits
from maillage.command.engine.interlock import forbidden
from maillage.command.engine.legal import WARM_UP, Ceiling, Room, ceiling_at, is_within, mean_with
from maillage.identity.actor import Actor
from maillage.kernel.errors import Conflict, Invalid, Refused
from maillage.lorawan.models import Device
from maillage.telemetry.models import Thing

__all__ = ["WARM_UP", "Lawful", "Setting", "lawful", "require_heard", "require_reason", "require_unlocked"]

REASON_CHARACTERS_MIN = 10
_TOO_WARM = {
    "occupied": "above_legal_mean",
    "empty_day": "above_legal_empty_day",
    "empty_long": "above_legal_empty_long",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """A value to be asked of a thing in hand: ``limits`` None for a verb without one."""

    thing: Thing
    verb: str
    value: float | None
    limits: Limits | None


@dataclass(frozen=True, slots=True)
class Lawful:
    """The value that may be asked: lower than wished where ``ceiling`` lowered it."""

    value: float | None
    ceiling: Ceiling | None


def require_heard(device: Device, thing: Thing) -> None:
    """``Conflict`` for a device that never joined, or was not heard since it did: it would listen to nobody.

    LoRaWAN 1.0.4 §6.2.6: until the device's first uplink the network does not know that it took the new keys.
    """
    joined_at = queries.joined_at(device.pk)
    if device.last_seen_at is None and joined_at is None:
        raise Conflict("device_never_heard", thing=thing.name)
    if device.last_seen_at is None or (joined_at is not None and device.last_seen_at < joined_at):
        raise Conflict("device_silent_since_join", thing=thing.name)


def require_unlocked(actor: Actor, thing: Thing, verb: str, now: datetime) -> None:
    """``Refused`` while an interlock of the use forbids the verb."""
    solution = registry.solutions().get(thing.solution)
    interlocks = [one for one in solution.interlocks if verb in one.verbs] if solution else []
    found = forbidden(interlocks, verb, queries.sensed(actor, thing), now) if interlocks else None
    if found is not None:
        raise Refused(f"interlock_{found.interlock.code}_{found.cause}", sensor=found.sensor)


def lawful(actor: Actor, setting: Setting, now: datetime, *, lowers: bool) -> Lawful:
    """The value that the law allows at ``now``: lowered to the ceiling when ``lowers``, else ``Refused``.

    Schedules are lowered, so that a school in its holidays needs nobody; people are told, and may give a reason.
    """
    solution = registry.solutions().get(setting.thing.solution)
    ceilings = solution.ceilings.get(setting.verb) if solution else None
    if ceilings is None or setting.value is None or setting.value <= ceilings.empty_long:
        return Lawful(setting.value, None)
    site = setting.thing.site
    ceiling = ceiling_at(ceilings, queries.use_of(actor, site, queries.place_of_site(site)), now)
    if setting.value <= ceiling.value:
        return Lawful(setting.value, None)
    weight, others = queries.setpoints_around(actor, setting.thing, setting.verb)
    wished = Room(setting.value, weight)
    if ceiling.regime == "occupied" and is_within(ceiling, wished, others):
        return Lawful(setting.value, None)
    if lowers:
        return Lawful(_highest(ceiling, setting.limits), ceiling)
    raise _too_warm(ceiling, setting.value, round(mean_with(wished, others), 1))


def require_reason(reason: str) -> str:
    """An exception to the law is reasoned: ten characters at least. Returns it trimmed; ``Invalid`` otherwise."""
    cleaned = reason.strip()
    if len(cleaned) < REASON_CHARACTERS_MIN:
        raise Invalid("reason_too_short", least=REASON_CHARACTERS_MIN)
    return cleaned


def _highest(ceiling: Ceiling, limits: Limits | None) -> float:
    return ceiling.value if limits is None else max(limits.at_or_below(ceiling.value), limits.minimum)


def _too_warm(ceiling: Ceiling, value: float, mean: float) -> Refused:
    until = ceiling.until.isoformat(timespec="minutes") if ceiling.until else None
    return Refused(_TOO_WARM[ceiling.regime], value=value, ceiling=ceiling.value, mean=mean, until=until)

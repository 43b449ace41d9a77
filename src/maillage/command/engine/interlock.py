"""Interlocks: what must not be done while something is so. The gate does not close while somebody stands in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal


@dataclass(frozen=True, slots=True)
class Interlock:
    """``verbs`` are refused while ``quantity``, of any equipment of the site's same use, is at or above ``threshold``.

    ``code`` names its sentence. A sensor that is there but has not reported for ``fresh_within`` forbids as well: what
    it does not say cannot be known to be safe. Where there is no such sensor there is no interlock.
    """

    code: str
    verbs: frozenset[str]
    quantity: str
    threshold: float = 1.0
    fresh_within: timedelta = timedelta(minutes=30)
    categories: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sensed:
    """A sensor's last word; ``at`` is None before the first."""

    sensor: str
    category: str
    quantity: str
    value: float | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Why not: ``cause`` is ``active`` or ``silent``."""

    interlock: Interlock
    sensor: str
    cause: Literal["active", "silent"]


def forbidden(interlocks: Iterable[Interlock], verb: str, sensed: Iterable[Sensed], now: datetime) -> Forbidden | None:
    """The first interlock that forbids ``verb`` now; None when it may be done."""
    readings = list(sensed)
    for interlock in interlocks:
        if verb in interlock.verbs:
            for one in readings:
                cause = _verdict(interlock, one, now) if _concerns(interlock, one) else None
                if cause is not None:
                    return Forbidden(interlock, one.sensor, cause)
    return None


def _concerns(interlock: Interlock, one: Sensed) -> bool:
    return one.quantity == interlock.quantity and (not interlock.categories or one.category in interlock.categories)


def _verdict(interlock: Interlock, one: Sensed, now: datetime) -> Literal["active", "silent"] | None:
    if one.value is not None and one.value >= interlock.threshold:
        return "active"
    fresh = one.value is not None and one.at is not None and now - one.at <= interlock.fresh_within
    return None if fresh else "silent"


def verbs_with_interlocks(interlocks: Iterable[Interlock]) -> Mapping[str, tuple[Interlock, ...]]:
    """By verb, for the pages."""
    found: dict[str, tuple[Interlock, ...]] = {}
    for interlock in interlocks:
        for verb in interlock.verbs:
            found[verb] = (*found.get(verb, ()), interlock)
    return found

"""The refusals in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise

from maillage.identity.actor import Actor
from maillage.lorawan import queries
from maillage.lorawan.labels import REFUSAL_REMEDIES, REFUSALS
from maillage.lorawan.models import Refusal
from maillage.lorawan.queries import CauseCount


@dataclass(frozen=True, slots=True)
class RefusalLine:
    """A row: what, through which gateway, of whom, how often. ``device_name`` is empty for one not to be seen."""

    refusal: Refusal
    label: str | Promise
    gateway_name: str
    device_name: str
    sample_hex: str


@dataclass(frozen=True, slots=True)
class CauseLine:
    """A cause: how often in all, and what to do about it."""

    found: CauseCount
    label: str | Promise
    remedy: str | Promise


def days_back(now: datetime, days: int) -> datetime:
    """The first of the last ``days`` days, today included."""
    return now - timedelta(days=days - 1)


def refusal_lines(refusals: Sequence[Refusal], actor: Actor) -> list[RefusalLine]:
    """The rows in words, with the names of the gateways and devices that ``actor`` may see."""
    gateway_names = queries.gateway_names(actor)
    device_names = queries.device_names(actor, {refusal.subject for refusal in refusals})
    return [
        RefusalLine(
            refusal,
            REFUSALS.get(refusal.cause, refusal.cause),
            gateway_names.get(refusal.gateway_eui, ""),
            device_names.get(refusal.subject, ""),
            bytes(refusal.sample).hex(" ").upper(),
        )
        for refusal in refusals
    ]


def cause_lines(causes: Sequence[CauseCount]) -> list[CauseLine]:
    """The causes in words; one that a newer server would write keeps its code."""
    return [
        CauseLine(found, REFUSALS.get(found.cause, found.cause), REFUSAL_REMEDIES.get(found.cause, ""))
        for found in causes
    ]

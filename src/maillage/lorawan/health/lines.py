"""How devices are heard, as pages show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from maillage.identity.actor import Actor
from maillage.lorawan.health import queries
from maillage.lorawan.health.models import Hearing
from maillage.lorawan.health.queries import Quality
from maillage.lorawan.models import Device, Gateway

SHOWN = 20
SOURCES: Mapping[str, Promise] = {
    "declared": _("déclaré"),
    "learned": _("appris de ses réceptions"),
    "model": _("de son modèle"),
}
_WEAK_DB = 3.0
_LOSSY_PERCENT = 10.0


@dataclass(frozen=True, slots=True)
class HealthLine:
    """A device's health; ``is_weak`` and ``is_lossy`` say what is worth a look."""

    quality: Quality
    source: Promise
    rhythm_min: float
    is_weak: bool
    is_lossy: bool


def health_line(device: Device) -> HealthLine:
    """Of a device in hand."""
    found = queries.quality(device)
    return HealthLine(
        quality=found,
        source=SOURCES[found.source],
        rhythm_min=found.rhythm.total_seconds() / 60,
        is_weak=found.margin_db is not None and found.margin_db < _WEAK_DB,
        is_lossy=found.loss_percent is not None and found.loss_percent > _LOSSY_PERCENT,
    )


def heard_lines(actor: Actor, gateway: Gateway) -> Sequence[Hearing]:
    """The devices that a gateway in hand hears least well."""
    return queries.heard_by(actor, gateway, SHOWN)


def declared_minutes(device: Device) -> str:
    """What was declared, as the form shows it; empty when nothing was."""
    declared_s = queries.declared_period_s(device)
    return "" if declared_s is None else f"{declared_s / 60:g}"

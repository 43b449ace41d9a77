"""Writes: the frame log is counted again, and a person declares how often a device speaks."""

from datetime import datetime

from django.db import transaction

from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.identity.policies import require_configure
from maillage.kernel.errors import Invalid, Refused
from maillage.lorawan import queries as lorawan
from maillage.lorawan.health import queries, store
from maillage.lorawan.health.models import DeviceHealth
from maillage.lorawan.regions.demodulation import REQUIRED_SNR_DB

LEAST_PERIOD_S = 60
MOST_PERIOD_S = 7 * 24 * 3600
_BANDWIDTHS_KHZ = (125, 250, 500)


def refresh(actor: Actor, now: datetime) -> int:
    """Learns rhythms, losses, margins and coverage from the last day; returns how many devices were heard.

    Only for who sees every tenant: the frame log is counted as a whole.
    """
    if actor.visible_organisation_ids is not None:
        raise Refused("not_permitted", what="operate")
    floors = {f"SF{sf}BW{khz}": floor for sf, floor in REQUIRED_SNR_DB.items() for khz in _BANDWIDTHS_KHZ}
    return store.count(now, floors)


@transaction.atomic
def declare_period(actor: Actor, dev_eui: str, period_s: int | None) -> DeviceHealth:
    """How often the device is said to speak; None: it is learned. Silent devices are judged by it from now on."""
    device = lorawan.device(actor, dev_eui)
    require_configure(actor, device.organisation_id)
    if period_s is not None and not LEAST_PERIOD_S <= period_s <= MOST_PERIOD_S:
        raise Invalid("lorawan.period_unfit", least_s=LEAST_PERIOD_S, most_s=MOST_PERIOD_S)
    health = queries.health_row(device)
    before, health.declared_period_s = health.declared_period_s, period_s
    health.save(update_fields=["declared_period_s"])
    facts: dict[str, object] = {"before": before, "period_s": period_s}
    write_journal(actor, device.organisation_id, "lorawan.period_declared", "device", device.pk, device.name, facts)
    return health

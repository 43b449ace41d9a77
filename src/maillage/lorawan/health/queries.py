"""Reads of how devices and gateways are heard. Everything is scoped by the actor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import DurationField, ExpressionWrapper, F, IntegerField, Value
from django.db.models.expressions import Case, When
from django.db.models.functions import Coalesce

from maillage.identity.actor import Actor
from maillage.lorawan import queries as lorawan
from maillage.lorawan.device_models import PERIODS_OF_SILENCE, device_models, silent_after
from maillage.lorawan.health.models import DeviceHealth, Hearing
from maillage.lorawan.models import Device, Gateway


@dataclass(frozen=True, slots=True)
class SilentDevice:
    """Not heard for longer than its rhythm allows."""

    dev_eui: str
    organisation_id: int
    name: str
    last_seen_at: datetime
    gateways: tuple[str, ...]
    rhythm: timedelta

    @property
    def due_at(self) -> datetime:
        """When it began to count as silent."""
        return self.last_seen_at + PERIODS_OF_SILENCE * self.rhythm


@dataclass(frozen=True, slots=True)
class Quality:
    """How a device is heard. ``loss``: share of its frames that nobody heard; None without a frame."""

    rhythm: timedelta
    source: str
    heard: int
    lost: int
    margin_db: float | None

    @property
    def loss_percent(self) -> float | None:
        return None if self.heard == 0 else 100 * self.lost / (self.heard + self.lost)


def silent_devices(actor: Actor, now: datetime) -> list[SilentDevice]:
    """Devices in service, heard once, that have missed three of their periods: declared, learned or their model's."""
    rhythm = Coalesce("health__declared_period_s", "health__learned_period_s", _model_rhythm())
    found = Device.objects.visible_to(actor).filter(decommissioned_at=None, last_seen_at__isnull=False)
    silence = ExpressionWrapper(F("rhythm_s") * Value(timedelta(seconds=PERIODS_OF_SILENCE)), DurationField())
    late = found.annotate(rhythm_s=rhythm).filter(last_seen_at__lt=Value(now) - silence)
    columns = ("dev_eui", "organisation_id", "name", "last_seen_at", "last_gateways", "rhythm_s")
    return [
        SilentDevice(eui, owner, name, seen, tuple(gateways), timedelta(seconds=rhythm_s))
        for eui, owner, name, seen, gateways, rhythm_s in late.order_by("dev_eui").values_list(*columns)
    ]


def gateways_heard(actor: Actor) -> list[Gateway]:
    """The gateways that were heard at least once."""
    return list(lorawan.gateways(actor).filter(last_seen_at__isnull=False))


def quality(device: Device) -> Quality:
    """How a device in hand is heard."""
    found = DeviceHealth.objects.filter(device=device).first() or DeviceHealth(device=device)
    period_s, source = found.declared_period_s, "declared"
    if period_s is None:
        period_s, source = found.learned_period_s, "learned"
    usual = silent_after(device.model_key) / PERIODS_OF_SILENCE
    if period_s is None:
        return Quality(usual, "model", found.heard_frames, found.lost_frames, found.margin_db)
    return Quality(timedelta(seconds=period_s), source, found.heard_frames, found.lost_frames, found.margin_db)


def declared_period_s(device: Device) -> int | None:
    """How often a device in hand was said to speak."""
    return DeviceHealth.objects.filter(device=device).values_list("declared_period_s", flat=True).first()


def health_row(device: Device) -> DeviceHealth:
    """The row of a device in hand, made when there is none."""
    return DeviceHealth.objects.get_or_create(device=device)[0]


def heard_by(actor: Actor, gateway: Gateway, limit: int) -> Sequence[Hearing]:
    """The devices that ``actor`` sees among those that a gateway in hand heard during the last day, weakest first."""
    visible = lorawan.devices(actor).values("pk")
    found = Hearing.objects.filter(gateway_eui=gateway.pk, device__in=visible).select_related("device")
    return list(found.order_by("snr_db", "device_id")[:limit])


def heard_count(actor: Actor, gateway: Gateway) -> int:
    """How many they are."""
    return Hearing.objects.filter(gateway_eui=gateway.pk, device__in=lorawan.devices(actor).values("pk")).count()


def hearings_of(device: Device) -> Sequence[Hearing]:
    """Every gateway that heard a device in hand during the last day, best first."""
    return list(Hearing.objects.filter(device=device).order_by(F("snr_db").desc(), "gateway_eui"))


def _model_rhythm() -> Case:
    """One branch a rhythm, not a model: a repository brings hundreds of models, and few rhythms."""
    usual = silent_after("") / PERIODS_OF_SILENCE
    by_rhythm: dict[int, list[str]] = {}
    for key, model in device_models().items():
        by_rhythm.setdefault(model.uplink_period_s, []).append(key)
    branches = [When(model_key__in=keys, then=Value(period_s)) for period_s, keys in sorted(by_rhythm.items())]
    return Case(*branches, default=Value(int(usual.total_seconds())), output_field=IntegerField())

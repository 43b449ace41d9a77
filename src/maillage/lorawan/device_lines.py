"""Devices in words, for lists and for the head of their page."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from maillage.lorawan.device_models import device_models, silent_after
from maillage.lorawan.models import Device
from maillage.lorawan.queries import is_silent


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """A device with its model's name and its state: a code of the kit and its words."""

    device: Device
    model_name: str
    state: str
    state_label: str | Promise
    stale_after_s: int


def device_lines(devices: Iterable[Device], now: datetime) -> list[DeviceLine]:
    """In the order given."""
    return [_line(device, now) for device in devices]


def _line(device: Device, now: datetime) -> DeviceLine:
    model = device_models().get(device.model_key)
    name = f"{model.vendor} {model.name}" if model else device.model_key
    state, label = _state(device, now)
    return DeviceLine(device, name, state, label, int(silent_after(device.model_key).total_seconds()))


def _state(device: Device, now: datetime) -> tuple[str, str | Promise]:
    if device.decommissioned_at is not None:
        return "off", _("Retiré du service")
    if device.last_seen_at is None:
        return "pending", _("Jamais entendu")
    if is_silent(device, now):
        return "warning", _("Silencieux")
    return "ok", _("Entendu")

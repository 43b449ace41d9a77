"""Writes: messages for devices. The network server hears of them by NOTIFY when the transaction commits."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from maillage.identity.actor import Actor
from maillage.identity.policies import require_command
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, NotFound
from maillage.lorawan.events import NOTIFY_DOWNLINK
from maillage.lorawan.models import Device, Downlink
from maillage.lorawan.notify import notify


@dataclass(frozen=True, slots=True)
class Message:
    """What to tell a device. ``data`` is what its model's ``encodeDownlink`` takes; ``reference`` is the asker's own.

    ``confirmed`` asks the device to acknowledge. Nothing is sent from ``expires_at`` on.
    """

    dev_eui: str
    reference: str
    data: dict[str, object]
    expires_at: datetime
    confirmed: bool = True


@transaction.atomic
def enqueue_downlink(actor: Actor, message: Message) -> Downlink:
    """Puts a message into the device's queue.

    Raises ``NotFound`` for a device that is not the actor's to see, ``Refused``, ``Conflict`` when it is out of
    service.
    """
    device = Device.objects.visible_to(actor).filter(pk=message.dev_eui).first()
    if device is None:
        raise NotFound("device_unknown", dev_eui=message.dev_eui)
    require_command(actor, device.organisation_id)
    if device.decommissioned_at is not None:
        raise Conflict("device_decommissioned", dev_eui=device.pk)
    downlink = Downlink.objects.create(
        id=uuid.uuid4(),
        device=device,
        reference=message.reference,
        data=message.data,
        confirmed=message.confirmed,
        created_at=clock.now(),
        expires_at=message.expires_at,
    )
    notify(NOTIFY_DOWNLINK, device.pk)
    return downlink


@transaction.atomic
def cancel_downlink(actor: Actor, reference: str, cause: str = "cancelled") -> bool:
    """Takes what waits under ``reference`` out of the queue; False when nothing waits there any more.

    A message that has left, or is leaving at this moment, cannot be called back.
    """
    waiting = Downlink.objects.select_for_update(of=("self",)).select_related("device")
    for downlink in waiting.filter(reference=reference, state=Downlink.State.QUEUED, ended_at=None):
        require_command(actor, downlink.device.organisation_id)
        _cancel(downlink, cause, clock.now())
        return True
    return False


def _cancel(downlink: Downlink, cause: str, now: datetime) -> None:
    downlink.state, downlink.cause, downlink.ended_at = Downlink.State.EXPIRED, cause, now
    downlink.save(update_fields=["state", "cause", "ended_at"])
    notify(NOTIFY_DOWNLINK, downlink.device_id)

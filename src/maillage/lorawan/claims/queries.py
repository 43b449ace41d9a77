"""What a claim is judged by."""

from collections.abc import Sequence
from datetime import datetime

from maillage.identity.actor import Actor
from maillage.identity.models import Organisation, User
from maillage.identity.policies import may_command
from maillage.identity.queries import organisations_visible_to
from maillage.lorawan.key_ring import key_ring
from maillage.lorawan.keys import Purpose
from maillage.lorawan.models import ClaimFailure, Device
from maillage.lorawan.qr import DeviceTag


def organisations_to_claim_for(actor: Actor) -> Sequence[Organisation]:
    """The communes for which ``actor`` may claim devices, by name."""
    found = organisations_visible_to(actor).filter(kind=Organisation.Kind.COMMUNE).order_by("name")
    return [organisation for organisation in found if may_command(actor, organisation.pk)]


def lock_claimant(user_id: int) -> None:
    """One claim of a person at a time, so that failures are counted before the next try."""
    User.objects.select_for_update(no_key=True).values_list("pk").get(pk=user_id)


def claim_failures(since: datetime, *, user_id: int | None = None, dev_eui: str = "") -> int:
    """How many claims failed since then: those of a person, or those on a device."""
    found = ClaimFailure.objects.filter(at__gt=since)
    found = found.filter(user_id=user_id) if user_id is not None else found.filter(dev_eui=dev_eui)
    return found.count()


def claimable(tag: DeviceTag) -> Device | None:
    """The device of that label, locked, when the operating body holds it with an owner token."""
    everybody = Device.objects.unscoped("whoever holds the label may not see the device yet")
    held = everybody.filter(organisation__kind=Organisation.Kind.OPERATOR, decommissioned_at=None)
    named = held.filter(pk=tag.dev_eui, join_eui=tag.join_eui).exclude(owner_token=None)
    return named.select_for_update(of=("self",), no_key=True).first()


def owner_token(device: Device) -> str:
    """The token of a device in hand; "" for none. For comparing, never for showing."""
    if device.owner_token is None:
        return ""
    return key_ring().unwrap(bytes(device.owner_token), device.pk, Purpose.OWNER_TOKEN).decode()

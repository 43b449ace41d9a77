"""Reads of groups, scoped by the actor."""

from collections.abc import Sequence

from maillage.identity.actor import Actor
from maillage.identity.tenancy import TenantQuerySet
from maillage.kernel.errors import NotFound
from maillage.lorawan.models import Device, MulticastGroup, MulticastMember, MulticastMessage, Session

MESSAGES_SHOWN = 50


def groups(actor: Actor) -> TenantQuerySet[MulticastGroup]:
    """The groups that ``actor`` sees, open ones first, without their keys."""
    found = MulticastGroup.objects.visible_to(actor).defer("mc_key").select_related("organisation")
    return found.order_by("-closed_at", "name", "pk")


def group(actor: Actor, group_id: int) -> MulticastGroup:
    """One of them; ``NotFound`` when it is not for ``actor``."""
    found = groups(actor).filter(pk=group_id).first()
    if found is None:
        raise NotFound("lorawan.group_unknown", group=group_id)
    return found


def members(found: MulticastGroup) -> Sequence[MulticastMember]:
    """Those of a group already in hand, by the device's name."""
    rows = MulticastMember.objects.filter(group=found).select_related("device").defer("device__app_key")
    return list(rows.order_by("device__name", "pk"))


def messages(found: MulticastGroup) -> Sequence[MulticastMessage]:
    """The last ones to a group already in hand, the newest first."""
    return list(MulticastMessage.objects.filter(group=found).order_by("-created_at", "pk")[:MESSAGES_SHOWN])


def address_is_taken(mc_addr: int) -> bool:
    """By a group, open or closed, or by a device's session: a frame must be one of theirs only."""
    everybody = MulticastGroup.objects.unscoped("an address is unique on the network")
    return everybody.filter(mc_addr=mc_addr).exists() or Session.objects.filter(dev_addr=mc_addr).exists()


def devices_named(actor: Actor, dev_euis: Sequence[str]) -> list[Device]:
    """Those in service that ``actor`` sees; ``NotFound`` names the first that is none."""
    seen = Device.objects.visible_to(actor).filter(pk__in=dev_euis, decommissioned_at=None).defer("app_key")
    found = {device.pk: device for device in seen}
    for dev_eui in dev_euis:
        if dev_eui not in found:
            raise NotFound("lorawan.device_unknown", dev_eui=dev_eui)
    return [found[dev_eui] for dev_eui in dev_euis]


def taken_slots(device_id: str) -> set[int]:
    """The places on a device that groups have."""
    return set(MulticastMember.objects.filter(device_id=device_id).values_list("slot", flat=True))

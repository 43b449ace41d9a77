"""Reads of works, as the one who installs and the one who receives see them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from maillage.identity.actor import Actor
from maillage.kernel.errors import NotFound
from maillage.lorawan.models import Device
from maillage.orders.models import QuoteLine, WorkItem, WorkOrder
from maillage.territory.models import Space


@dataclass(frozen=True, slots=True)
class Heard:
    """How the network heard a device after it was put in its place."""

    at: datetime
    gateways: int
    device: Device


@dataclass(frozen=True, slots=True)
class ItemState:
    """An item, and what the network knows of it."""

    item: WorkItem
    heard: Heard | None


def works(actor: Actor) -> QuerySet[WorkOrder]:
    """Those that ``actor`` sees with how far they are, what is open first."""
    found: QuerySet[WorkOrder] = WorkOrder.objects.visible_to(actor)
    counted = found.annotate(devices=Count("items"), scanned=Count("items", filter=Q(items__device__isnull=False)))
    return counted.select_related("order", "site", "organisation").order_by("-accepted_at", "organisation__name", "pk")


def work(actor: Actor, work_id: int) -> WorkOrder:
    """One of them. Raises ``NotFound``."""
    found = works(actor).filter(pk=work_id).first()
    if found is None:
        raise NotFound("work_unknown", work_id=work_id)
    return found


def items_of(actor: Actor, one: WorkOrder) -> list[ItemState]:
    """Its devices with what was heard of them, in order."""
    found = WorkItem.objects.visible_to(actor).filter(work=one).defer("photo").select_related("device", "space", "line")
    return [ItemState(item, heard_of(item)) for item in found.order_by("position")]


def item(actor: Actor, item_id: int) -> WorkItem:
    """One device to install. Raises ``NotFound``."""
    found = WorkItem.objects.visible_to(actor).defer("photo")
    one = found.select_related("device", "space", "line", "work__site", "work__order").filter(pk=item_id).first()
    if one is None:
        raise NotFound("work_item_unknown", item_id=item_id)
    return one


def elsewhere(actor: Actor, dev_eui: str, item_id: int) -> WorkItem | None:
    """The other item for which the device was scanned already, if any that ``actor`` sees."""
    found = WorkItem.objects.visible_to(actor).defer("photo").select_related("work__site")
    return found.filter(device_id=dev_eui).exclude(pk=item_id).first()


def lines_at(actor: Actor, one: WorkOrder) -> list[QuoteLine]:
    """What was ordered for its site."""
    found = QuoteLine.objects.visible_to(actor).filter(quote__order=one.order_id, site=one.site_id)
    return list(found.order_by("position"))


def rooms_of(actor: Actor, site_id: int) -> list[Space]:
    """The rooms of a site, by name."""
    return list(Space.objects.visible_to(actor).filter(site_id=site_id).order_by("name", "pk"))


def photo_of(actor: Actor, item_id: int) -> bytes:
    """The photo of an installed device. Raises ``NotFound``."""
    found = WorkItem.objects.visible_to(actor).filter(pk=item_id).exclude(photo=None).first()
    if found is None or found.photo is None:
        raise NotFound("work_item_unknown", item_id=item_id)
    return bytes(found.photo)


def heard_of(one: WorkItem) -> Heard | None:
    """What was heard since it was installed: what the depot heard before says nothing about this place."""
    device = one.device
    if device is None or device.last_seen_at is None or one.installed_at is None:
        return None
    if device.last_seen_at <= one.installed_at:
        return None
    return Heard(device.last_seen_at, len(device.last_gateways), device)


def unheard(states: Iterable[ItemState]) -> Sequence[WorkItem]:
    """Those scanned that the network has not heard since."""
    return [one.item for one in states if one.item.device_id is not None and one.heard is None]

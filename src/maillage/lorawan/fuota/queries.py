"""Reads of images and campaigns, scoped by the actor."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Max

from maillage.identity.actor import Actor
from maillage.identity.tenancy import TenantQuerySet
from maillage.kernel.errors import NotFound
from maillage.lorawan.models import CampaignReceiver, FirmwareCampaign, FirmwareImage

CAMPAIGNS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Progress:
    """Receivers by step, and the fragments sent of those planned."""

    total: int
    by_step: dict[str, int]
    sent: int
    planned: int

    @property
    def done(self) -> int:
        return self.by_step.get("done", 0)

    @property
    def failed(self) -> int:
        return self.by_step.get("failed", 0)

    @property
    def receiving(self) -> int:
        return self.by_step.get("receiving", 0)

    @property
    def preparing(self) -> int:
        return self.total - self.done - self.failed - self.receiving


def images(actor: Actor) -> TenantQuerySet[FirmwareImage]:
    """Those that ``actor`` sees, the newest first, without their content."""
    found = FirmwareImage.objects.visible_to(actor).defer("content").select_related("organisation")
    return found.order_by("-created_at", "pk")


def image(actor: Actor, image_id: uuid.UUID) -> FirmwareImage:
    found = images(actor).filter(pk=image_id).first()
    if found is None:
        raise NotFound("lorawan.image_unknown", image=str(image_id))
    return found


def campaigns(actor: Actor) -> TenantQuerySet[FirmwareCampaign]:
    """Those that ``actor`` sees, the newest first."""
    found = FirmwareCampaign.objects.visible_to(actor).select_related("group", "image", "organisation")
    return found.defer("image__content", "group__mc_key").order_by("-created_at", "pk")


def campaign(actor: Actor, campaign_id: uuid.UUID) -> FirmwareCampaign:
    found = campaigns(actor).filter(pk=campaign_id).first()
    if found is None:
        raise NotFound("lorawan.campaign_unknown", campaign=str(campaign_id))
    return found


def receivers(found: FirmwareCampaign) -> Sequence[CampaignReceiver]:
    """Those of a campaign already in hand: who needs looking after first."""
    rows = CampaignReceiver.objects.filter(campaign=found).select_related("device").defer("device__app_key")
    order = {"failed": 0, "waiting": 1, "version": 2, "setup": 3, "receiving": 4, "done": 5}
    return sorted(rows, key=lambda one: (order[one.step], one.device.name))


def progress(found: FirmwareCampaign) -> Progress:
    rows = CampaignReceiver.objects.filter(campaign=found).order_by().values("step").annotate(count=Count("pk"))
    by_step = {row["step"]: row["count"] for row in rows}
    return Progress(sum(by_step.values()), by_step, found.next_fragment - 1, found.last_fragment)


def last_session_cnt() -> int:
    """The highest counter of a fragmentation session so far: devices refuse one that goes back (TS004-2.0.0, §3.3)."""
    everybody = FirmwareCampaign.objects.unscoped("a device's counter never goes back, whoever owns the campaign")
    return everybody.aggregate(last=Max("session_cnt"))["last"] or 0

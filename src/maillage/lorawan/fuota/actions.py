"""Writes: images uploaded, campaigns started and stopped. The network server carries them on."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction

from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.identity.policies import require_configure
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid
from maillage.lorawan.fuota import queries
from maillage.lorawan.fuota.values import FRAGMENT_OVERHEAD_BYTES
from maillage.lorawan.models import CampaignReceiver, FirmwareCampaign, FirmwareImage
from maillage.lorawan.multicast import queries as groups
from maillage.lorawan.policies import require_radio
from maillage.lorawan.regions.region import Region

IMAGE_BYTES_MAX = 1_000_000
REDUNDANCY_PERCENT_MAX = 100
LEAD_MINUTES = range(2, 24 * 60 + 1)
_FRAGMENT_BYTES_MAX = 200
_FRAGMENTS_MAX = 8_000
"""Of the 16,383 that TS004 can number: as many again are left for coded fragments and repairs."""
_SESSION_CNT_MAX = 0xFFFF
_PREPARE_LEADS = 12
"""How many times ``lead`` a device has to answer the four questions before the first session."""


@dataclass(frozen=True, slots=True)
class Plan:
    """``lead_minutes``: the members' longest reporting period, or some more."""

    redundancy_percent: int = 20
    lead_minutes: int = 60


@transaction.atomic
def upload_image(actor: Actor, organisation_id: int, name: str, content: bytes) -> FirmwareImage:
    """Kept octet for octet. ``Refused``; ``Invalid`` when it is empty or above 1 MB."""
    require_radio(actor)
    require_configure(actor, organisation_id)
    if not 0 < len(content) <= IMAGE_BYTES_MAX:
        raise Invalid("lorawan.image_size", bytes=len(content), most=IMAGE_BYTES_MAX)
    image = FirmwareImage.objects.create(
        id=uuid.uuid4(),
        organisation_id=organisation_id,
        name=name,
        content=content,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        created_at=clock.now(),
    )
    facts: dict[str, object] = {"sha256": image.sha256, "bytes": image.size_bytes}
    write_journal(actor, organisation_id, "lorawan.image_uploaded", "firmware_image", str(image.pk), image.name, facts)
    return image


@transaction.atomic
def start_campaign(actor: Actor, group_id: int, image_id: uuid.UUID, plan: Plan, region: Region) -> FirmwareCampaign:
    """From now on the members of the group are prepared, and then receive the image.

    ``NotFound``, ``Refused``; ``Invalid`` for a plan out of bounds, a group without members, or an image too long for
    its data rate; ``Conflict`` for a closed group or one that receives another image.
    """
    require_radio(actor)
    group, image = groups.group(actor, group_id), queries.image(actor, image_id)
    require_configure(actor, group.organisation_id)
    if group.closed_at is not None:
        raise Conflict("lorawan.group_is_closed", group=group.name)
    members = groups.members(group)
    if not members:
        raise Invalid("lorawan.group_is_empty", group=group.name)
    now, made = clock.now(), _dimensioned(image, group.data_rate, plan, region)
    made.group, made.organisation_id, made.created_at = group, group.organisation_id, now
    made.until = now + timedelta(minutes=plan.lead_minutes * _PREPARE_LEADS)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("lorawan.group_has_campaign", group=group.name) from error
    CampaignReceiver.objects.bulk_create(CampaignReceiver(campaign=made, device_id=one.device_id) for one in members)
    facts: dict[str, object] = {"group": group.name, "sha256": image.sha256, "count": len(members)}
    _tell(actor, made, "lorawan.campaign_started", image.name, facts)
    return made


@transaction.atomic
def stop_campaign(actor: Actor, campaign_id: uuid.UUID) -> FirmwareCampaign:
    """Nothing more is sent; devices that have the whole image keep it. ``Conflict`` once it has ended."""
    require_radio(actor)
    found = queries.campaign(actor, campaign_id)
    require_configure(actor, found.organisation_id)
    running = FirmwareCampaign.objects.visible_to(actor).filter(pk=found.pk, ended_at=None)
    if not running.update(state=FirmwareCampaign.State.STOPPED, ended_at=clock.now()):
        raise Conflict("lorawan.campaign_has_ended")
    _tell(actor, found, "lorawan.campaign_stopped", found.image.name, {"group": found.group.name})
    return queries.campaign(actor, campaign_id)


def _dimensioned(image: FirmwareImage, data_rate: int, plan: Plan, region: Region) -> FirmwareCampaign:
    if not 0 <= plan.redundancy_percent <= REDUNDANCY_PERCENT_MAX or plan.lead_minutes not in LEAD_MINUTES:
        raise Invalid("lorawan.campaign_plan", longest=LEAD_MINUTES[-1] // 60, most=REDUNDANCY_PERCENT_MAX)
    carried = region.max_payload(data_rate).frm_payload_bytes - FRAGMENT_OVERHEAD_BYTES
    fragment_bytes = min(carried, _FRAGMENT_BYTES_MAX, image.size_bytes)
    count = -(-image.size_bytes // fragment_bytes)
    if count > _FRAGMENTS_MAX:
        raise Invalid("lorawan.image_too_long", fragments=count, most=_FRAGMENTS_MAX)
    session_cnt = queries.last_session_cnt() + 1
    if session_cnt > _SESSION_CNT_MAX:
        raise Conflict("lorawan.campaigns_spent")
    redundancy = -(-count * plan.redundancy_percent // 100)
    return FirmwareCampaign(
        id=uuid.uuid4(),
        image=image,
        fragment_bytes=fragment_bytes,
        data_fragments=count,
        redundancy=redundancy,
        last_fragment=count + redundancy,
        session_cnt=session_cnt,
        lead_s=plan.lead_minutes * 60,
    )


def _tell(actor: Actor, campaign: FirmwareCampaign, action: str, name: str, facts: dict[str, object]) -> None:
    write_journal(actor, campaign.organisation_id, action, "firmware_campaign", str(campaign.pk), name, facts)

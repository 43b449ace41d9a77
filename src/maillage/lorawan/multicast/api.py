"""REST: multicast groups, firmware images and campaigns."""

import uuid
from datetime import datetime, timedelta

from django.http import HttpRequest
from ninja import Field, File, Form, Router, Schema, Status, UploadedFile
from pydantic import AwareDatetime

from maillage.identity.actor import Actor
from maillage.identity.middleware import actor_of
from maillage.kernel.errors import Invalid
from maillage.lorawan import new_device
from maillage.lorawan.fuota import actions as fuota_actions
from maillage.lorawan.fuota import queries as fuota
from maillage.lorawan.fuota.actions import IMAGE_BYTES_MAX, Plan
from maillage.lorawan.models import FirmwareCampaign, FirmwareImage, MulticastGroup
from maillage.lorawan.multicast import actions, queries
from maillage.lorawan.multicast.actions import GroupMessage, NewGroup
from maillage.lorawan.multicast.pages import region
from maillage.lorawan.policies import require_radio
from maillage.lorawan.protocol.types import dev_addr_text

router = Router(tags=["lorawan"])


class GroupOut(Schema):
    """A multicast group, without its key. ``f_cnt`` is the next counter."""

    id: int
    name: str
    organisation_id: int
    mc_addr: str
    device_class: str
    frequency_hz: int
    data_rate: int
    periodicity: int | None
    f_cnt: int
    session_starts_at: datetime | None
    session_ends_at: datetime | None
    closed_at: datetime | None


class MemberOut(Schema):
    """``session_at``: start of the session that the device has agreed to."""

    dev_eui: str
    step: str
    cause: str
    session_at: datetime | None


class GroupDetailOut(GroupOut):
    members: list[MemberOut]


class GroupIn(Schema):
    """Class B with a ``periodicity`` (a slot every 2^n seconds), else class C."""

    name: str = Field(min_length=1, max_length=100)
    organisation_id: int
    data_rate: int = Field(3, ge=0, le=15)
    periodicity: int | None = Field(None, ge=0, le=7)


class MembersIn(Schema):
    dev_euis: list[str] = Field(min_length=1, max_length=2000)


class SessionIn(Schema):
    starts_at: AwareDatetime
    minutes: int = Field(ge=1, le=540)


class MessageIn(Schema):
    """``payload`` in hexadecimal."""

    f_port: int
    payload: str = Field(max_length=1000)
    expires_at: AwareDatetime


class CountOut(Schema):
    count: int


class MessageOut(Schema):
    id: uuid.UUID
    state: str


class ImageOut(Schema):
    id: uuid.UUID
    name: str
    organisation_id: int
    size_bytes: int
    sha256: str
    created_at: datetime


class CampaignIn(Schema):
    """``lead_minutes``: at least the members' longest reporting period."""

    group_id: int
    image_id: uuid.UUID
    redundancy_percent: int = 20
    lead_minutes: int = 60


class ReceiverOut(Schema):
    """``missing`` is what the device said last; null before it said anything."""

    dev_eui: str
    step: str
    cause: str
    received: int
    missing: int | None


class CampaignOut(Schema):
    id: uuid.UUID
    group_id: int
    image_id: uuid.UUID
    state: str
    cause: str
    round: int
    fragments_sent: int
    fragments_planned: int
    created_at: datetime
    ended_at: datetime | None


class CampaignDetailOut(CampaignOut):
    receivers: list[ReceiverOut]


@router.get("/groups", response=list[GroupOut], summary="Multicast groups")
def groups(request: HttpRequest) -> list[GroupOut]:
    """Every group that the actor sees."""
    return [_group_out(row) for row in queries.groups(_actor(request))]


@router.post("/groups", response={201: GroupOut}, summary="Create a multicast group")
def create_group(request: HttpRequest, given: GroupIn) -> Status[GroupOut]:
    """With a fresh key that never leaves the network but under its members' keys."""
    new = NewGroup(given.name, given.organisation_id, given.data_rate, given.periodicity)
    return Status(201, _group_out(actions.create_group(_actor(request), new, region())))


@router.get("/groups/{group_id}", response=GroupDetailOut, summary="A multicast group")
def group(request: HttpRequest, group_id: int) -> GroupDetailOut:
    """With its members."""
    found = queries.group(_actor(request), group_id)
    members = [
        MemberOut(dev_eui=row.device_id, step=row.step, cause=row.cause, session_at=row.session_at)
        for row in queries.members(found)
    ]
    return GroupDetailOut(**_group_out(found).dict(), members=members)


@router.post("/groups/{group_id}/members", response=CountOut, summary="Add devices to a group")
def add_members(request: HttpRequest, group_id: int, given: MembersIn) -> CountOut:
    """How many were not members before."""
    euis = [new_device.read_dev_eui(text) for text in given.dev_euis]
    return CountOut(count=actions.add_members(_actor(request), group_id, euis))


@router.delete("/groups/{group_id}/members/{dev_eui}", response={204: None}, summary="Remove a device from a group")
def remove_member(request: HttpRequest, group_id: int, dev_eui: str) -> Status[None]:
    """It is told nothing more."""
    actions.remove_member(_actor(request), group_id, dev_eui.lower())
    return Status(204, None)


@router.post("/groups/{group_id}/sessions", response=GroupOut, summary="Have a group listen")
def open_session(request: HttpRequest, group_id: int, given: SessionIn) -> GroupOut:
    """Each member is asked with its next uplinks."""
    made = actions.open_session(_actor(request), group_id, given.starts_at, timedelta(minutes=given.minutes))
    return _group_out(made)


@router.post("/groups/{group_id}/messages", response={201: MessageOut}, summary="Send a message to a group")
def send_message(request: HttpRequest, group_id: int, given: MessageIn) -> Status[MessageOut]:
    """It leaves in the next session."""
    try:
        payload = bytes.fromhex(given.payload)
    except ValueError as error:
        raise Invalid("lorawan.message_hex") from error
    message = GroupMessage(given.f_port, payload, given.expires_at)
    made = actions.send_message(_actor(request), group_id, message, region())
    return Status(201, MessageOut(id=made.pk, state=made.state))


@router.post("/groups/{group_id}/close", response={204: None}, summary="Close a group")
def close_group(request: HttpRequest, group_id: int) -> Status[None]:
    """Its members are free."""
    actions.close_group(_actor(request), group_id)
    return Status(204, None)


@router.get("/firmware", response=list[ImageOut], summary="Firmware images")
def images(request: HttpRequest) -> list[ImageOut]:
    """The newest first."""
    return [_image_out(row) for row in fuota.images(_actor(request))]


@router.post("/firmware", response={201: ImageOut}, summary="Upload a firmware image")
def upload_image(
    request: HttpRequest, name: Form[str], organisation_id: Form[int], file: File[UploadedFile]
) -> Status[ImageOut]:
    """Kept octet for octet, 1 MB at most."""
    if (file.size or 0) > IMAGE_BYTES_MAX:
        raise Invalid("lorawan.image_size", bytes=file.size, most=IMAGE_BYTES_MAX)
    made = fuota_actions.upload_image(_actor(request), organisation_id, name[:100], bytes(file.read()))
    return Status(201, _image_out(made))


@router.get("/campaigns", response=list[CampaignOut], summary="Firmware campaigns")
def campaigns(request: HttpRequest) -> list[CampaignOut]:
    """The newest first, fifty at most."""
    return [_campaign_out(row) for row in fuota.campaigns(_actor(request))[: fuota.CAMPAIGNS_SHOWN]]


@router.post("/campaigns", response={201: CampaignOut}, summary="Start a firmware campaign")
def start_campaign(request: HttpRequest, given: CampaignIn) -> Status[CampaignOut]:
    """The members of the group are prepared, then receive the image."""
    plan = Plan(given.redundancy_percent, given.lead_minutes)
    made = fuota_actions.start_campaign(_actor(request), given.group_id, given.image_id, plan, region())
    return Status(201, _campaign_out(made))


@router.get("/campaigns/{campaign_id}", response=CampaignDetailOut, summary="A firmware campaign")
def campaign(request: HttpRequest, campaign_id: uuid.UUID) -> CampaignDetailOut:
    """With each device's progress."""
    found = fuota.campaign(_actor(request), campaign_id)
    receivers = [
        ReceiverOut(dev_eui=row.device_id, step=row.step, cause=row.cause, received=row.received, missing=row.missing)
        for row in fuota.receivers(found)
    ]
    return CampaignDetailOut(**_campaign_out(found).dict(), receivers=receivers)


@router.post("/campaigns/{campaign_id}/stop", response=CampaignOut, summary="Stop a firmware campaign")
def stop_campaign(request: HttpRequest, campaign_id: uuid.UUID) -> CampaignOut:
    """Devices that have the whole image keep it."""
    return _campaign_out(fuota_actions.stop_campaign(_actor(request), campaign_id))


def _actor(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    require_radio(actor)
    return actor


def _group_out(row: MulticastGroup) -> GroupOut:
    return GroupOut(
        id=row.pk,
        name=row.name,
        organisation_id=row.organisation_id,
        mc_addr=dev_addr_text(row.mc_addr),
        device_class=row.device_class,
        frequency_hz=row.frequency_hz,
        data_rate=row.data_rate,
        periodicity=row.periodicity,
        f_cnt=row.f_cnt,
        session_starts_at=row.session_starts_at,
        session_ends_at=row.session_ends_at,
        closed_at=row.closed_at,
    )


def _image_out(row: FirmwareImage) -> ImageOut:
    return ImageOut(
        id=row.pk,
        name=row.name,
        organisation_id=row.organisation_id,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        created_at=row.created_at,
    )


def _campaign_out(row: FirmwareCampaign) -> CampaignOut:
    return CampaignOut(
        id=row.pk,
        group_id=row.group_id,
        image_id=row.image_id,
        state=row.state,
        cause=row.cause,
        round=row.round,
        fragments_sent=row.next_fragment - 1,
        fragments_planned=row.last_fragment,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )

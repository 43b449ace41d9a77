"""Writes: groups made and closed, members put in and taken out, sessions agreed, messages queued.

The network server sees them at its next look, a second later.
"""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.identity.policies import require_configure
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid
from maillage.lorawan.key_ring import key_ring
from maillage.lorawan.keys import Purpose
from maillage.lorawan.models import FirmwareCampaign, MulticastGroup, MulticastMember, MulticastMessage
from maillage.lorawan.multicast import queries
from maillage.lorawan.policies import require_everything, require_radio
from maillage.lorawan.protocol.class_b import BEACON_PERIOD, beacon_start
from maillage.lorawan.protocol.gps_time import from_gps, to_gps
from maillage.lorawan.regions.region import Region

SLOTS = range(4)
MEMBERS_AT_ONCE = 2_000
LONGEST_SESSION = timedelta(hours=9)
_FIRST_PORT, _LAST_PORT = 1, 199
"""Ports of applications that are no package's (TS003, TS004, TS005: 200 to 202)."""
_ADDRESS_BITS = 25
_KEY_BYTES = 16


@dataclass(frozen=True, slots=True)
class NewGroup:
    """``periodicity`` None: class C, at ``data_rate`` on RX2's frequency; else class B, as the region has its slots."""

    name: str
    organisation_id: int
    data_rate: int
    periodicity: int | None = None


@dataclass(frozen=True, slots=True)
class GroupMessage:
    """What to tell a group before ``expires_at``."""

    f_port: int
    payload: bytes
    expires_at: datetime


@transaction.atomic
def create_group(actor: Actor, new: NewGroup, region: Region) -> MulticastGroup:
    """A group with a fresh key and address. ``Refused``; ``Invalid`` for a data rate that downlinks do not have."""
    require_radio(actor)
    require_configure(actor, new.organisation_id)
    if new.data_rate not in region.downlink_data_rates:
        raise Invalid("lorawan.data_rate", data_rate=new.data_rate, region=region.name)
    is_class_b, mc_addr = new.periodicity is not None, _free_address()
    group = MulticastGroup.objects.create(
        organisation_id=new.organisation_id,
        name=new.name,
        mc_addr=mc_addr,
        mc_key=key_ring().wrap(secrets.token_bytes(_KEY_BYTES), f"{mc_addr:08x}", Purpose.MC_KEY),
        device_class=MulticastGroup.DeviceClass.B if is_class_b else MulticastGroup.DeviceClass.C,
        frequency_hz=region.beacon.frequencies_hz[0] if is_class_b else region.rx2_frequency_hz,
        data_rate=region.beacon.data_rate if is_class_b else new.data_rate,
        periodicity=new.periodicity,
        created_at=clock.now(),
    )
    _tell(actor, group, "lorawan.group_created", {"class": str(group.device_class)})
    return group


@transaction.atomic
def add_members(actor: Actor, group_id: int, dev_euis: Sequence[str]) -> int:
    """How many were not members before. From now on each is asked until it listens with the group.

    ``NotFound`` for a group or a device that is not the actor's to see, ``Refused``, ``Conflict`` for a closed group
    and for a device that has four groups already.
    """
    group = _open_group(actor, group_id)
    if not 0 < len(dev_euis) <= MEMBERS_AT_ONCE:
        raise Invalid("lorawan.members_at_once", most=MEMBERS_AT_ONCE)
    known = {member.device_id for member in queries.members(group)}
    fresh = [one for one in queries.devices_named(actor, list(dict.fromkeys(dev_euis))) if one.pk not in known]
    for device in fresh:
        require_configure(actor, device.organisation_id)
        slot = next((slot for slot in SLOTS if slot not in queries.taken_slots(device.pk)), None)
        if slot is None:
            raise Conflict("lorawan.device_has_four_groups", dev_eui=device.pk)
        MulticastMember.objects.create(group=group, device=device, slot=slot)
    if fresh:
        _tell(actor, group, "lorawan.group_members_added", {"count": len(fresh), "first": fresh[0].pk})
    return len(fresh)


@transaction.atomic
def remove_member(actor: Actor, group_id: int, dev_eui: str) -> None:
    """It is told nothing more; its place for a group is free again. Without effect on who is none."""
    group = _open_group(actor, group_id)
    removed, _rows = MulticastMember.objects.filter(group=group, device_id=dev_eui).delete()
    if removed:
        _tell(actor, group, "lorawan.group_member_removed", {"dev_eui": dev_eui})


@transaction.atomic
def close_group(actor: Actor, group_id: int) -> None:
    """Nothing more is sent to it, and its members are free. ``Conflict`` while a campaign is under way."""
    group = _open_group(actor, group_id)
    if FirmwareCampaign.objects.visible_to(actor).filter(group=group, ended_at=None).exists():
        raise Conflict("lorawan.group_has_campaign", group=group.name)
    group.closed_at = clock.now()
    group.save(update_fields=["closed_at"])
    MulticastMember.objects.filter(group=group).delete()
    _tell(actor, group, "lorawan.group_closed", {})


@transaction.atomic
def open_session(actor: Actor, group_id: int, starts_at: datetime, lasts: timedelta) -> MulticastGroup:
    """Every member is asked to listen from then on. ``Invalid`` for a start that is past or a length above 9 hours.

    In class B it begins with the next beacon period. ``Conflict`` while a campaign has its own sessions.
    """
    group = _open_group(actor, group_id)
    if starts_at <= clock.now() or not timedelta(0) < lasts <= LONGEST_SESSION:
        raise Invalid("lorawan.session_times", hours=LONGEST_SESSION // timedelta(hours=1))
    if FirmwareCampaign.objects.visible_to(actor).filter(group=group, ended_at=None).exists():
        raise Conflict("lorawan.group_has_campaign", group=group.name)
    second = timedelta(seconds=1)
    starts_at = from_gps(to_gps(starts_at) // second * second)
    if group.periodicity is not None:
        starts_at = beacon_start(starts_at) + BEACON_PERIOD
    group.session_starts_at, group.session_ends_at = starts_at, starts_at + lasts
    group.save(update_fields=["session_starts_at", "session_ends_at"])
    MulticastMember.objects.filter(group=group).update(asked="", attempts=0)
    facts: dict[str, object] = {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + lasts).isoformat()}
    _tell(actor, group, "lorawan.group_session", facts)
    return group


@transaction.atomic
def send_message(actor: Actor, group_id: int, message: GroupMessage, region: Region) -> MulticastMessage:
    """Waits for a session of the group. ``Invalid`` for a port of the network's own or a payload that is too long."""
    f_port, payload, expires_at = message.f_port, message.payload, message.expires_at
    group = _open_group(actor, group_id)
    if not _FIRST_PORT <= f_port <= _LAST_PORT:
        raise Invalid("lorawan.group_port", first=_FIRST_PORT, last=_LAST_PORT)
    if expires_at <= clock.now():
        raise Invalid("lorawan.message_expired")
    longest = region.max_payload(group.data_rate).frm_payload_bytes
    if not 0 < len(payload) <= longest:
        raise Invalid("lorawan.message_size", bytes=len(payload), most=longest)
    queued = MulticastMessage.objects.create(
        id=uuid.uuid4(),
        group=group,
        f_port=f_port,
        payload=payload,
        created_at=clock.now(),
        expires_at=expires_at,
    )
    _tell(actor, group, "lorawan.group_message", {"port": f_port, "bytes": len(payload)})
    return queued


@transaction.atomic
def rewrap_group_keys(actor: Actor) -> int:
    """Wraps by the current key-encryption key the group keys that an older one has wrapped: how many. ``Refused``."""
    require_everything(actor)
    ring, count = key_ring(), 0
    for group in MulticastGroup.objects.visible_to(actor).select_for_update():
        wrapped, bound = bytes(group.mc_key), f"{group.mc_addr:08x}"
        if not ring.is_current(wrapped):
            group.mc_key = ring.wrap(ring.unwrap(wrapped, bound, Purpose.MC_KEY), bound, Purpose.MC_KEY)
            group.save(update_fields=["mc_key"])
            count += 1
    return count


def _open_group(actor: Actor, group_id: int) -> MulticastGroup:
    require_radio(actor)
    group = queries.groups(actor).select_for_update(of=("self",), no_key=True).filter(pk=group_id).first()
    if group is None:
        group = queries.group(actor, group_id)
    require_configure(actor, group.organisation_id)
    if group.closed_at is not None:
        raise Conflict("lorawan.group_is_closed", group=group.name)
    return group


def _free_address() -> int:
    while queries.address_is_taken(mc_addr := secrets.randbits(_ADDRESS_BITS)):
        pass
    return mc_addr


def _tell(actor: Actor, group: MulticastGroup, action: str, facts: dict[str, object]) -> None:
    write_journal(actor, group.organisation_id, action, "multicast_group", str(group.pk), group.name, facts)

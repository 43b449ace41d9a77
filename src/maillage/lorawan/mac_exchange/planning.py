"""What to ask of a device with the next downlink, most important first, within the room there is."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from maillage.lorawan.adr.history import is_full, lost_share, max_snr_db
from maillage.lorawan.adr.values import AdrAlgorithm, Limits, Link, Setting
from maillage.lorawan.mac_exchange.hearing import SETTINGS, Rhythm
from maillage.lorawan.mac_exchange.state import MAX_ATTEMPTS, MacState
from maillage.lorawan.mac_exchange.wishes import NO_WISH, RadioWish, channel_frequencies, unmet
from maillage.lorawan.protocol.mac.command import MacCommand
from maillage.lorawan.protocol.mac.dev_status import DevStatusReq
from maillage.lorawan.protocol.mac.link_adr import LinkADRReq
from maillage.lorawan.protocol.mac.stream import encode_commands
from maillage.lorawan.regions.region import Region


class Occasion(Struct, frozen=True):
    """An uplink after which something may be asked. ``history`` is of the present setting."""

    f_cnt: int
    at: datetime
    adr: bool
    history: bytes
    rx1_delay_s: int = 1
    wish: RadioWish = NO_WISH


def wanted(mac: MacState, occasion: Occasion, method: AdrAlgorithm, limits: Limits, region: Region) -> list[MacCommand]:
    """The requests that are due; none is a reason for no downlink."""
    found: list[MacCommand] = []
    setting = adr_setting(mac, occasion, method, limits)
    if setting is not None:
        cntl, mask = same_channels(mac, region)
        found.append(LinkADRReq(setting.data_rate, setting.tx_power, mask, cntl, setting.nb_trans))
    if occasion.f_cnt >= mac.quiet_until_f_cnt:
        found.extend(unmet(mac, occasion.rx1_delay_s, occasion.wish, region))
    if is_status_due(mac, occasion.at):
        found.append(DevStatusReq())
    return found


def is_status_due(mac: MacState, at: datetime) -> bool:
    return mac.status_due_at is not None and mac.status_due_at <= at


def adr_setting(mac: MacState, occasion: Occasion, method: AdrAlgorithm, limits: Limits) -> Setting | None:
    """What the device should change to; None when that is nothing, not known yet, or not its network's to say."""
    if not occasion.adr or mac.data_rate is None or occasion.f_cnt < mac.quiet_until_f_cnt:
        return None
    if not is_full(occasion.history):
        return None
    now = Setting(mac.data_rate, mac.tx_power, mac.nb_trans)
    link = Link(now, max_snr_db(occasion.history), lost_share(occasion.history))
    chosen = method.decide(link, limits.narrowed(mac.max_data_rate, mac.max_tx_power))
    return None if chosen == now else chosen


def same_channels(mac: MacState, region: Region) -> tuple[int, int]:
    """ChMaskCntl and ChMask that leave the channels as they are: ADR moves none."""
    enabled = mac.channels
    if enabled is None:
        enabled = region.joined.enabled
        if mac.taught:
            enabled = sum(1 << index for index in channel_frequencies(mac.taught, region))
    return region.channel_masks(enabled, enabled, enabled)[0]


def asking(mac: MacState, requests: Sequence[MacCommand], at: datetime, rhythm: Rhythm) -> MacState:
    """The state in which the requests are on their way: to be durable before they are."""
    sets = any(isinstance(request, SETTINGS) for request in requests)
    due = mac.status_due_at
    if any(isinstance(request, DevStatusReq) for request in requests):
        due = at + rhythm.status_again
    attempts = min(mac.attempts + 1, MAX_ATTEMPTS) if sets else mac.attempts
    return replace(mac, pending=encode_commands(requests), attempts=attempts, status_due_at=due)


def fitting(requests: list[MacCommand], room_bytes: int) -> list[MacCommand]:
    """As many as fit, in order."""
    found: list[MacCommand] = []
    for request in requests:
        size = 1 + request.PAYLOAD_BYTES
        if size <= room_bytes:
            found.append(request)
            room_bytes -= size
    return found

"""The radio settings that a device profile asks for, what the region allows of them, and what is left to ask.

Nothing is queued: what is due is the difference between what is wished and what the device has accepted. So a request
that was lost comes back by itself, and a profile that changes is followed by every session.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from maillage.lorawan.mac_exchange.state import MacState, requests_in
from maillage.lorawan.protocol.dl_settings import DLSettings
from maillage.lorawan.protocol.mac.command import MacCommand
from maillage.lorawan.protocol.mac.dl_channel import DlChannelReq
from maillage.lorawan.protocol.mac.new_channel import NewChannelReq
from maillage.lorawan.protocol.mac.rx_param_setup import RXParamSetupReq
from maillage.lorawan.protocol.mac.rx_timing_setup import RXTimingSetupReq
from maillage.lorawan.regions.channel_plan import DynamicPlan
from maillage.lorawan.regions.region import Region

MAX_CHANNELS = 16
_RX1_DELAYS_S = range(1, 16)


@dataclass(frozen=True, slots=True)
class WishedChannel:
    """An uplink channel beside those of the join; ``downlink_frequency_hz`` None: RX1 on the uplink's own."""

    index: int
    frequency_hz: int
    min_data_rate: int
    max_data_rate: int
    downlink_frequency_hz: int | None = None


@dataclass(frozen=True, slots=True)
class RadioWish:
    """None: as the region has it. Data rates are indices of the region."""

    rx1_delay_s: int | None = None
    rx1_dr_offset: int | None = None
    rx2_data_rate: int | None = None
    rx2_frequency_hz: int | None = None
    channels: tuple[WishedChannel, ...] = ()


NO_WISH = RadioWish()


@dataclass(frozen=True, slots=True)
class Forbidden:
    """A setting of a profile that the region does not allow: never asked. ``field`` names it as ``model.toml`` does."""

    field: str
    value: int


def allowed(wish: RadioWish, region: Region) -> tuple[RadioWish, tuple[Forbidden, ...]]:
    """The wish without what the region forbids, and what that was."""
    checks = {
        "rx1_delay_s": wish.rx1_delay_s is None or wish.rx1_delay_s in _RX1_DELAYS_S,
        "rx1_dr_offset": wish.rx1_dr_offset is None or _has_offset(region, wish.rx1_dr_offset),
        "rx2_data_rate": wish.rx2_data_rate is None or _sends_at(region, wish.rx2_data_rate),
        "rx2_frequency_hz": wish.rx2_frequency_hz is None or region.sub_band(wish.rx2_frequency_hz) is not None,
    }
    wrong = [Forbidden(name, getattr(wish, name)) for name, is_fine in checks.items() if not is_fine]
    channels = tuple(one for one in wish.channels if _has_channel(region, one))
    wrong += [Forbidden("channels", one.index) for one in wish.channels if one not in channels]
    return replace(wish, channels=channels, **{found.field: None for found in wrong if found.field != "channels"}), (
        tuple(wrong)
    )


def unmet(mac: MacState, rx1_delay_s: int, wish: RadioWish, region: Region) -> list[MacCommand]:
    """What is still to be asked, without what the device has declined or may still be answering."""
    if wish is NO_WISH and not mac.taught:
        return []
    refused = set(requests_in(mac.refused))
    found = (*_windows(mac, rx1_delay_s, wish, region), *_channels(mac, wish, region))
    return [one for one in found if not mac.settling >> one.CID & 1 and one not in refused]


def _windows(mac: MacState, rx1_delay_s: int, wish: RadioWish, region: Region) -> Iterator[MacCommand]:
    if wish.rx1_delay_s is not None and wish.rx1_delay_s != rx1_delay_s:
        yield RXTimingSetupReq(wish.rx1_delay_s)
    now = _rx_params(mac, region)
    wanted = RXParamSetupReq(
        DLSettings(
            now.dl_settings.rx1_dr_offset if wish.rx1_dr_offset is None else wish.rx1_dr_offset,
            now.dl_settings.rx2_data_rate if wish.rx2_data_rate is None else wish.rx2_data_rate,
        ),
        wish.rx2_frequency_hz or now.frequency_hz,
    )
    if wanted != now:
        yield wanted


def _rx_params(mac: MacState, region: Region) -> RXParamSetupReq:
    """The request that would change nothing."""
    rate = region.rx2_data_rate if mac.rx2_data_rate is None else mac.rx2_data_rate
    return RXParamSetupReq(DLSettings(mac.rx1_dr_offset, rate), mac.rx2_frequency_hz or region.rx2_frequency_hz)


def _channels(mac: MacState, wish: RadioWish, region: Region) -> Iterator[MacCommand]:
    """A channel's definition first, its downlink frequency once that is accepted.

    A channel with a downlink frequency of its own is removed before it is changed, so that both sides forget it.
    """
    taught, moved = taught_channels(mac.taught), taught_downlinks(mac.taught)
    wished = {one.index: one for one in wish.channels}
    for index in sorted(taught.keys() | wished.keys()):
        one = wished.get(index)
        elsewhere = None if one is None else one.downlink_frequency_hz
        wanted = _definition(region, index) if one is None else _asked(one)
        if index in moved and (moved[index] != elsewhere or taught.get(index, _definition(region, index)) != wanted):
            yield _removed(index)
        elif taught.get(index, _definition(region, index)) != wanted:
            yield wanted
        elif elsewhere is not None and index not in moved:
            yield DlChannelReq(index, elsewhere)


def taught_channels(taught: bytes) -> dict[int, NewChannelReq]:
    """The channels that a device has accepted or given up, by index; all 0 for the latter."""
    found = (one for one in requests_in(taught) if isinstance(one, NewChannelReq))
    return {one.channel_index: one if one.frequency_hz else _removed(one.channel_index) for one in found}


def taught_downlinks(taught: bytes) -> dict[int, int]:
    """The channels whose RX1 is elsewhere, and where, by index."""
    return {one.channel_index: one.frequency_hz for one in requests_in(taught) if isinstance(one, DlChannelReq)}


def rx1_frequency_hz(mac: MacState, region: Region, uplink_hz: int, rx1_hz: int) -> int:
    """Where RX1 is for an uplink heard at ``uplink_hz``: ``rx1_hz``, unless the network moved that channel's."""
    if not mac.taught:
        return rx1_hz
    index = channel_index(mac.taught, region, uplink_hz)
    return rx1_hz if index is None else taught_downlinks(mac.taught).get(index, rx1_hz)


def channel_index(taught: bytes, region: Region, uplink_hz: int, data_rate: int | None = None) -> int | None:
    """The number of the nearest channel that the device has, of those that carry ``data_rate`` if it is given."""
    found = channel_frequencies(taught, region, data_rate)
    return min(found, key=lambda index: abs(found[index] - uplink_hz), default=None)


def channel_frequencies(taught: bytes, region: Region, data_rate: int | None = None) -> dict[int, int]:
    """The channels that a device has after its join and what it was taught, by index."""
    joined = region.joined.channels
    found = {
        index: channel.frequency_hz
        for index, channel in enumerate(joined)
        if channel is not None and (data_rate is None or channel.carries(data_rate))
    }
    for index, one in taught_channels(taught).items():
        found.pop(index, None)
        if one.frequency_hz and (data_rate is None or one.min_data_rate <= data_rate <= one.max_data_rate):
            found[index] = one.frequency_hz
    return found


def with_subject(octets: bytes, request: NewChannelReq | DlChannelReq) -> Iterable[MacCommand]:
    """What is taught after one more: a new definition of a channel forgets its downlink frequency."""
    index = request.channel_index
    kinds = (NewChannelReq, DlChannelReq) if isinstance(request, NewChannelReq) else (DlChannelReq,)
    kept = [one for one in requests_in(octets) if not (isinstance(one, kinds) and one.channel_index == index)]
    return (*kept, request)


def _definition(region: Region, index: int) -> NewChannelReq:
    """The channel as the join leaves it; that of a removal where it leaves none."""
    joined = region.joined.channels
    found = joined[index] if index < len(joined) else None
    if found is None:
        return _removed(index)
    return NewChannelReq(index, found.frequency_hz, found.min_data_rate, found.max_data_rate)


def _removed(index: int) -> NewChannelReq:
    return NewChannelReq(index, 0, 0, 0)


def _asked(one: WishedChannel) -> NewChannelReq:
    return NewChannelReq(one.index, one.frequency_hz, one.min_data_rate, one.max_data_rate)


def _has_offset(region: Region, offset: int) -> bool:
    return all(0 <= offset < len(row) for row in region.rx1_data_rates if row)


def _sends_at(region: Region, data_rate: int) -> bool:
    return data_rate in region.downlink_data_rates and region.data_rates[data_rate] is not None


def _has_channel(region: Region, channel: WishedChannel) -> bool:
    """The band's own channels are never changed, and fixed plans have no others (RP002-1.0.4, NewChannelReq)."""
    if not isinstance(region.plan, DynamicPlan):
        return False
    frequencies_hz = (channel.frequency_hz, channel.downlink_frequency_hz or channel.frequency_hz)
    rates = range(region.uplink_data_rates.start, region.uplink_data_rates.stop)
    return (
        len(region.default_channels) <= channel.index < MAX_CHANNELS
        and channel.min_data_rate in rates
        and channel.max_data_rate in rates
        and channel.min_data_rate <= channel.max_data_rate
        and all(region.sub_band(hz) is not None for hz in frequencies_hz)
    )

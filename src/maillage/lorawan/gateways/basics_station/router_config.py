"""``router_config``: the channel plan of a region, spread over one SX1301. Source: *The LNS Protocol*."""

from collections.abc import Sequence

import msgspec

from maillage.lorawan.gateways.basics_station.errors import StationError, StationReason
from maillage.lorawan.gateways.basics_station.messages import ChipConf, RouterConfig
from maillage.lorawan.regions.channel_plan import Channel, ChannelPlan, FixedPlan
from maillage.lorawan.regions.data_rate import DataRate, FskDataRate, LoRaDataRate
from maillage.lorawan.regions.region import Region

# Every release knows this name; those of RP002 (EU868) came later.
_NAMES = {"EU868": "EU863", "US915": "US902"}
_DATA_RATES = 16
_CHANNELS = 8
_RADIOS = 2
_UNUSED = (-1, 0, 0)
_FSK = (0, 0, 0)
_OFF = ChipConf(False)
# A multi-SF channel of 125 kHz must lie within 400 kHz of its radio's centre (SX1301 data sheet, §7).
_REACH_HZ = 400_000
_NARROW_HZ = 125_000


def router_config(region: Region) -> RouterConfig:
    """Everything heard is forwarded: strangers are counted where the operator looks, as over UDP.

    Raises ``StationError`` for a plan that one concentrator cannot hear.
    """
    low_hz = min(band.low_hz for band in region.sub_bands)
    high_hz = max(band.high_hz for band in region.sub_bands)
    rates = [_rate(rate, index in region.uplink_data_rates) for index, rate in enumerate(region.data_rates)]
    return RouterConfig(
        region=_NAMES.get(region.common_name, region.common_name),
        hwspec="sx1301/1",
        freq_range=(low_hz, high_hz),
        data_rates=rates + [_UNUSED] * (_DATA_RATES - len(rates)),
        sx1301_conf=[_concentrator(region)],
        max_eirp=float(max(region.tx_powers_dbm)),
    )


def _rate(rate: DataRate | None, is_uplink: bool) -> tuple[int, int, int]:  # noqa: FBT001 - a fact of the table
    """Spreading factor, bandwidth in kHz, and whether only downlinks use it. Station knows no LR-FHSS."""
    match rate:
        case LoRaDataRate():
            return rate.spreading_factor, rate.bandwidth_hz // 1000, int(not is_uplink)
        case FskDataRate():
            return _FSK
        case _:
            return _UNUSED


def _concentrator(region: Region) -> dict[str, ChipConf]:
    """The lowest channel at the lower edge of the first radio, the first one out of its reach at the second's."""
    channels = [(one.frequency_hz, region.data_rate(one.min_data_rate)) for one in _listened_to(region.plan)]
    narrow_hz = sorted(hz for hz, rate in channels if not _is_wide(rate))
    wide = [(hz, rate) for hz, rate in channels if _is_wide(rate)]
    centres_hz: list[int] = []
    for frequency_hz in narrow_hz:
        if not centres_hz or frequency_hz > centres_hz[-1] + _REACH_HZ:
            centres_hz.append(frequency_hz + _REACH_HZ)
    if len(centres_hz) > _RADIOS or len(narrow_hz) > _CHANNELS or len(wide) > 1:
        detail = f"{len(channels)} channels around {len(centres_hz)} frequencies"
        raise StationError(StationReason.FIELD_OUT_OF_RANGE, detail)
    multi = [_channel(hz, centres_hz) for hz in narrow_hz] + [_OFF] * (_CHANNELS - len(narrow_hz))
    radios = [ChipConf(True, centre) for centre in centres_hz] + [ChipConf(False, 0)] * (_RADIOS - len(centres_hz))
    return {
        **{f"radio_{index}": radio for index, radio in enumerate(radios)},
        "chan_FSK": _OFF,
        "chan_Lora_std": _wide_channel(*wide[0], centres_hz) if wide else _OFF,
        **{f"chan_multiSF_{index}": channel for index, channel in enumerate(multi)},
    }


def _listened_to(plan: ChannelPlan) -> list[Channel]:
    """Of a fixed plan, those of the network's own blocks."""
    if isinstance(plan, FixedPlan):
        return [one for index, one in enumerate(plan.channels) if plan.network_channels >> index & 1]
    return list(plan.channels)


def _channel(frequency_hz: int, centres_hz: Sequence[int]) -> ChipConf:
    radio = min(range(len(centres_hz)), key=lambda index: abs(frequency_hz - centres_hz[index]))
    return ChipConf(True, radio=radio, offset_hz=frequency_hz - centres_hz[radio])


def _wide_channel(frequency_hz: int, rate: DataRate, centres_hz: Sequence[int]) -> ChipConf:
    channel = _channel(frequency_hz, centres_hz)
    if not isinstance(rate, LoRaDataRate):
        return _OFF
    return msgspec.structs.replace(channel, bandwidth=rate.bandwidth_hz, spread_factor=rate.spreading_factor)


def _is_wide(rate: DataRate) -> bool:
    return isinstance(rate, LoRaDataRate) and rate.bandwidth_hz > _NARROW_HZ

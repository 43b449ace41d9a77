"""The radio settings of a device, and its answers to the network's MAC commands (LoRaWAN L2 1.0.4, §5)."""

from dataclasses import dataclass, replace

from maillage.lorawan.protocol.dl_settings import DLSettings
from maillage.lorawan.protocol.join import JoinAcceptContent
from maillage.lorawan.protocol.mac.command import MacCommand
from maillage.lorawan.protocol.mac.dev_status import DevStatusAns, DevStatusReq
from maillage.lorawan.protocol.mac.dl_channel import DlChannelAns, DlChannelReq
from maillage.lorawan.protocol.mac.duty_cycle import DutyCycleAns, DutyCycleReq
from maillage.lorawan.protocol.mac.link_adr import LinkADRAns, LinkADRReq
from maillage.lorawan.protocol.mac.new_channel import NewChannelAns, NewChannelReq
from maillage.lorawan.protocol.mac.rx_param_setup import RXParamSetupAns, RXParamSetupReq
from maillage.lorawan.protocol.mac.rx_timing_setup import RXTimingSetupAns, RXTimingSetupReq
from maillage.lorawan.regions.region import Channel, ReceiveWindow, Region

_KEEP = 15
_MAX_CHANNELS = 16


@dataclass(frozen=True, slots=True)
class RadioSettings:
    """``channels`` by index, None where none is defined; ``enabled`` is the channel mask.

    ``downlinks_hz``: by channel index, those whose RX1 is not on the uplink's frequency.
    """

    region: Region
    channels: tuple[Channel | None, ...]
    enabled: int
    data_rate: int
    tx_power: int = 0
    nb_trans: int = 1
    rx1_dr_offset: int = 0
    rx2_frequency_hz: int = 0
    rx2_data_rate: int = 0
    rx1_delay_s: int = 1
    duty_cycle: float = 1.0
    downlinks_hz: tuple[tuple[int, int], ...] = ()

    @property
    def usable_channels(self) -> tuple[Channel, ...]:
        """Channels that the mask enables and the present data rate may use."""
        return tuple(
            channel
            for index, channel in enumerate(self.channels)
            if channel and self.enabled >> index & 1 and channel.carries(self.data_rate)
        )

    def rx1(self, frequency_hz: int, data_rate: int) -> ReceiveWindow:
        window = self.region.rx1(frequency_hz, data_rate, self.rx1_dr_offset, self.rx1_delay_s)
        if not self.downlinks_hz:
            return window
        used = next(index for index, one in enumerate(self.channels) if one and one.frequency_hz == frequency_hz)
        return replace(window, frequency_hz=dict(self.downlinks_hz).get(used, window.frequency_hz))

    def rx2(self) -> ReceiveWindow:
        return ReceiveWindow(self.rx2_frequency_hz, self.rx2_data_rate, self.rx1_delay_s + 1)


def factory_settings(region: Region, data_rate: int) -> RadioSettings:
    """What a device knows before it joins: the region's own channels and second window."""
    return RadioSettings(
        region,
        region.default_channels,
        (1 << len(region.default_channels)) - 1,
        data_rate,
        rx2_frequency_hz=region.rx2_frequency_hz,
        rx2_data_rate=region.rx2_data_rate,
        rx1_delay_s=region.receive_delay1_s,
    )


def joined_settings(region: Region, data_rate: int, accept: JoinAcceptContent) -> RadioSettings:
    """What a JoinAccept teaches: delays, window data rates and the channels of its CFList."""
    taught = region.channels_after_join(accept.cf_list)
    return replace(
        factory_settings(region, data_rate),
        channels=taught.channels,
        enabled=taught.enabled,
        rx1_dr_offset=accept.dl_settings.rx1_dr_offset,
        rx2_data_rate=accept.dl_settings.rx2_data_rate,
        rx1_delay_s=accept.rx_delay_s,
    )


def backed_off(settings: RadioSettings) -> RadioSettings:
    """One step back for a device that hears nothing: full power, then slower, at last as it joined (§4.3.1.1)."""
    if settings.tx_power > 0:
        return replace(settings, tx_power=0)
    if settings.data_rate > 0:
        return replace(settings, data_rate=settings.data_rate - 1)
    defined = sum(1 << index for index, channel in enumerate(settings.channels) if channel)
    return replace(settings, enabled=defined, nb_trans=1)


def obey(
    settings: RadioSettings, command: MacCommand, battery: int, margin_db: int
) -> tuple[RadioSettings, MacCommand | None]:
    """The settings after a command, and the answer to give; None where none is due (answers to our questions)."""
    outcome: tuple[RadioSettings, MacCommand | None] = (settings, None)
    match command:
        case LinkADRReq():
            outcome = _link_adr(settings, command)
        case RXParamSetupReq():
            outcome = _rx_param_setup(settings, command)
        case NewChannelReq():
            outcome = _new_channel(settings, command)
        case DlChannelReq():
            outcome = _dl_channel(settings, command)
        case RXTimingSetupReq():
            outcome = replace(settings, rx1_delay_s=command.delay_s), RXTimingSetupAns()
        case DutyCycleReq():
            outcome = replace(settings, duty_cycle=command.ratio), DutyCycleAns()
        case DevStatusReq():
            outcome = settings, DevStatusAns(battery, max(-32, min(31, margin_db)))
        case _:
            pass
    return outcome


def _link_adr(settings: RadioSettings, request: LinkADRReq) -> tuple[RadioSettings, MacCommand]:
    data_rate = settings.data_rate if request.data_rate == _KEEP else request.data_rate
    tx_power = settings.tx_power if request.tx_power == _KEEP else request.tx_power
    mask = _mask(settings, request)
    carried = any(
        channel and mask >> index & 1 and channel.carries(data_rate) for index, channel in enumerate(settings.channels)
    )
    power_ok = tx_power < len(settings.region.tx_powers_dbm)
    answer = LinkADRAns(power_ok, carried, mask != 0)
    if not answer.accepted:
        return settings, answer
    changed = replace(
        settings, data_rate=data_rate, tx_power=tx_power, enabled=mask, nb_trans=request.nb_trans or settings.nb_trans
    )
    return changed, answer


def _mask(settings: RadioSettings, request: LinkADRReq) -> int:
    """The channels that the request enables; 0 where it names one that is not defined."""
    defined = sum(1 << index for index, channel in enumerate(settings.channels) if channel)
    return settings.region.channel_mask(settings.enabled, defined, request.ch_mask_cntl, request.ch_mask) or 0


def _rx_param_setup(settings: RadioSettings, request: RXParamSetupReq) -> tuple[RadioSettings, MacCommand]:
    wanted: DLSettings = request.dl_settings
    answer = RXParamSetupAns(
        wanted.rx1_dr_offset < len(settings.region.rx1_data_rates[0]),
        wanted.rx2_data_rate in settings.region.downlink_data_rates,
        settings.region.sub_band(request.frequency_hz) is not None,
    )
    if not answer.accepted:
        return settings, answer
    changed = replace(
        settings,
        rx1_dr_offset=wanted.rx1_dr_offset,
        rx2_data_rate=wanted.rx2_data_rate,
        rx2_frequency_hz=request.frequency_hz,
    )
    return changed, answer


def _dl_channel(settings: RadioSettings, request: DlChannelReq) -> tuple[RadioSettings, MacCommand]:
    index = request.channel_index
    exists = index < len(settings.channels) and settings.channels[index] is not None
    answer = DlChannelAns(exists, settings.region.sub_band(request.frequency_hz) is not None)
    if not answer.accepted:
        return settings, answer
    moved = {**dict(settings.downlinks_hz), index: request.frequency_hz}
    return replace(settings, downlinks_hz=tuple(sorted(moved.items()))), answer


def _new_channel(settings: RadioSettings, request: NewChannelReq) -> tuple[RadioSettings, MacCommand]:
    own = len(settings.region.default_channels)
    index_ok = own <= request.channel_index < _MAX_CHANNELS
    frequency_ok = request.frequency_hz == 0 or settings.region.sub_band(request.frequency_hz) is not None
    rates_ok = request.min_data_rate <= request.max_data_rate < settings.region.uplink_data_rates.stop
    answer = NewChannelAns(rates_ok, frequency_ok and index_ok)
    if not answer.accepted:
        return settings, answer
    kept = tuple(pair for pair in settings.downlinks_hz if pair[0] != request.channel_index)
    settings = replace(settings, downlinks_hz=kept)
    channels = list(settings.channels) + [None] * (request.channel_index + 1 - len(settings.channels))
    bit = 1 << request.channel_index
    if request.frequency_hz == 0:
        channels[request.channel_index] = None
        return replace(settings, channels=tuple(channels), enabled=settings.enabled & ~bit), answer
    channels[request.channel_index] = Channel(request.frequency_hz, request.min_data_rate, request.max_data_rate)
    return replace(settings, channels=tuple(channels), enabled=settings.enabled | bit), answer

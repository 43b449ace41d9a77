"""The two kinds of channel plan: channels that a network may define, and channels that the band defines for good.

A plan knows what a device has before it joins, what CFList teaches it, where RX1 answers, and how ChMask is read.
Sources: RP002-1.0.4, "JoinAccept CFList" and "Receive windows" of each region.
"""

from dataclasses import dataclass

from maillage.lorawan.protocol.join import (
    decode_cf_list,
    decode_channel_masks,
    encode_cf_list,
    encode_channel_masks,
)
from maillage.lorawan.regions.channel_mask import DYNAMIC_RULES, FIXED_RULES, MaskRules

_MASK_BITS = 16
_BLOCK_CHANNELS = 8
_NARROW_CHANNELS = 64


@dataclass(frozen=True, slots=True)
class Channel:
    """An uplink channel and the data rates allowed on it, both bounds included."""

    frequency_hz: int
    min_data_rate: int
    max_data_rate: int

    def carries(self, data_rate: int) -> bool:
        return self.min_data_rate <= data_rate <= self.max_data_rate


@dataclass(frozen=True, slots=True)
class ChannelSet:
    """``channels`` by index, None where none is defined; bit i of ``enabled`` is channel i."""

    channels: tuple[Channel | None, ...]
    enabled: int


@dataclass(frozen=True, slots=True)
class DynamicPlan:
    """Sixteen places; the band fills the first, the network may fill five more by CFList and all by NewChannelReq."""

    default_channels: tuple[Channel, ...]
    extra_channels: tuple[Channel, ...] = ()

    @property
    def mask_rules(self) -> MaskRules:
        return DYNAMIC_RULES

    @property
    def channels(self) -> tuple[Channel, ...]:
        """All that the network uses."""
        return self.default_channels + self.extra_channels

    def cf_list(self) -> bytes:
        """Type 0: the frequencies of the extra channels; nothing if there are none."""
        frequencies_hz = tuple(channel.frequency_hz for channel in self.extra_channels)
        return encode_cf_list(frequencies_hz) if frequencies_hz else b""

    def joined(self, cf_list: bytes) -> ChannelSet:
        """What a device has after a join. Channels of a CFList carry the rates of the default ones."""
        first = self.default_channels[0]
        taught = tuple(Channel(hz, first.min_data_rate, first.max_data_rate) for hz in decode_cf_list(cf_list))
        channels = self.default_channels + taught
        return ChannelSet(channels, (1 << len(channels)) - 1)

    def rx1_frequency_hz(self, uplink_frequency_hz: int, _uplink_data_rate: int) -> int:
        """The uplink's own."""
        return uplink_frequency_hz


@dataclass(frozen=True, slots=True)
class FixedPlan:
    """64 narrow and 8 wide uplink channels, 8 downlink channels.

    ``network_channels`` are those that the gateways listen to; bit i is channel i.
    """

    default_channels: tuple[Channel, ...]
    downlink_channels_hz: tuple[int, ...]
    network_channels: int

    @property
    def mask_rules(self) -> MaskRules:
        return FIXED_RULES

    @property
    def extra_channels(self) -> tuple[Channel, ...]:
        return ()

    @property
    def channels(self) -> tuple[Channel, ...]:
        return self.default_channels

    def cf_list(self) -> bytes:
        """Type 1: the mask of the channels to use."""
        count = -(-len(self.default_channels) // _MASK_BITS)
        return encode_channel_masks(tuple(self.network_channels >> _MASK_BITS * bank & 0xFFFF for bank in range(count)))

    def joined(self, cf_list: bytes) -> ChannelSet:
        """A device without a CFList of type 1 keeps every channel enabled."""
        masks = decode_channel_masks(cf_list)
        named = sum(mask << _MASK_BITS * bank for bank, mask in enumerate(masks))
        everything = (1 << len(self.default_channels)) - 1
        return ChannelSet(self.default_channels, named & everything or everything)

    def rx1_frequency_hz(self, uplink_frequency_hz: int, uplink_data_rate: int) -> int:
        """Downlink channel: the uplink channel's number modulo eight.

        The channel is the nearest one that carries the rate, for gateways that report a carrier a little off.
        """
        index = min(
            (number for number, one in enumerate(self.default_channels) if one.carries(uplink_data_rate)),
            key=lambda number: abs(self.default_channels[number].frequency_hz - uplink_frequency_hz),
            default=0,
        )
        return self.downlink_channels_hz[index % len(self.downlink_channels_hz)]


ChannelPlan = DynamicPlan | FixedPlan


def block_mask(*blocks: int) -> int:
    """The channels of blocks 1 to 8: eight narrow ones in a row and the wide one that spans them."""
    return sum(0xFF << _BLOCK_CHANNELS * (block - 1) | 1 << _NARROW_CHANNELS + block - 1 for block in blocks)


def evenly(first_hz: int, step_hz: int, count: int) -> tuple[int, ...]:
    return tuple(first_hz + step_hz * number for number in range(count))

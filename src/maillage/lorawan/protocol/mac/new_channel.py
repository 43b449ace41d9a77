"""NewChannel: the network defines a channel of a device (LoRaWAN L2 1.0.4, §5.6)."""

from dataclasses import dataclass
from typing import ClassVar, Self

from maillage.lorawan.protocol.errors import fits
from maillage.lorawan.protocol.frequency import read_frequency_hz, write_frequency_hz
from maillage.lorawan.protocol.mac.command import MacCommand


@dataclass(frozen=True, slots=True)
class NewChannelReq(MacCommand):
    """``frequency_hz`` 0 disables the channel; the region's default channels cannot be changed."""

    CID: ClassVar[int] = 0x07
    PAYLOAD_BYTES: ClassVar[int] = 5

    channel_index: int
    frequency_hz: int
    min_data_rate: int
    max_data_rate: int

    def payload(self) -> bytes:
        rates = fits("MaxDR", self.max_data_rate, 4) << 4 | fits("MinDR", self.min_data_rate, 4)
        index = bytes((fits("ChIndex", self.channel_index, 8),))
        return index + write_frequency_hz(self.frequency_hz) + bytes((rates,))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(payload[0], read_frequency_hz(payload[1:4]), payload[4] & 0x0F, payload[4] >> 4)


@dataclass(frozen=True, slots=True)
class NewChannelAns(MacCommand):
    """Unless both are accepted, the device changed nothing."""

    CID: ClassVar[int] = 0x07
    PAYLOAD_BYTES: ClassVar[int] = 1

    data_rate_range_ok: bool
    frequency_ok: bool

    @property
    def accepted(self) -> bool:
        return self.data_rate_range_ok and self.frequency_ok

    def payload(self) -> bytes:
        return bytes((self.data_rate_range_ok << 1 | self.frequency_ok,))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(bool(payload[0] & 0b10), bool(payload[0] & 0b01))

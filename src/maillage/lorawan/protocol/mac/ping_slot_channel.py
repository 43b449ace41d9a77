"""PingSlotChannel: the network sets frequency and rate of ping slots (LoRaWAN L2 1.0.4, §12.3; 1.1, §14.3)."""

from dataclasses import dataclass
from typing import ClassVar, Self

from maillage.lorawan.protocol.errors import fits
from maillage.lorawan.protocol.frequency import read_frequency_hz, write_frequency_hz
from maillage.lorawan.protocol.mac.command import MacCommand


@dataclass(frozen=True, slots=True)
class PingSlotChannelReq(MacCommand):
    """``frequency_hz`` 0 restores the region's own. Sent only in RX1 or RX2, never in a ping slot."""

    CID: ClassVar[int] = 0x11
    PAYLOAD_BYTES: ClassVar[int] = 4

    frequency_hz: int
    data_rate: int

    def payload(self) -> bytes:
        return write_frequency_hz(self.frequency_hz) + bytes((fits("DataRate", self.data_rate, 4),))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(read_frequency_hz(payload[:3]), payload[3] & 0x0F)


@dataclass(frozen=True, slots=True)
class PingSlotChannelAns(MacCommand):
    """Unless both are accepted, nothing changed. Repeated by the device until it hears a downlink (1.0.4)."""

    CID: ClassVar[int] = 0x11
    PAYLOAD_BYTES: ClassVar[int] = 1

    data_rate_ok: bool
    frequency_ok: bool

    @property
    def accepted(self) -> bool:
        return self.data_rate_ok and self.frequency_ok

    def payload(self) -> bytes:
        return bytes((self.data_rate_ok << 1 | self.frequency_ok,))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(bool(payload[0] & 0b10), bool(payload[0] & 0b01))

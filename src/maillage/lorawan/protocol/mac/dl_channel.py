"""DlChannel: the network moves RX1 of one uplink channel (LoRaWAN L2 1.0.4, §5.9)."""

from dataclasses import dataclass
from typing import ClassVar, Self

from maillage.lorawan.protocol.errors import fits
from maillage.lorawan.protocol.frequency import read_frequency_hz, write_frequency_hz
from maillage.lorawan.protocol.mac.command import MacCommand


@dataclass(frozen=True, slots=True)
class DlChannelReq(MacCommand):
    """Answers to uplinks on channel ``channel_index`` come at ``frequency_hz`` instead of the uplink's own."""

    CID: ClassVar[int] = 0x0A
    PAYLOAD_BYTES: ClassVar[int] = 4

    channel_index: int
    frequency_hz: int

    def payload(self) -> bytes:
        return bytes((fits("ChIndex", self.channel_index, 8),)) + write_frequency_hz(self.frequency_hz)

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(payload[0], read_frequency_hz(payload[1:]))


@dataclass(frozen=True, slots=True)
class DlChannelAns(MacCommand):
    """Unless both are accepted, nothing changed. Repeated by the device until it hears a downlink."""

    CID: ClassVar[int] = 0x0A
    PAYLOAD_BYTES: ClassVar[int] = 1

    uplink_frequency_exists: bool
    channel_frequency_ok: bool

    @property
    def accepted(self) -> bool:
        return self.uplink_frequency_exists and self.channel_frequency_ok

    def payload(self) -> bytes:
        return bytes((self.uplink_frequency_exists << 1 | self.channel_frequency_ok,))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(bool(payload[0] & 0b10), bool(payload[0] & 0b01))

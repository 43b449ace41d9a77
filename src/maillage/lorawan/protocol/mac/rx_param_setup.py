"""RXParamSetup: the network moves RX2 and the RX1 offset (LoRaWAN L2 1.0.4, §5.4)."""

from dataclasses import dataclass
from typing import ClassVar, Self

from maillage.lorawan.protocol.dl_settings import DLSettings
from maillage.lorawan.protocol.frequency import read_frequency_hz, write_frequency_hz
from maillage.lorawan.protocol.mac.command import MacCommand

_DL_SETTINGS_MASK = 0x7F


@dataclass(frozen=True, slots=True)
class RXParamSetupReq(MacCommand):
    CID: ClassVar[int] = 0x05
    PAYLOAD_BYTES: ClassVar[int] = 4

    dl_settings: DLSettings
    frequency_hz: int

    def payload(self) -> bytes:
        return bytes((self.dl_settings.encode() & _DL_SETTINGS_MASK,)) + write_frequency_hz(self.frequency_hz)

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(DLSettings.decode(payload[0] & _DL_SETTINGS_MASK), read_frequency_hz(payload[1:]))


@dataclass(frozen=True, slots=True)
class RXParamSetupAns(MacCommand):
    """Unless all three are accepted, nothing changed. Repeated by the device until it hears a downlink."""

    CID: ClassVar[int] = 0x05
    PAYLOAD_BYTES: ClassVar[int] = 1

    rx1_dr_offset_ack: bool
    rx2_data_rate_ack: bool
    channel_ack: bool

    @property
    def accepted(self) -> bool:
        return self.rx1_dr_offset_ack and self.rx2_data_rate_ack and self.channel_ack

    def payload(self) -> bytes:
        return bytes((self.rx1_dr_offset_ack << 2 | self.rx2_data_rate_ack << 1 | self.channel_ack,))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        status = payload[0]
        return cls(bool(status & 0b100), bool(status & 0b010), bool(status & 0b001))

"""TXParamSetup: dwell times and power cap, where the region has them (LoRaWAN L2 1.0.4, §5.8)."""

from dataclasses import dataclass
from typing import ClassVar, Self

from maillage.lorawan.protocol.errors import fits
from maillage.lorawan.protocol.mac.command import EmptyCommand, MacCommand

MAX_EIRP_DBM = (8, 10, 12, 13, 14, 16, 18, 20, 21, 24, 26, 27, 29, 30, 33, 36)
"""EIRP by its coded value."""

_DOWNLINK_DWELL = 0x20
_UPLINK_DWELL = 0x10


@dataclass(frozen=True, slots=True)
class TXParamSetupReq(MacCommand):
    """Dwell times are limited to 400 ms where true. Only AS923 and AU915 devices obey; others stay silent."""

    CID: ClassVar[int] = 0x09
    PAYLOAD_BYTES: ClassVar[int] = 1

    max_eirp: int
    uplink_dwell_limited: bool
    downlink_dwell_limited: bool

    @property
    def max_eirp_dbm(self) -> int:
        return MAX_EIRP_DBM[self.max_eirp]

    def payload(self) -> bytes:
        dwell = _DOWNLINK_DWELL * self.downlink_dwell_limited | _UPLINK_DWELL * self.uplink_dwell_limited
        return bytes((dwell | fits("MaxEIRP", self.max_eirp, 4),))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        octet = payload[0]
        return cls(octet & 0x0F, bool(octet & _UPLINK_DWELL), bool(octet & _DOWNLINK_DWELL))


@dataclass(frozen=True, slots=True)
class TXParamSetupAns(EmptyCommand):
    """Repeated by the device until it hears a downlink (1.0.4)."""

    CID: ClassVar[int] = 0x09

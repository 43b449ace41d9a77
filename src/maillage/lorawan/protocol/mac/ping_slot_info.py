"""PingSlotInfo: a device tells how often it opens a ping slot (LoRaWAN L2 1.0.4, §12.1; 1.1, §14.1)."""

from dataclasses import dataclass
from typing import ClassVar, Self

from maillage.lorawan.protocol.errors import fits
from maillage.lorawan.protocol.mac.command import EmptyCommand, MacCommand

_PERIODICITY_MASK = 0b111


@dataclass(frozen=True, slots=True)
class PingSlotInfoReq(MacCommand):
    """2^(7 - ``periodicity``) slots a beacon period: 0 about every second, 7 once in 128 seconds."""

    CID: ClassVar[int] = 0x10
    PAYLOAD_BYTES: ClassVar[int] = 1

    periodicity: int

    def payload(self) -> bytes:
        return bytes((fits("Periodicity", self.periodicity, 3),))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(payload[0] & _PERIODICITY_MASK)


@dataclass(frozen=True, slots=True)
class PingSlotInfoAns(EmptyCommand):
    """Only once it heard this may the device go to class B with that periodicity."""

    CID: ClassVar[int] = 0x10

"""DutyCycle: the network limits a device's aggregated transmit time (LoRaWAN L2 1.0.4, §5.3)."""

from dataclasses import dataclass
from typing import ClassVar, Self

from maillage.lorawan.protocol.errors import fits
from maillage.lorawan.protocol.mac.command import EmptyCommand, MacCommand


@dataclass(frozen=True, slots=True)
class DutyCycleReq(MacCommand):
    """At most 1 / 2^``max_duty_cycle`` of the time, exponent 0..15; 0 lifts the limit."""

    CID: ClassVar[int] = 0x04
    PAYLOAD_BYTES: ClassVar[int] = 1

    max_duty_cycle: int

    @property
    def ratio(self) -> float:
        return 1.0 / (1 << self.max_duty_cycle)

    def payload(self) -> bytes:
        return bytes((fits("MaxDCycle", self.max_duty_cycle, 4),))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(payload[0] & 0x0F)


@dataclass(frozen=True, slots=True)
class DutyCycleAns(EmptyCommand):
    CID: ClassVar[int] = 0x04

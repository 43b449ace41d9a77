"""RXTimingSetup: the network sets the delay before RX1 (LoRaWAN L2 1.0.4, §5.7)."""

from dataclasses import dataclass
from typing import ClassVar, Self

from maillage.lorawan.protocol.errors import fits
from maillage.lorawan.protocol.mac.command import EmptyCommand, MacCommand


@dataclass(frozen=True, slots=True)
class RXTimingSetupReq(MacCommand):
    """``delay_s`` 1..15 (0 on the air means 1); RX2 opens one second later."""

    CID: ClassVar[int] = 0x08
    PAYLOAD_BYTES: ClassVar[int] = 1

    delay_s: int

    def payload(self) -> bytes:
        return bytes((fits("RxDelay", self.delay_s, 4),))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(payload[0] & 0x0F or 1)


@dataclass(frozen=True, slots=True)
class RXTimingSetupAns(EmptyCommand):
    """Repeated by the device until it hears a downlink."""

    CID: ClassVar[int] = 0x08

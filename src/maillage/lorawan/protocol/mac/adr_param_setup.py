"""ADRParamSetup: the network sets when a device doubts its link (LoRaWAN 1.1, §5.11)."""

from dataclasses import dataclass
from typing import ClassVar, Self

from maillage.lorawan.protocol.errors import fits
from maillage.lorawan.protocol.mac.command import EmptyCommand, MacCommand


@dataclass(frozen=True, slots=True)
class ADRParamSetupReq(MacCommand):
    """ADR_ACK_LIMIT is 2^``limit_exponent`` uplinks, ADR_ACK_DELAY 2^``delay_exponent``; exponents 0..15."""

    CID: ClassVar[int] = 0x0C
    PAYLOAD_BYTES: ClassVar[int] = 1

    limit_exponent: int
    delay_exponent: int

    @property
    def ack_limit(self) -> int:
        return 1 << self.limit_exponent

    @property
    def ack_delay(self) -> int:
        return 1 << self.delay_exponent

    def payload(self) -> bytes:
        return bytes((fits("Limit_exp", self.limit_exponent, 4) << 4 | fits("Delay_exp", self.delay_exponent, 4),))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(payload[0] >> 4, payload[0] & 0x0F)


@dataclass(frozen=True, slots=True)
class ADRParamSetupAns(EmptyCommand):
    CID: ClassVar[int] = 0x0C

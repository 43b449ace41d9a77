"""RejoinParamSetup: the network asks for a rejoin of type 0 now and then (LoRaWAN 1.1, §5.14)."""

from dataclasses import dataclass
from typing import ClassVar, Self

from maillage.lorawan.protocol.errors import fits
from maillage.lorawan.protocol.mac.command import MacCommand


@dataclass(frozen=True, slots=True)
class RejoinParamSetupReq(MacCommand):
    """At least every 2^(``max_time_n`` + 10) seconds or 2^(``max_count_n`` + 4) uplinks; both 0..15."""

    CID: ClassVar[int] = 0x0F
    PAYLOAD_BYTES: ClassVar[int] = 1

    max_time_n: int
    max_count_n: int

    @property
    def max_time_s(self) -> int:
        return 1 << self.max_time_n + 10

    @property
    def max_uplinks(self) -> int:
        return 1 << self.max_count_n + 4

    def payload(self) -> bytes:
        return bytes((fits("MaxTimeN", self.max_time_n, 4) << 4 | fits("MaxCountN", self.max_count_n, 4),))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(payload[0] >> 4, payload[0] & 0x0F)


@dataclass(frozen=True, slots=True)
class RejoinParamSetupAns(MacCommand):
    """The count is always accepted; ``time_ok`` is false on a device that keeps no time."""

    CID: ClassVar[int] = 0x0F
    PAYLOAD_BYTES: ClassVar[int] = 1

    time_ok: bool

    def payload(self) -> bytes:
        return bytes((self.time_ok,))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(bool(payload[0] & 0b1))

"""LinkCheck: a device asks how well it is heard (LoRaWAN L2 1.0.4, §5.1)."""

from dataclasses import dataclass
from typing import ClassVar, Self

from maillage.lorawan.protocol.errors import fits
from maillage.lorawan.protocol.mac.command import EmptyCommand, MacCommand


@dataclass(frozen=True, slots=True)
class LinkCheckReq(EmptyCommand):
    CID: ClassVar[int] = 0x02


@dataclass(frozen=True, slots=True)
class LinkCheckAns(MacCommand):
    """``margin_db`` 0..254 above the demodulation floor of the best gateway; ``gateway_count`` heard it."""

    CID: ClassVar[int] = 0x02
    PAYLOAD_BYTES: ClassVar[int] = 2

    margin_db: int
    gateway_count: int

    def payload(self) -> bytes:
        return bytes((fits("Margin", self.margin_db, 8), fits("GwCnt", self.gateway_count, 8)))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(payload[0], payload[1])

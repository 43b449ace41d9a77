"""ForceRejoin: the network orders a device to rejoin at once (LoRaWAN 1.1, §5.13). It has no answer."""

from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, Self

from maillage.lorawan.protocol.errors import fits
from maillage.lorawan.protocol.mac.command import MacCommand

RETRY_BASE_S = 32
_LAYOUT = Struct("<H")


@dataclass(frozen=True, slots=True)
class ForceRejoinReq(MacCommand):
    """``rejoin_type`` 0 (1 means 0 on the air) or 2, sent at ``data_rate``, then ``max_retries`` (0..7) times
    more unless a JoinAccept is heard.
    """

    CID: ClassVar[int] = 0x0E
    PAYLOAD_BYTES: ClassVar[int] = 2

    period: int
    max_retries: int
    rejoin_type: int
    data_rate: int

    @property
    def retry_delay_s(self) -> int:
        """Seconds between two tries, to which the device adds a random 0..32 s."""
        return RETRY_BASE_S << self.period

    def payload(self) -> bytes:
        retries = fits("Period", self.period, 3) << 11 | fits("Max_Retries", self.max_retries, 3) << 8
        return _LAYOUT.pack(
            retries | fits("RejoinType", self.rejoin_type, 3) << 4 | fits("DataRate", self.data_rate, 4)
        )

    @classmethod
    def read(cls, payload: bytes) -> Self:
        (word,) = _LAYOUT.unpack(payload)
        return cls(word >> 11 & 0b111, word >> 8 & 0b111, word >> 4 & 0b111, word & 0x0F)

"""The octet that tells a minor version, shared by Reset and Rekey (LoRaWAN 1.1, §5.1 and §5.10)."""

from dataclasses import dataclass
from typing import ClassVar, Self

from maillage.lorawan.protocol.errors import fits
from maillage.lorawan.protocol.mac.command import MacCommand

MINOR_1_1 = 1
_MINOR_MASK = 0x0F


@dataclass(frozen=True, slots=True)
class VersionCommand(MacCommand):
    """``minor`` is 1 for LoRaWAN 1.1; 0 and 2..15 are reserved."""

    PAYLOAD_BYTES: ClassVar[int] = 1

    minor: int = MINOR_1_1

    def payload(self) -> bytes:
        return bytes((fits("Minor", self.minor, 4),))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(payload[0] & _MINOR_MASK)

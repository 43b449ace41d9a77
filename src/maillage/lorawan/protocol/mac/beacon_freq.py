"""BeaconFreq: the network sets where a device listens to beacons (LoRaWAN L2 1.0.4, §12.2; 1.1, §14.2)."""

from dataclasses import dataclass
from typing import ClassVar, Self

from maillage.lorawan.protocol.frequency import read_frequency_hz, write_frequency_hz
from maillage.lorawan.protocol.mac.command import MacCommand


@dataclass(frozen=True, slots=True)
class BeaconFreqReq(MacCommand):
    """``frequency_hz`` 0 restores the region's own plan, hopping where it hops."""

    CID: ClassVar[int] = 0x13
    PAYLOAD_BYTES: ClassVar[int] = 3

    frequency_hz: int

    def payload(self) -> bytes:
        return write_frequency_hz(self.frequency_hz)

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(read_frequency_hz(payload))


@dataclass(frozen=True, slots=True)
class BeaconFreqAns(MacCommand):
    """Where refused, the former frequency is kept."""

    CID: ClassVar[int] = 0x13
    PAYLOAD_BYTES: ClassVar[int] = 1

    frequency_ok: bool

    @property
    def accepted(self) -> bool:
        return self.frequency_ok

    def payload(self) -> bytes:
        return bytes((self.frequency_ok,))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(bool(payload[0] & 0b1))

"""BeaconTiming: when the next beacon comes (LoRaWAN 1.0.2, §14.4). DeviceTime replaced it; 1.0.4 dropped it."""

from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, Self

from maillage.lorawan.protocol.errors import fits
from maillage.lorawan.protocol.mac.command import EmptyCommand, MacCommand

DELAY_STEP_MS = 30
_LAYOUT = Struct("<HB")


@dataclass(frozen=True, slots=True)
class BeaconTimingReq(EmptyCommand):
    CID: ClassVar[int] = 0x12


@dataclass(frozen=True, slots=True)
class BeaconTimingAns(MacCommand):
    """The beacon starts at least ``delay`` and less than ``delay`` + 1 steps of 30 ms after the end of this
    downlink, on ``channel`` where beacons hop (0 elsewhere).
    """

    CID: ClassVar[int] = 0x12
    PAYLOAD_BYTES: ClassVar[int] = 3

    delay: int
    channel: int = 0

    @property
    def earliest_ms(self) -> int:
        return self.delay * DELAY_STEP_MS

    def payload(self) -> bytes:
        return _LAYOUT.pack(fits("Delay", self.delay, 16), fits("Channel", self.channel, 8))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(*_LAYOUT.unpack(payload))

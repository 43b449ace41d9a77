"""DeviceTime: a device asks for the time (LoRaWAN L2 1.0.4, §5.9). GPS time counts no leap second."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from struct import Struct
from typing import ClassVar, Self

from maillage.lorawan.protocol.errors import fits
from maillage.lorawan.protocol.gps_time import from_gps, to_gps
from maillage.lorawan.protocol.mac.command import EmptyCommand, MacCommand

_LAYOUT = Struct("<IB")
_TICKS_PER_S = 256


@dataclass(frozen=True, slots=True)
class DeviceTimeReq(EmptyCommand):
    CID: ClassVar[int] = 0x0D


@dataclass(frozen=True, slots=True)
class DeviceTimeAns(MacCommand):
    """Time at the end of the uplink that asked: seconds since the GPS epoch and 1/256ths of a second."""

    CID: ClassVar[int] = 0x0D
    PAYLOAD_BYTES: ClassVar[int] = 5

    gps_s: int
    fraction_256: int = 0

    @classmethod
    def at(cls, instant: datetime) -> Self:
        """The answer for an aware instant, rounded down to 1/256 s."""
        gps_s, rest = divmod(to_gps(instant), timedelta(seconds=1))
        return cls(gps_s, rest.microseconds * _TICKS_PER_S // 1_000_000)

    @property
    def instant(self) -> datetime:
        """The instant the answer tells, aware UTC, to 1/256 s."""
        fraction = timedelta(microseconds=self.fraction_256 * 1_000_000 / _TICKS_PER_S)
        return from_gps(timedelta(seconds=self.gps_s) + fraction)

    def payload(self) -> bytes:
        return _LAYOUT.pack(fits("seconds", self.gps_s, 32), fits("fraction", self.fraction_256, 8))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(*_LAYOUT.unpack(payload))

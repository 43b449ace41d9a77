"""DeviceTime: a device asks for the time (LoRaWAN L2 1.0.4, §5.9). GPS time counts no leap second."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import ClassVar, Self

from maillage.lorawan.protocol.errors import fits
from maillage.lorawan.protocol.mac.command import EmptyCommand, MacCommand

GPS_EPOCH = datetime(1980, 1, 6, tzinfo=UTC)
GPS_AHEAD_OF_UTC = timedelta(seconds=18)
"""Since 2017-01-01 (IERS Bulletin C 52); no leap second has been announced since."""

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
        since = instant - GPS_EPOCH + GPS_AHEAD_OF_UTC
        gps_s, rest = divmod(since, timedelta(seconds=1))
        return cls(gps_s, rest.microseconds * _TICKS_PER_S // 1_000_000)

    @property
    def instant(self) -> datetime:
        """The instant the answer tells, aware UTC, to 1/256 s."""
        fraction = timedelta(microseconds=self.fraction_256 * 1_000_000 / _TICKS_PER_S)
        return GPS_EPOCH - GPS_AHEAD_OF_UTC + timedelta(seconds=self.gps_s) + fraction

    def payload(self) -> bytes:
        return _LAYOUT.pack(fits("seconds", self.gps_s, 32), fits("fraction", self.fraction_256, 8))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(*_LAYOUT.unpack(payload))

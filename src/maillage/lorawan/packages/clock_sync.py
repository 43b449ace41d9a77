"""Application-layer clock synchronisation. Sources: LoRa Alliance TS003-1.0.0 and TS003-2.0.0.

Version 2 kept the octets of version 1 and made ``ForceDeviceResync`` a command without an answer; one table reads both,
and ``PackageVersionAns`` tells which one a device speaks.
"""

from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, Self

from maillage.lorawan.packages.command import FixedCommand, commands_of
from maillage.lorawan.protocol.errors import fits

PORT = 202
PACKAGE_IDENTIFIER = 1
VERSIONS = (1, 2)
_CLOCK_MODULUS = 1 << 32
_HALF = 1 << 31
_TIME_AND_PARAM = Struct("<IB")
_CORRECTION_AND_PARAM = Struct("<iB")
_STATUS_AND_TIME = Struct("<BI")
_TOKEN_MASK = 0x0F
_ANS_REQUIRED = 0x10
_NOT_SUPPORTED = 0x01
_PERIOD_MASK = 0x0F
_PERIOD_UNIT_S = 128
_TRANSMISSIONS_MASK = 0x07


@dataclass(frozen=True, slots=True)
class AppTimeReq(FixedCommand):
    """The device tells its GPS time. Without ``answer_required`` it wants an answer only if its clock is wrong."""

    CID: ClassVar[int] = 0x01
    PAYLOAD_BYTES: ClassVar[int] = 5

    device_time_s: int
    token: int
    answer_required: bool

    def payload(self) -> bytes:
        param = fits("TokenReq", self.token, 4) | (_ANS_REQUIRED if self.answer_required else 0)
        return _TIME_AND_PARAM.pack(fits("DeviceTime", self.device_time_s, 32), param)

    @classmethod
    def read(cls, payload: bytes) -> Self:
        device_time_s, param = _TIME_AND_PARAM.unpack(payload)
        return cls(device_time_s, param & _TOKEN_MASK, bool(param & _ANS_REQUIRED))


@dataclass(frozen=True, slots=True)
class AppTimeAns(FixedCommand):
    """Seconds to add to the device's clock, signed; ``token`` repeats the request's."""

    CID: ClassVar[int] = 0x01
    PAYLOAD_BYTES: ClassVar[int] = 5

    time_correction_s: int
    token: int

    def payload(self) -> bytes:
        fits("TimeCorrection", self.time_correction_s + _HALF, 32)
        return _CORRECTION_AND_PARAM.pack(self.time_correction_s, fits("TokenAns", self.token, 4))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        correction_s, param = _CORRECTION_AND_PARAM.unpack(payload)
        return cls(correction_s, param & _TOKEN_MASK)


@dataclass(frozen=True, slots=True)
class DeviceAppTimePeriodicityReq(FixedCommand):
    """Ask for a time request every 128 · 2^``period`` seconds, give or take 30."""

    CID: ClassVar[int] = 0x02
    PAYLOAD_BYTES: ClassVar[int] = 1

    period: int

    @property
    def period_s(self) -> int:
        return _PERIOD_UNIT_S << self.period

    def payload(self) -> bytes:
        return bytes((fits("Period", self.period, 4),))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(payload[0] & _PERIOD_MASK)


@dataclass(frozen=True, slots=True)
class DeviceAppTimePeriodicityAns(FixedCommand):
    """``device_time_s`` is the device's GPS time when it sent this."""

    CID: ClassVar[int] = 0x02
    PAYLOAD_BYTES: ClassVar[int] = 5

    not_supported: bool
    device_time_s: int

    def payload(self) -> bytes:
        return _STATUS_AND_TIME.pack(self.not_supported, fits("Time", self.device_time_s, 32))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        status, device_time_s = _STATUS_AND_TIME.unpack(payload)
        return cls(bool(status & _NOT_SUPPORTED), device_time_s)


@dataclass(frozen=True, slots=True)
class ForceDeviceResync(FixedCommand):
    """Ask for as many time requests at once; 0 asks for none."""

    CID: ClassVar[int] = 0x03
    PAYLOAD_BYTES: ClassVar[int] = 1

    transmissions: int

    def payload(self) -> bytes:
        return bytes((fits("NbTransmissions", self.transmissions, 3),))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(payload[0] & _TRANSMISSIONS_MASK)


COMMANDS = commands_of(
    (AppTimeReq, DeviceAppTimePeriodicityAns),
    (AppTimeAns, DeviceAppTimePeriodicityReq, ForceDeviceResync),
)


def time_correction_s(device_time_s: int, gps_time_s: int) -> int:
    """What to add to the device's clock, the shorter way round the 2^32 seconds."""
    return (gps_time_s - device_time_s + _HALF) % _CLOCK_MODULUS - _HALF


def answer(request: AppTimeReq, gps_time_s: int) -> AppTimeAns | None:
    """The answer due. ``gps_time_s``: when the uplink that carried the request ended. None: none is wanted."""
    correction_s = time_correction_s(request.device_time_s, gps_time_s)
    if correction_s == 0 and not request.answer_required:
        return None
    return AppTimeAns(correction_s, request.token)

"""The beacon of EU863-870: 17 bytes, sent without header nor CRC of the radio. Sources: LoRaWAN L2 1.0.4, §13;
RP002-1.0.4, §2.4.8 (sizes).

Two parts, each under its own CRC-16: time, which all gateways send alike, and what is the gateway's own.
"""

from binascii import crc_hqx
from dataclasses import dataclass
from struct import Struct
from typing import Self

from maillage.lorawan.protocol.errors import FrameError, FrameReason, fits

BEACON_BYTES = 17
_COMMON = Struct("<xBI")
_COMMON_END = 6
_OWN_AT, _OWN_END = 8, 15
_CRC_BYTES = 2
_PRECISION_MASK = 0b11
_INFO_BYTES = 6
_ANTENNAS = range(3)
_STEPS = 1 << 23
_HALF_TURN_DEGREES, _QUARTER_TURN_DEGREES = 180.0, 90.0


@dataclass(frozen=True, slots=True)
class GatewayInfo:
    """The gateway's own part: ``descriptor`` 0..2 position of an antenna, 3 NetID and GatewayID; six bytes."""

    descriptor: int
    data: bytes

    @classmethod
    def at(cls, latitude_degrees: float, longitude_degrees: float, antenna: int = 0) -> Self:
        """The position of antenna 0, 1 or 2, north and east positive, to about 2 m."""
        if antenna not in _ANTENNAS:
            raise FrameError(FrameReason.FIELD_OUT_OF_RANGE, f"InfoDesc={antenna} is no antenna")
        latitude = _steps("latitude", latitude_degrees, _QUARTER_TURN_DEGREES)
        return cls(antenna, latitude + _steps("longitude", longitude_degrees, _HALF_TURN_DEGREES))

    @property
    def position_degrees(self) -> tuple[float, float] | None:
        """Latitude and longitude; None if the part tells something else."""
        if self.descriptor not in _ANTENNAS:
            return None
        return _degrees(self.data[:3], _QUARTER_TURN_DEGREES), _degrees(self.data[3:], _HALF_TURN_DEGREES)


@dataclass(frozen=True, slots=True)
class Beacon:
    """``gps_s`` is when it starts, modulo 2^32; right to 10^(``precision`` - 6) s. ``gateway`` is None where that
    part was damaged: the time alone is worth having.
    """

    gps_s: int
    gateway: GatewayInfo | None
    precision: int = 0

    def encode(self) -> bytes:
        if self.gateway is None or len(self.gateway.data) != _INFO_BYTES:
            raise FrameError(FrameReason.WRONG_LENGTH, f"a beacon tells {_INFO_BYTES} bytes of its gateway")
        common = _COMMON.pack(fits("Prec", self.precision, 2), fits("Time", self.gps_s, 32))
        own = bytes((fits("InfoDesc", self.gateway.descriptor, 8),)) + self.gateway.data
        return common + _crc(common) + own + _crc(own)

    @classmethod
    def decode(cls, payload: bytes) -> "Beacon":
        """Raises ``FrameError``: ``WRONG_LENGTH``, or ``WRONG_CRC`` when not even the time is right."""
        if len(payload) != BEACON_BYTES:
            raise FrameError(FrameReason.WRONG_LENGTH, f"beacon of {len(payload)} bytes, not {BEACON_BYTES}")
        common, own = payload[:_COMMON_END], payload[_OWN_AT:_OWN_END]
        if payload[_COMMON_END:_OWN_AT] != _crc(common):
            raise FrameError(FrameReason.WRONG_CRC, "time of a beacon")
        precision, gps_s = _COMMON.unpack(common)
        whole = payload[_OWN_END:] == _crc(own)
        return cls(gps_s, GatewayInfo(own[0], own[1:]) if whole else None, precision & _PRECISION_MASK)


def _crc(data: bytes) -> bytes:
    """CRC-16 of IEEE 802.15.4-2003, §7.2.1.8, polynomial x^16 + x^12 + x^5 + 1, as the standard's example has it."""
    return crc_hqx(data, 0).to_bytes(_CRC_BYTES, "little")


def _steps(name: str, degrees: float, full_degrees: float) -> bytes:
    if not -full_degrees <= degrees <= full_degrees:
        raise FrameError(FrameReason.FIELD_OUT_OF_RANGE, f"{name} of {degrees} degrees")
    return min(round(degrees / full_degrees * _STEPS), _STEPS - 1).to_bytes(3, "little", signed=True)


def _degrees(data: bytes, full_degrees: float) -> float:
    return int.from_bytes(data, "little", signed=True) * full_degrees / _STEPS

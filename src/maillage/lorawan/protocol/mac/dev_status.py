"""DevStatus: the network asks a device for battery and downlink margin (LoRaWAN L2 1.0.4, §5.5)."""

from dataclasses import dataclass
from typing import ClassVar, Self

from maillage.lorawan.protocol.errors import FrameError, FrameReason, fits
from maillage.lorawan.protocol.mac.command import EmptyCommand, MacCommand

EXTERNAL_POWER = 0
BATTERY_UNKNOWN = 255
_BATTERY_FULL = 254
_MARGIN_SIGN = 0x20
_MARGIN_MASK = 0x3F


@dataclass(frozen=True, slots=True)
class DevStatusReq(EmptyCommand):
    CID: ClassVar[int] = 0x06


@dataclass(frozen=True, slots=True)
class DevStatusAns(MacCommand):
    """``battery`` 0 external power, 1..254 level, 255 unknown; ``margin_db`` -32..31 of the request heard."""

    CID: ClassVar[int] = 0x06
    PAYLOAD_BYTES: ClassVar[int] = 2

    battery: int
    margin_db: int

    @property
    def battery_percent(self) -> float | None:
        """Charge in percent; None on external power or when the device cannot measure it."""
        if self.battery in (EXTERNAL_POWER, BATTERY_UNKNOWN):
            return None
        return 100.0 * self.battery / _BATTERY_FULL

    def payload(self) -> bytes:
        if not -_MARGIN_SIGN <= self.margin_db < _MARGIN_SIGN:
            raise FrameError(FrameReason.FIELD_OUT_OF_RANGE, f"Margin={self.margin_db} is not in -32..31")
        return bytes((fits("Battery", self.battery, 8), self.margin_db & _MARGIN_MASK))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        margin = payload[1] & _MARGIN_MASK
        return cls(payload[0], margin - 2 * _MARGIN_SIGN if margin & _MARGIN_SIGN else margin)

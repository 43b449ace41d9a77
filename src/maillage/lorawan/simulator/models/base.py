"""What every simulated device model offers: readings of its surroundings, their bytes, and obedience to downlinks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from maillage.lorawan.simulator.physics.weather import Weather


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a device can feel where it hangs. Outdoors, air and humidity are the weather's."""

    at: datetime
    weather: Weather
    air_c: float
    relative_humidity_percent: float
    co2_ppm: float = 420.0
    people: int = 0


@dataclass(frozen=True, slots=True)
class Payload:
    f_port: int
    data: bytes


class Model(Protocol):
    """One device's application. ``readings`` are by quantity code, before the rounding of the payload."""

    period_s: float

    @property
    def class_c(self) -> bool: ...

    def readings(self, around: Surroundings) -> dict[str, float]: ...

    def uplink(self, around: Surroundings) -> Payload: ...

    def obey(self, f_port: int, data: bytes) -> bool:
        """Carry out a downlink. True when the device reports at once; what it does not understand it ignores."""
        ...

    def kept(self) -> Mapping[str, float]:
        """What its flash remembers without power."""
        ...


def kept_period(period_s: float, factory_s: float) -> dict[str, float]:
    """What flash holds of a reporting period: nothing until somebody changed it."""
    return {} if period_s == factory_s else {"period_s": period_s}


def clamp(value: float, low: int, high: int) -> int:
    """The nearest whole number between two bounds, as a sensor saturates."""
    return min(high, max(low, round(value)))

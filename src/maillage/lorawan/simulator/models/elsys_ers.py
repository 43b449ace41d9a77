"""Elsys ERS room sensor. Byte format: Elsys, "ELSYS LoRa payload": a type byte, then the value, big-endian."""

from collections.abc import Mapping
from struct import Struct

from maillage.lorawan.simulator.models.base import Payload, Surroundings, clamp, kept_period
from maillage.lorawan.simulator.models.light import illuminance_lx

_LAYOUT = Struct(">BhBBBHBBBH")
_MOTION_PER_PERSON = 3


class ElsysErs:
    """Temperature, humidity, light, motion and battery; takes no command of the command post."""

    def __init__(self, period_s: float, kept: Mapping[str, float] | None = None, *, battery_v: float = 3.62) -> None:
        self.period_s = (kept or {}).get("period_s", period_s)
        self._factory_s = period_s
        self._battery_v = battery_v

    @property
    def class_c(self) -> bool:
        return False

    def readings(self, around: Surroundings) -> dict[str, float]:
        return {
            "air_temperature": around.air_c,
            "relative_humidity": around.relative_humidity_percent,
            "illuminance": illuminance_lx(around),
            "motion": float(min(255, around.people * _MOTION_PER_PERSON)),
            "battery_voltage": self._battery_v,
        }

    def uplink(self, around: Surroundings) -> Payload:
        felt = self.readings(around)
        return Payload(
            5,
            _LAYOUT.pack(
                0x01,
                round(felt["air_temperature"] * 10),
                0x02,
                clamp(felt["relative_humidity"], 0, 100),
                0x04,
                clamp(felt["illuminance"], 0, 65535),
                0x05,
                int(felt["motion"]),
                0x07,
                round(felt["battery_voltage"] * 1000),
            ),
        )

    def obey(self, f_port: int, data: bytes) -> bool:  # noqa: ARG002 - see the class
        return False

    def kept(self) -> Mapping[str, float]:
        return kept_period(self.period_s, self._factory_s)

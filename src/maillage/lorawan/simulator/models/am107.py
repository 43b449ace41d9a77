"""Milesight AM107 ambience sensor. Byte format: Milesight, "AM100 Series User Guide": channel, type, value.

Values are little-endian.
"""

from collections.abc import Mapping
from struct import Struct

from maillage.lorawan.simulator.models.base import Payload, Surroundings, clamp, kept_period
from maillage.lorawan.simulator.models.light import illuminance_lx

_PORT = 85
_LAYOUT = Struct("<HBHhHBHHHHHHHHHHH")
_ACTIVITY_PER_PERSON = 3
_INFRARED_SHARE = 0.18
_TVOC_PPB_PER_CO2_PPM = 0.12
_SET_INTERVAL = b"\xff\x03"
_INTERVAL_BYTES = 4


class Am107:
    """Temperature, humidity, activity, light, CO2, TVOC, pressure and battery."""

    def __init__(self, period_s: float, kept: Mapping[str, float] | None = None, *, battery_percent: int = 92) -> None:
        self.period_s = (kept or {}).get("period_s", period_s)
        self._factory_s = period_s
        self._battery_percent = battery_percent

    @property
    def class_c(self) -> bool:
        return False

    def readings(self, around: Surroundings) -> dict[str, float]:
        return {
            "battery_level": float(self._battery_percent),
            "air_temperature": around.air_c,
            "relative_humidity": around.relative_humidity_percent,
            "motion": float(around.people * _ACTIVITY_PER_PERSON),
            "illuminance": illuminance_lx(around),
            "co2": around.co2_ppm,
            "tvoc": 20 + _TVOC_PPB_PER_CO2_PPM * (around.co2_ppm - 420),
            "barometric_pressure": around.weather.pressure_hpa,
        }

    def uplink(self, around: Surroundings) -> Payload:
        felt = self.readings(around)
        light = clamp(felt["illuminance"], 0, 65535)
        infrared = clamp(felt["illuminance"] * _INFRARED_SHARE, 0, 65535)
        data = _LAYOUT.pack(
            0x7501,  # channel 1, type 0x75; the channel comes first on the air
            self._battery_percent,
            0x6703,
            round(felt["air_temperature"] * 10),
            0x6804,
            clamp(felt["relative_humidity"] * 2, 0, 200),
            0x6A05,
            clamp(felt["motion"], 0, 65535),
            0x6506,
            light,
            clamp(light + infrared, 0, 65535),
            infrared,
            0x7D07,
            clamp(felt["co2"], 0, 65535),
            0x7D08,
            clamp(felt["tvoc"], 0, 65535),
            0x7309,
        )
        return Payload(_PORT, data + clamp(felt["barometric_pressure"] * 10, 0, 65535).to_bytes(2, "little"))

    def obey(self, f_port: int, data: bytes) -> bool:
        if f_port == _PORT and data[:2] == _SET_INTERVAL and len(data) == _INTERVAL_BYTES:
            self.period_s = float(max(60, int.from_bytes(data[2:], "little")))
        return False

    def kept(self) -> Mapping[str, float]:
        return kept_period(self.period_s, self._factory_s)

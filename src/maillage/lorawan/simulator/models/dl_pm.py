"""Decentlab DL-PM particle sensor. Byte format: Decentlab, "DL-PM" payload description; SHT21 conversions."""

from collections.abc import Mapping
from struct import Struct

from maillage.lorawan.simulator.models.base import Payload, Surroundings, clamp, kept_period
from maillage.lorawan.simulator.physics.particulates import pm2_5_ug_m3

_PORT = 1
_VERSION = 2
_ALL_SENSORS = 0b1111
_LAYOUT = Struct(">BHH14H")
_TYPICAL_SIZE_NM = 520
_COUNTS_PER_UG_M3 = (6.8, 7.9, 8.0, 8.0, 8.0)  # of 0.5, 1, 2.5, 4 and 10 µm, as the SPS30 infers them from the mass
_DOWNLINK_BYTES = 6
_SET_PERIOD = (0x0001, 0x0002)


class DlPm:
    """Particles, temperature, humidity and pressure outdoors."""

    def __init__(
        self,
        period_s: float,
        kept: Mapping[str, float] | None = None,
        *,
        device_id: int = 6992,
        traffic: float = 1.0,
        battery_v: float = 3.1,
    ) -> None:
        self.period_s = (kept or {}).get("period_s", period_s)
        self._factory_s = period_s
        self._device_id = device_id
        self._traffic = traffic
        self._battery_v = battery_v

    @property
    def class_c(self) -> bool:
        return False

    def readings(self, around: Surroundings) -> dict[str, float]:
        pm2_5 = pm2_5_ug_m3(around.at, around.weather, self._traffic)
        return {
            "battery_voltage": self._battery_v,
            "pm1": 0.72 * pm2_5,
            "pm2_5": pm2_5,
            "pm4": 1.15 * pm2_5,
            "pm10": 1.3 * pm2_5,
            "air_temperature": around.air_c,
            "relative_humidity": around.relative_humidity_percent,
            "barometric_pressure": around.weather.pressure_hpa,
        }

    def uplink(self, around: Surroundings) -> Payload:
        felt = self.readings(around)
        masses = (felt[name] for name in ("pm1", "pm2_5", "pm4", "pm10"))
        words = (
            felt["battery_voltage"] * 1000,
            *(10 * mass for mass in masses),
            _TYPICAL_SIZE_NM,
            *(10 * count * felt["pm2_5"] for count in _COUNTS_PER_UG_M3),
            (felt["air_temperature"] + 46.85) / 175.72 * 65536,
            (felt["relative_humidity"] + 6) / 125 * 65536,
            felt["barometric_pressure"] * 100 / 2,
        )
        unsigned = (clamp(word, 0, 65535) for word in words)
        return Payload(_PORT, _LAYOUT.pack(_VERSION, self._device_id, _ALL_SENSORS, *unsigned))

    def obey(self, f_port: int, data: bytes) -> bool:
        if f_port != _PORT or len(data) != _DOWNLINK_BYTES or crc16(data[:4]) != int.from_bytes(data[4:], "big"):
            return False
        if int.from_bytes(data[:2], "big") in _SET_PERIOD:
            self.period_s = float(max(5, int.from_bytes(data[2:4], "big")))
        return False

    def kept(self) -> Mapping[str, float]:
        return kept_period(self.period_s, self._factory_s)


def crc16(data: bytes) -> int:
    """CRC-16/MODBUS, which protects the sensor's commands."""
    crc = 0xFFFF
    for octet in data:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc

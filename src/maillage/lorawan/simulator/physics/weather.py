"""The weather of the Paris basin as a deterministic function of time.

Not a forecast: an annual wave, a daily wave and slower waves of incommensurate periods that pass for weather systems.
Means follow the climate of Orly (Météo-France normals 1991-2020: 12 °C a year, 5 °C in January, 20.5 °C in July).
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

_YEAR_DAYS = 365.2425
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_ANNUAL_MEAN_C = 12.2
_ANNUAL_AMPLITUDE_C = 7.8
_COLDEST_DAY = 20.0
_DAILY_AMPLITUDE_WINTER_C = 2.2
_DAILY_AMPLITUDE_SUMMER_C = 4.8
_WARMEST_HOUR_UTC = 13.5
_SYSTEMS = ((3.7, 1.6, 0.4), (8.3, 2.1, 2.0), (17.9, 1.5, 4.1))  # period in days, amplitude in °C, phase
_LATITUDE_RAD = math.radians(48.6)
_LONGITUDE_HOURS = 2.35 / 15
_OBLIQUITY_RAD = math.radians(23.44)
_EQUINOX_DAY = 79.5
_CLEAR_SKY_W_M2 = 950.0


@dataclass(frozen=True, slots=True)
class Weather:
    """``sun_w_m2`` is the global irradiance on the ground, clouds included."""

    outdoor_c: float
    relative_humidity_percent: float
    sun_w_m2: float
    pressure_hpa: float


def weather(at: datetime) -> Weather:
    """The weather over Essonne at an aware instant; the same instant always gives the same weather."""
    days = (at - _EPOCH).total_seconds() / 86_400
    season = math.cos(2 * math.pi * (days - _COLDEST_DAY) / _YEAR_DAYS)
    systems = sum(a * math.sin(2 * math.pi * days / p + phase) for p, a, phase in _SYSTEMS)
    hour = days % 1 * 24
    daily = math.cos(2 * math.pi * (hour - _WARMEST_HOUR_UTC) / 24)
    amplitude = _DAILY_AMPLITUDE_SUMMER_C + (_DAILY_AMPLITUDE_WINTER_C - _DAILY_AMPLITUDE_SUMMER_C) * (1 + season) / 2
    outdoor_c = _ANNUAL_MEAN_C - _ANNUAL_AMPLITUDE_C * season + systems + amplitude * daily
    clouds = 0.5 + 0.4 * math.sin(2 * math.pi * days / 2.9 + 1.0)
    humidity = min(98.0, max(35.0, 78 + 8 * season + 12 * (clouds - 0.5) - 10 * daily))
    return Weather(outdoor_c, humidity, _sun_w_m2(days, hour) * (1 - 0.75 * clouds), 1016 - 2.2 * systems)


def _sun_w_m2(days: float, hour_utc: float) -> float:
    """Clear-sky global irradiance from the sun's elevation alone."""
    declination = _OBLIQUITY_RAD * math.sin(2 * math.pi * (days - _EQUINOX_DAY) / _YEAR_DAYS)
    hour_angle = math.radians(15 * (hour_utc + _LONGITUDE_HOURS - 12))
    across = math.cos(_LATITUDE_RAD) * math.cos(declination) * math.cos(hour_angle)
    height = math.sin(_LATITUDE_RAD) * math.sin(declination) + across
    return _CLEAR_SKY_W_M2 * math.pow(max(0.0, height), 1.15)

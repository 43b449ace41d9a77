"""Fine particles outdoors: a regional background, more on cold days, and the traffic of both rush hours."""

import math
from datetime import datetime

from maillage.lorawan.simulator.physics.weather import Weather

_BACKGROUND_UG_M3 = 6.0
_HEATING_UG_M3_K = 0.55
_HEATING_BELOW_C = 15.0
_TRAFFIC_UG_M3 = 5.0
_RUSH_HOURS_UTC = (6.8, 17.2)
_RUSH_WIDTH_H = 1.3


def pm2_5_ug_m3(at: datetime, weather: Weather, traffic: float = 1.0) -> float:
    """Mass concentration of PM2.5; ``traffic`` 0 (park) … 2 (main road) scales the rush hours."""
    hour = at.hour + at.minute / 60
    rush = sum(math.exp(-(((hour - peak) / _RUSH_WIDTH_H) ** 2)) for peak in _RUSH_HOURS_UTC)
    heating = _HEATING_UG_M3_K * max(0.0, _HEATING_BELOW_C - weather.outdoor_c)
    return _BACKGROUND_UG_M3 + heating + _TRAFFIC_UG_M3 * traffic * rush

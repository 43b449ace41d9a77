"""How bright a classroom is."""

from maillage.lorawan.simulator.models.base import Surroundings

_LAMPS_LX = 380.0  # EN 12464-1 asks 300 lx to 500 lx in classrooms
_DAYLIGHT_LX_PER_W_M2 = 110 * 0.025  # luminous efficacy of daylight times a daylight factor of 2.5 %


def illuminance_lx(around: Surroundings) -> float:
    """Daylight through the windows, and the lamps while people are in."""
    return around.weather.sun_w_m2 * _DAYLIGHT_LX_PER_W_M2 + (_LAMPS_LX if around.people else 0.0)

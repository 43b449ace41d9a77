"""Heat and air of a classroom: two thermal nodes (air with furniture, walls and slabs) and a CO2 balance.

With constant inputs over a step the two-node network has a closed-form solution; it is used as such, so a step of any
length is exact and stable (2R2C network, e.g. Bacher & Madsen, doi:10.1016/j.enbuild.2011.02.005)::

    Ca dTa/dt = UA (To - Ta) + H (Tm - Ta) + Qa        Cm dTm/dt = H (Ta - Tm) + Qm

The valve moves between steps: with steps of five minutes at most, what its opening adds in one step is less than what
the air keeps, so that a higher setpoint never gives a colder room.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

from maillage.lorawan.simulator.physics.weather import Weather

_AIR_J_M3_K = 1_206.0
_CEILING_M = 2.8
_FURNITURE_FACTOR = 5.0
_WALLS_J_M2_K = 210_000.0
_COUPLING_W_M2_K = 11.0
_PERSON_W = 65.0
_PERSON_CO2_M3_S = 4.3e-6
_OUTDOOR_CO2_PPM = 420.0
_MOISTURE_PER_CO2 = 4.5e-6  # kg of vapour per kg of air for one ppm above outdoors: people give off both
_SUN_TO_AIR = 0.35


@dataclass(frozen=True, slots=True)
class Classroom:
    """``loss_w_k`` when empty; ``airing_w_k`` is added by opened windows and ventilation when people are in."""

    area_m2: float
    loss_w_k: float
    airing_w_k: float
    radiator_w: float
    window_m2: float
    capacity: int

    @property
    def volume_m3(self) -> float:
        return self.area_m2 * _CEILING_M

    @property
    def air_j_k(self) -> float:
        return self.volume_m3 * _AIR_J_M3_K * _FURNITURE_FACTOR

    @property
    def walls_j_k(self) -> float:
        return self.area_m2 * _WALLS_J_M2_K

    @property
    def coupling_w_k(self) -> float:
        return self.area_m2 * _COUPLING_W_M2_K


@dataclass(frozen=True, slots=True)
class RoomState:
    """What the room remembers from one step to the next."""

    air_c: float
    walls_c: float
    co2_ppm: float = _OUTDOOR_CO2_PPM


def step(room: Classroom, state: RoomState, weather: Weather, people: int, opening: float, dt_s: float) -> RoomState:
    """The room ``dt_s`` seconds later, with weather, people and valve ``opening`` (0…1) constant meanwhile."""
    loss_w_k = room.loss_w_k + (room.airing_w_k if people > 1 else 0.0)
    sun_w = room.window_m2 * weather.sun_w_m2 * 0.5  # glazing and frame let half of it through
    air_w = opening * room.radiator_w + people * _PERSON_W + _SUN_TO_AIR * sun_w
    walls_w = (1 - _SUN_TO_AIR) * sun_w
    air_limit_c = weather.outdoor_c + (air_w + walls_w) / loss_w_k
    walls_limit_c = air_limit_c + walls_w / room.coupling_w_k
    aa, am, ma, mm = _transition(room, loss_w_k, dt_s)
    air, walls = state.air_c - air_limit_c, state.walls_c - walls_limit_c
    return RoomState(
        air_limit_c + aa * air + am * walls,
        walls_limit_c + ma * air + mm * walls,
        _co2_ppm(room, state.co2_ppm, people, loss_w_k, dt_s),
    )


def relative_humidity_percent(state: RoomState, weather: Weather) -> float:
    """Outdoor vapour plus what people gave off, taken along with their CO2, at the room's temperature."""
    outdoor = weather.relative_humidity_percent / 100 * _saturation(weather.outdoor_c)
    vapour = outdoor + _MOISTURE_PER_CO2 * max(0.0, state.co2_ppm - _OUTDOOR_CO2_PPM)
    return min(99.0, max(10.0, 100 * vapour / _saturation(state.air_c)))


@lru_cache(maxsize=4096)
def _transition(room: Classroom, loss_w_k: float, dt_s: float) -> tuple[float, float, float, float]:
    """exp(M dt) of the deviations from equilibrium, by the closed form for a 2 by 2 matrix with real eigenvalues."""
    ca, cm, h = room.air_j_k, room.walls_j_k, room.coupling_w_k
    aa, am, ma, mm = -(loss_w_k + h) / ca, h / ca, h / cm, -h / cm
    mean = (aa + mm) / 2
    spread = math.sqrt(((aa - mm) / 2) ** 2 + am * ma)
    fast, slow = math.exp((mean - spread) * dt_s), math.exp((mean + spread) * dt_s)
    even, odd = (slow + fast) / 2, (slow - fast) / (2 * spread)
    return even + odd * (aa - mean), odd * am, odd * ma, even + odd * (mm - mean)


def _co2_ppm(room: Classroom, co2_ppm: float, people: int, loss_w_k: float, dt_s: float) -> float:
    """Well-mixed balance; a third of the empty room's heat loss is air that changes."""
    air_m3_s = (room.loss_w_k / 3 + (loss_w_k - room.loss_w_k)) / _AIR_J_M3_K
    limit = _OUTDOOR_CO2_PPM + 1e6 * people * _PERSON_CO2_M3_S / air_m3_s
    return limit + (co2_ppm - limit) * math.exp(-air_m3_s / room.volume_m3 * dt_s)


def _saturation(celsius: float) -> float:
    """Kilograms of vapour in a kilogram of saturated air at sea level (Magnus, WMO No. 8)."""
    return 0.622 * 6.112 * math.exp(17.62 * celsius / (243.12 + celsius)) / 1013.25

"""A classroom through time: weather, people and valve followed in short steps, as far as somebody looks."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from maillage.lorawan.simulator.physics.classroom import Classroom, RoomState, step
from maillage.lorawan.simulator.physics.occupancy import occupants
from maillage.lorawan.simulator.physics.weather import Weather, weather

FRANCE = ZoneInfo("Europe/Paris")
_SHORT_S = 60.0
_LONG_S = 300.0
_LONG_GAP = timedelta(hours=1)
_FORGOTTEN_AFTER = timedelta(days=4)

Opening = Callable[[float], float]
"""Valve opening, 0 to 1, at an air temperature."""


class Room:
    """``at`` is how far its state has been followed."""

    def __init__(self, building: Classroom, seed: int, state: RoomState, at: datetime) -> None:
        self.building = building
        self.state = state
        self.at = at
        self._seed = seed

    def people(self, at: datetime) -> int:
        return occupants(local_time(at), self.building.capacity, self._seed)

    def follow(self, until: datetime, opening: Opening) -> RoomState:
        """Its state at ``until``; the past before four days is forgotten, an instant gone by changes nothing."""
        self.at = max(self.at, until - _FORGOTTEN_AFTER)
        longest_s = _LONG_S if until - self.at > _LONG_GAP else _SHORT_S
        while self.at < until:
            dt_s = min(longest_s, (until - self.at).total_seconds())
            self.advance(dt_s, opening)
        return self.state

    def advance(self, dt_s: float, opening: Opening) -> None:
        """One step: the valve is set by the air at its beginning."""
        open_ = opening(self.state.air_c)
        self.state = step(self.building, self.state, weather_at(self.at), self.people(self.at), open_, dt_s)
        self.at += timedelta(seconds=dt_s)


@lru_cache(maxsize=16_384)
def weather_at(at: datetime) -> Weather:
    """As ``weather``: many rooms look out of the window at the same instant."""
    return weather(at)


@lru_cache(maxsize=16_384)
def local_time(at: datetime) -> datetime:
    return at.astimezone(FRANCE)

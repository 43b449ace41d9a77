"""A motor-driven radiator valve that regulates by itself on the air it feels, as the MClimate Vicki does."""

from dataclasses import dataclass

_PROPORTIONAL_BAND_K = 2.2
_OPENING_AT_SETPOINT = 0.4


@dataclass(frozen=True, slots=True)
class Motor:
    """``range_steps`` is what calibration found between open and closed; position 0 is fully open."""

    range_steps: int = 480

    def position(self, opening: float) -> int:
        """Steps from fully open, rounded to what the motor can do."""
        return round((1 - opening) * self.range_steps)

    def opening(self, position_steps: int) -> float:
        return 1 - position_steps / self.range_steps


def opening_for(setpoint_c: float, air_c: float) -> float:
    """Proportional regulation: 0 closed … 1 open. Never closes more for a higher setpoint."""
    return min(1.0, max(0.0, _OPENING_AT_SETPOINT + (setpoint_c - air_c) / _PROPORTIONAL_BAND_K))

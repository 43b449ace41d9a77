"""The hourly time-of-week-and-temperature model of CalTRACK: when a building uses energy, and at what temperature.

kWh an hour = what the hour of the week adds (168 of them) + a line through the outdoor temperature that may bend at
given points, with a line of its own for hours when the building is used and for those when it is not. Which hours of
the week are used ones is read from the data: those where most often more is used than heating and cooling explain
(CalTRACK methods 3.9 and 3.10). One model for the hours it is given; CalTRACK fits one for each month of a year, from
that month and its neighbours at half weight, which is not done here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from maillage.solutions.energy.engine import goodness
from maillage.solutions.energy.engine.days import Numbers

HOURS_OF_WEEK = 168
_BENDS_C = (-1.0, 7.0, 13.0, 18.0, 24.0, 32.0)  # CalTRACK's 30, 45, 55, 65, 75 and 90 °F
_FEWEST_IN_A_PIECE = 20
_HEATED_BELOW_C, _COOLED_ABOVE_C = 10.0, 18.0  # CalTRACK's 50 and 65 °F
_USED_SHARE = 0.65

Weeks = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Hours:
    """Local hours: the hour of the week (0: Monday, midnight), what was used, how warm it was outside."""

    of_week: Weeks
    used_kwh: Numbers
    outdoor_c: Numbers


@dataclass(frozen=True, slots=True)
class HourlyModel:
    """``occupied`` by hour of the week; ``bends_c`` between the pieces; ``coefficients`` of the hours, then of the
    pieces of unused hours, then of those of used ones.
    """

    occupied: Mask
    bends_c: tuple[float, ...]
    coefficients: Numbers
    parameters: int
    cv_rmse: float | None
    nmbe: float | None

    def predict(self, of_week: Weeks, outdoor_c: Numbers) -> Numbers:
        """The use of these hours, kWh."""
        return _design(of_week, outdoor_c, self.bends_c, self.occupied) @ self.coefficients


def fit_hourly(hours: Hours) -> HourlyModel:
    """The model of ``hours``; ``ValueError`` unless each hour of the week is there twice at least."""
    if np.bincount(hours.of_week, minlength=HOURS_OF_WEEK).min() < 2:  # noqa: PLR2004 - once is no habit
        raise ValueError("too few hours")
    occupied, bends = _occupied(hours), _bends(hours.outdoor_c)
    design = _design(hours.of_week, hours.outdoor_c, bends, occupied)
    found, _, rank, _ = np.linalg.lstsq(design, hours.used_kwh, rcond=None)
    coefficients = np.asarray(found, dtype=np.float64)
    residuals = hours.used_kwh - design @ coefficients
    return HourlyModel(
        occupied,
        bends,
        coefficients,
        int(rank),
        goodness.cv_rmse(hours.used_kwh, residuals, int(rank)),
        goodness.nmbe(hours.used_kwh, residuals, int(rank)),
    )


def _occupied(hours: Hours) -> Mask:
    """By hour of the week: whether most of its hours use more than heating below 10 °C and cooling above 18 °C tell."""
    cold = np.maximum(_HEATED_BELOW_C - hours.outdoor_c, 0.0)
    warm = np.maximum(hours.outdoor_c - _COOLED_ABOVE_C, 0.0)
    simple = np.column_stack([np.ones(len(cold)), cold, warm])
    found, *_ = np.linalg.lstsq(simple, hours.used_kwh, rcond=None)
    above = (hours.used_kwh > simple @ found).astype(np.float64)
    counted = np.bincount(hours.of_week, minlength=HOURS_OF_WEEK)
    return np.bincount(hours.of_week, weights=above, minlength=HOURS_OF_WEEK) / counted > _USED_SHARE


def _bends(outdoor_c: Numbers) -> tuple[float, ...]:
    """From below, those with enough hours since the last one; a last piece that is too short joins the one before."""
    kept: list[float] = []
    for bend in _BENDS_C:
        lower = kept[-1] if kept else -np.inf
        if np.count_nonzero((outdoor_c > lower) & (outdoor_c <= bend)) >= _FEWEST_IN_A_PIECE:
            kept.append(bend)
    if kept and np.count_nonzero(outdoor_c > kept[-1]) < _FEWEST_IN_A_PIECE:
        kept.pop()
    return tuple(kept)


def _pieces(outdoor_c: Numbers, bends_c: Sequence[float]) -> Numbers:
    """The temperature cut at the bends: the columns add up to it, so that the line does not jump."""
    edges = [*bends_c, np.inf]
    columns = [np.minimum(outdoor_c, edges[0])]
    for lower, upper in pairwise(edges):
        columns.append(np.clip(outdoor_c - lower, 0.0, upper - lower))
    return np.column_stack(columns)


def _design(of_week: Weeks, outdoor_c: Numbers, bends_c: Sequence[float], occupied: Mask) -> Numbers:
    times = np.zeros((len(of_week), HOURS_OF_WEEK))
    times[np.arange(len(of_week)), of_week] = 1.0
    pieces, used = _pieces(outdoor_c, bends_c), occupied[of_week][:, None]
    return np.hstack([times, np.where(used, 0.0, pieces), np.where(used, pieces, 0.0)])


def hours_of_week(starts: Sequence[tuple[int, int]]) -> Weeks:
    """From (ISO weekday 1 to 7, hour 0 to 23)."""
    return np.array([(weekday - 1) * 24 + hour for weekday, hour in starts], dtype=np.int64)

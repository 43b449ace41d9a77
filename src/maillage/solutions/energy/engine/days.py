"""What the daily model is made from: what a building used on a day, and how warm it was outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Day:
    """A local day: energy used, outdoor temperatures. ``mean_c`` lies between the extremes."""

    day: date
    used_kwh: float
    mean_c: float
    lowest_c: float
    highest_c: float


def used(days: Sequence[Day]) -> Numbers:
    """The use of each day, kWh."""
    return np.array([one.used_kwh for one in days], dtype=np.float64)


def means(days: Sequence[Day]) -> Numbers:
    """Mean outdoor temperature of each day, °C."""
    return np.array([one.mean_c for one in days], dtype=np.float64)


def between(days: Sequence[Day], first: date, last: date) -> list[Day]:
    """Those of ``first`` to ``last``, both included."""
    return [one for one in days if first <= one.day <= last]

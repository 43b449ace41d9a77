"""Years of a building whose use is known exactly."""

from datetime import date, timedelta
from math import cos, pi

import numpy as np

from maillage.solutions.energy.engine.days import Day


def temperature_c(number, rng):
    """A French year: 4 °C at the end of January, 20 °C at the end of July, and weather around it."""
    return 12 - 8 * cos(2 * pi * (number - 25) / 365) + rng.normal(0, 3)


def year(use, first=date(2024, 1, 1), count=365, seed=1, noise=0.0):
    """``count`` days of a building that uses ``use(temperature)`` kWh, give or take ``noise``."""
    rng = np.random.default_rng(seed)
    days = []
    for number in range(count):
        mean = temperature_c(number, rng)
        kwh = use(mean) + (rng.normal(0, noise) if noise else 0.0)
        days.append(Day(first + timedelta(days=number), kwh, mean, mean - 4, mean + 4))
    return days


def heated(base=50.0, slope=20.0, below=16.0):
    return lambda outdoor: base + slope * max(below - outdoor, 0)

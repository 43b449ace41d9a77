"""How well a model tells what was used: CV(RMSE), NMBE, autocorrelation (ASHRAE Guideline 14), Student's quantile."""

from math import isfinite, sqrt
from statistics import NormalDist

import numpy as np

from maillage.solutions.energy.engine.days import Numbers

CONFIDENCE = 0.90
"""Two-sided: nine savings in ten lie within what is told."""


def rmse(residuals: Numbers, parameters: int) -> float:
    """Root mean square error, with the degrees of freedom that ``parameters`` leave."""
    freedom = len(residuals) - parameters
    if freedom < 1:
        raise ValueError("fewer values than parameters")
    return sqrt(float(residuals @ residuals) / freedom)


def cv_rmse(actual: Numbers, residuals: Numbers, parameters: int) -> float | None:
    """``rmse`` as a share of the mean; None where nothing was used."""
    mean = float(actual.mean())
    return None if mean <= 0 else rmse(residuals, parameters) / mean


def nmbe(actual: Numbers, residuals: Numbers, parameters: int) -> float | None:
    """Normalised mean bias error: what the model is too low by (``actual - predicted``), as a share of the mean."""
    mean, freedom = float(actual.mean()), len(actual) - parameters
    if freedom < 1:
        raise ValueError("fewer values than parameters")
    return None if mean <= 0 else float(residuals.sum()) / (freedom * mean)


def autocorrelation(residuals: Numbers) -> float:
    """Of each day with the next, 0 to just below 1: weather and habits last longer than a day.

    A negative one would promise more knowledge than there are days; it counts as none.
    """
    before, after = residuals[:-1] - residuals[:-1].mean(), residuals[1:] - residuals[1:].mean()
    spread = sqrt(float(before @ before) * float(after @ after))
    found = float(before @ after) / spread if spread > 0 else 0.0
    return min(max(found, 0.0), 0.99) if isfinite(found) else 0.0


def independent_count(residuals: Numbers) -> float:
    """How many independent days the residuals are worth: n' = n (1 - ρ) / (1 + ρ)."""
    rho = autocorrelation(residuals)
    return len(residuals) * (1 - rho) / (1 + rho)


def student(confidence: float, freedom: float) -> float:
    """The two-sided quantile of Student's t, by the expansion of Abramowitz & Stegun 26.7.5.

    Within 1 % from 4 degrees of freedom on; fewer are counted as 4.
    """
    x, n = NormalDist().inv_cdf((1 + confidence) / 2), max(freedom, 4.0)
    g1 = (x**3 + x) / 4
    g2 = (5 * x**5 + 16 * x**3 + 3 * x) / 96
    g3 = (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384
    g4 = (79 * x**9 + 776 * x**7 + 1482 * x**5 - 1920 * x**3 - 945 * x) / 92160
    return x + g1 / n + g2 / n**2 + g3 / n**3 + g4 / n**4


def spread_of(values: Numbers) -> float:
    """Sum of squares about the mean."""
    centred = values - np.mean(values)
    return float(centred @ centred)

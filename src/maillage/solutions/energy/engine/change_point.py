"""The daily change-point model of CalTRACK: what a building uses at a given outdoor temperature.

kWh a day = base + heating · max(Th - T, 0) + cooling · max(T - Tc, 0). Four forms (base alone, with heating, with
cooling, with both); every pair of balance points of a grid is tried by ordinary least squares; of those whose slopes
are not negative, the one of the best adjusted R² is kept (CalTRACK methods 3.3 and 3.4).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from maillage.solutions.energy.engine import goodness
from maillage.solutions.energy.engine.days import Day, Numbers, means, used

Form = Literal["base", "heating", "cooling", "both"]
FEWEST_DAYS = 30
_GRID_C = np.arange(0.0, 30.5, 0.5)
# CalTRACK 3.3.4: a balance point must have been passed on ten days, and by twenty degree-days in all.
_FEWEST_ACTIVE_DAYS = 10
_FEWEST_DEGREE_DAYS = 20.0


_LEAST = 1e-9  # of the mean use: below it a slope is what rounding left
_TIE = 1e-9


@dataclass(frozen=True, slots=True)
class Terms:
    """``base_kwh`` a day; ``heating_kwh`` and ``cooling_kwh`` a degree-day, with the temperature where they begin."""

    base_kwh: float
    heating_kwh: float = 0.0
    heating_below_c: float | None = None
    cooling_kwh: float = 0.0
    cooling_above_c: float | None = None

    @property
    def count(self) -> int:
        """Coefficients: one, and one for each slope."""
        return 1 + (self.heating_below_c is not None) + (self.cooling_above_c is not None)

    def predict(self, outdoor_c: Numbers) -> Numbers:
        """The use of days of these mean temperatures, kWh."""
        total = np.full(len(outdoor_c), self.base_kwh)
        if self.heating_below_c is not None:
            total = total + self.heating_kwh * np.maximum(self.heating_below_c - outdoor_c, 0.0)
        if self.cooling_above_c is not None:
            total = total + self.cooling_kwh * np.maximum(outdoor_c - self.cooling_above_c, 0.0)
        return total


@dataclass(frozen=True, slots=True)
class Model:
    """``residuals`` are actual less predicted, day by day. ``adjusted_r2`` is 0 for the base alone."""

    form: Form
    terms: Terms
    adjusted_r2: float
    residuals: Numbers
    mean_kwh: float
    cv_rmse: float | None
    nmbe: float | None

    @property
    def parameters(self) -> int:
        """How many coefficients were fitted."""
        return self.terms.count

    def predict(self, outdoor_c: Numbers) -> Numbers:
        """The use of days of these mean temperatures, kWh."""
        return self.terms.predict(outdoor_c)


@dataclass(frozen=True, slots=True)
class _Columns:
    """Degree-days by balance point (rows: days), their means, and the same about the means."""

    points_c: Numbers
    means: Numbers
    centred: Numbers


@dataclass(frozen=True, slots=True)
class _Choice:
    """A form with its coefficients and adjusted R²."""

    form: Form
    score: float
    base_kwh: float
    heating: tuple[float, float | None] = (0.0, None)
    cooling: tuple[float, float | None] = (0.0, None)


def fit(days: Sequence[Day]) -> Model:
    """The model that tells ``days`` best; ``ValueError`` for fewer than ``FEWEST_DAYS``."""
    if len(days) < FEWEST_DAYS:
        raise ValueError("too few days")
    energy, outdoor_c = used(days), means(days)
    cold = _columns(_GRID_C - outdoor_c[:, None])
    warm = _columns(outdoor_c[:, None] - _GRID_C)
    best = _Choice("base", 0.0, float(energy.mean()))
    if goodness.spread_of(energy) > 0:
        for choice in (*_with_one("heating", cold, energy), *_with_one("cooling", warm, energy)):
            best = choice if choice.score > best.score + _TIE else best
        for choice in _with_both(cold, warm, energy):
            best = choice if choice.score > best.score + _TIE else best
    return _model(best, energy, outdoor_c)


def _columns(difference_c: Numbers) -> _Columns:
    degree_days = np.maximum(difference_c, 0.0)
    enough = np.count_nonzero(degree_days, axis=0) >= _FEWEST_ACTIVE_DAYS
    enough &= degree_days.sum(axis=0) >= _FEWEST_DEGREE_DAYS
    kept = degree_days[:, enough]
    centre = kept.mean(axis=0)
    return _Columns(_GRID_C[enough], centre, kept - centre)


def _with_one(form: Literal["heating", "cooling"], columns: _Columns, energy: Numbers) -> list[_Choice]:
    """The best balance point of one slope, if any is fit."""
    mean, centred = float(energy.mean()), energy - energy.mean()
    rises, squares = columns.centred.T @ centred, (columns.centred**2).sum(axis=0)
    slopes = np.divide(rises, squares, out=np.zeros_like(rises), where=squares > 0)
    bases = mean - slopes * columns.means
    fits = np.where((slopes > _LEAST * mean) & (bases >= 0), slopes * rises, -np.inf)
    if not np.isfinite(fits).any():
        return []
    at = int(fits.argmax())
    term = (float(slopes[at]), float(columns.points_c[at]))
    score = _adjusted_r2(centred, float(fits[at]), 2)
    return [_Choice(form, score, float(bases[at]), **{form: term})]


def _with_both(cold: _Columns, warm: _Columns, energy: Numbers) -> list[_Choice]:
    """The best pair of balance points, the heating one not above the cooling one, by Cramer's rule for all at once."""
    mean, centred = float(energy.mean()), energy - energy.mean()
    a, b = (cold.centred**2).sum(axis=0)[:, None], (warm.centred**2).sum(axis=0)[None, :]
    cross = cold.centred.T @ warm.centred
    u, v = (cold.centred.T @ centred)[:, None], (warm.centred.T @ centred)[None, :]
    whole = a * b - cross**2
    solvable = (whole > _LEAST * a * b) & (cold.points_c[:, None] <= warm.points_c[None, :])
    divisor = np.where(solvable, whole, 1.0)
    heating, cooling = (u * b - v * cross) / divisor, (v * a - u * cross) / divisor
    bases = mean - heating * cold.means[:, None] - cooling * warm.means[None, :]
    fit_ = solvable & (heating > _LEAST * mean) & (cooling > _LEAST * mean) & (bases >= 0)
    explained = np.where(fit_, heating * u + cooling * v, -np.inf)
    if not np.isfinite(explained).any():
        return []
    i, j = np.unravel_index(int(explained.argmax()), explained.shape)
    score = _adjusted_r2(centred, float(explained[i, j]), 3)
    low = (float(heating[i, j]), float(cold.points_c[i]))
    return [_Choice("both", score, float(bases[i, j]), low, (float(cooling[i, j]), float(warm.points_c[j])))]


def _adjusted_r2(centred: Numbers, explained: float, parameters: int) -> float:
    n, whole = len(centred), float(centred @ centred)
    left = max(whole - explained, 0.0)
    return 1 - (left / (n - parameters)) / (whole / (n - 1))


def _model(choice: _Choice, energy: Numbers, outdoor_c: Numbers) -> Model:
    terms = Terms(choice.base_kwh, *choice.heating, *choice.cooling)
    residuals = energy - terms.predict(outdoor_c)
    return Model(
        form=choice.form,
        terms=terms,
        adjusted_r2=choice.score,
        residuals=residuals,
        mean_kwh=float(energy.mean()),
        cv_rmse=goodness.cv_rmse(energy, residuals, terms.count),
        nmbe=goodness.nmbe(energy, residuals, terms.count),
    )

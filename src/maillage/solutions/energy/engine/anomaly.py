"""Days that used much more or less than their weather explains."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from maillage.solutions.energy.engine import goodness
from maillage.solutions.energy.engine.change_point import Model
from maillage.solutions.energy.engine.days import Day, means, used

CONFIDENCE = 0.99
"""One ordinary day in a hundred is told, too."""


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A day outside the band of its weather."""

    day: Day
    expected_kwh: float

    @property
    def excess_kwh(self) -> float:
        """Negative for a day that used less."""
        return self.day.used_kwh - self.expected_kwh


def anomalies(model: Model, days: Sequence[Day], confidence: float = CONFIDENCE) -> list[Anomaly]:
    """The days outside the model's prediction interval, in their order."""
    if not days:
        return []
    n = len(model.residuals)
    error = goodness.rmse(model.residuals, model.parameters) * sqrt(1 + 1 / n)
    band = goodness.student(confidence, n - model.parameters) * error
    expected = model.predict(means(days))
    outside = abs(used(days) - expected) > max(band, 1e-9 * model.mean_kwh)
    return [Anomaly(day, float(kwh)) for day, kwh, is_out in zip(days, expected, outside, strict=True) if is_out]

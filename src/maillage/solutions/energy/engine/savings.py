"""What was saved: the baseline carried to the weather of the period reported, less what was used there.

The uncertainty is ASHRAE Guideline 14's for daily data with autocorrelation (annex B), with the polynomial of Sun and
Baltazar for the length of the period.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

from maillage.solutions.energy.engine import goodness
from maillage.solutions.energy.engine.change_point import Model
from maillage.solutions.energy.engine.days import Day, Numbers, means, used

_DAYS_A_MONTH = 365.25 / 12
_DAILY = (-0.00024, 0.03535, 1.00286)


@dataclass(frozen=True, slots=True)
class Savings:
    """Of a period: kWh as the baseline expects, as used, and ``margin_kwh`` to either side of their difference.

    ``margin_kwh`` is None where the baseline's days are too alike to tell one.
    """

    expected: Numbers
    expected_kwh: float
    used_kwh: float
    margin_kwh: float | None

    @property
    def saved_kwh(self) -> float:
        """Negative when more was used than expected."""
        return self.expected_kwh - self.used_kwh

    @property
    def share(self) -> float | None:
        """Of what was expected."""
        return self.saved_kwh / self.expected_kwh if self.expected_kwh > 0 else None

    @property
    def fractional_uncertainty(self) -> float | None:
        """The margin as a share of the saving."""
        if self.margin_kwh is None or self.saved_kwh == 0:
            return None
        return self.margin_kwh / abs(self.saved_kwh)

    @property
    def verdict(self) -> Literal["less", "more", "unsure"]:
        """What may be claimed: nothing while the difference lies within its margin."""
        if self.margin_kwh is None or abs(self.saved_kwh) <= self.margin_kwh:
            return "unsure"
        return "less" if self.saved_kwh > 0 else "more"


def savings(baseline: Model, reported: Sequence[Day], confidence: float = goodness.CONFIDENCE) -> Savings:
    """``reported`` against the baseline; ``ValueError`` when it is empty."""
    if not reported:
        raise ValueError("no day to report on")
    expected = baseline.predict(means(reported))
    total = float(expected.sum())
    return Savings(expected, total, float(used(reported).sum()), _margin(baseline, total, len(reported), confidence))


def _margin(baseline: Model, expected_kwh: float, days: int, confidence: float) -> float | None:
    independent = goodness.independent_count(baseline.residuals)
    freedom = independent - baseline.parameters
    if baseline.cv_rmse is None or freedom < 1:
        return None
    a, b, c = _DAILY
    months = days / _DAYS_A_MONTH
    scale = goodness.student(confidence, freedom) * (a * months**2 + b * months + c)
    n = len(baseline.residuals)
    return scale * abs(expected_kwh) * baseline.cv_rmse * sqrt(n / independent * (1 + 2 / independent) / days)

"""A building's energy, studied: the year of reference, what came after, what is odd. Values in, values out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from maillage.solutions.energy.engine.anomaly import Anomaly, anomalies
from maillage.solutions.energy.engine.change_point import Model, fit
from maillage.solutions.energy.engine.days import Day, between
from maillage.solutions.energy.engine.savings import Savings, savings
from maillage.solutions.energy.engine.tertiary import EARLIEST_REFERENCE, Milestone, adjusted_kwh, milestones

YEAR = timedelta(days=365)
# CalTRACK 2.2.1: nine days in ten of the year of reference must be known.
FEWEST_OF_A_YEAR = 329
RECENT = timedelta(days=30)
_FEWEST_OF_A_NEW_LIFE = 90


@dataclass(frozen=True, slots=True)
class Lack:
    """Why nothing can be told: too few days of the year of reference, or none after it."""

    cause: Literal["reference", "report"]
    known_days: int
    needed_days: int


@dataclass(frozen=True, slots=True)
class Study:
    """``reference`` and ``reported`` days, the model of the former, and what follows from both.

    ``odd`` are days of the last thirty. ``milestones`` of the decree on tertiary buildings, for a whole year reported.
    """

    reference: Sequence[Day]
    reported: Sequence[Day]
    model: Model
    savings: Savings
    odd: Sequence[Anomaly]
    milestones: Sequence[Milestone]


def study(days: Sequence[Day], works_until: date | None = None) -> Study | Lack:
    """``days`` in their order. The year of reference ends before ``works_until``, else it is the first there is."""
    if not days:
        return Lack("reference", 0, FEWEST_OF_A_YEAR)
    after = works_until or days[0].day + YEAR
    reference = between(days, after - YEAR, after - timedelta(days=1))
    reported = between(days, after, date.max)
    if len(reference) < FEWEST_OF_A_YEAR:
        return Lack("reference", len(reference), FEWEST_OF_A_YEAR)
    if not reported:
        return Lack("report", 0, 1)
    model = fit(reference)
    return Study(reference, reported, model, savings(model, reported), _odd(model, reported), _due(reference, reported))


def _odd(model: Model, reported: Sequence[Day]) -> list[Anomaly]:
    """Judged by the building as it has become, once enough is known of that."""
    recent = reported[-1].day - RECENT
    before = [one for one in reported if one.day <= recent]
    judge = fit(before) if len(before) >= _FEWEST_OF_A_NEW_LIFE else model
    return anomalies(judge, [one for one in reported if one.day > recent])


def _due(reference: Sequence[Day], reported: Sequence[Day]) -> list[Milestone]:
    year = [one for one in reported if one.day > reported[-1].day - YEAR]
    reference_kwh = sum(one.used_kwh for one in reference) / len(reference) * 365
    if len(year) < FEWEST_OF_A_YEAR or reference[0].day.year < EARLIEST_REFERENCE or reference_kwh <= 0:
        return []
    return milestones(reference[0].day.year, reference_kwh, adjusted_kwh(fit(year), year, reference))

"""The decree on tertiary buildings (« décret tertiaire », code de la construction et de l'habitation, R174-22 ff.).

Final energy is to fall below that of a reference year, not before 2010: by 40 % in 2030, 50 % in 2040, 60 % in 2050.
The other way of meeting it, an absolute value for each kind of building, is not computed here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from maillage.solutions.energy.engine.change_point import Model
from maillage.solutions.energy.engine.days import Day, means

REDUCTIONS: Mapping[int, float] = MappingProxyType({2030: 0.40, 2040: 0.50, 2050: 0.60})
EARLIEST_REFERENCE = 2010


@dataclass(frozen=True, slots=True)
class Milestone:
    """``reached``: the use compared is at or below what is due then."""

    year: int
    reduction: float
    due_kwh: float
    reached: bool

    @property
    def percent(self) -> int:
        """The reduction in percent."""
        return round(100 * self.reduction)


def milestones(reference_year: int, reference_kwh: float, used_kwh: float) -> list[Milestone]:
    """What is due and whether a year of ``used_kwh`` meets it already; ``ValueError`` for an unfit reference."""
    if reference_year < EARLIEST_REFERENCE or reference_kwh <= 0:
        raise ValueError("unfit reference year")
    found = []
    for year, reduction in REDUCTIONS.items():
        due = reference_kwh * (1 - reduction)
        found.append(Milestone(year, reduction, due, used_kwh <= due))
    return found


def path_kwh(reference_year: int, reference_kwh: float, year: int) -> float:
    """What a steady effort would use in ``year``: straight from the reference to the first milestone, then on.

    The law binds at the milestones alone; in between this is a help. Before the reference it is the reference.
    """
    before = (min(reference_year, min(REDUCTIONS) - 1), 0.0)
    for milestone in REDUCTIONS.items():
        if year <= milestone[0]:
            passed = max(0.0, (year - before[0]) / (milestone[0] - before[0]))
            return reference_kwh * (1 - before[1] - passed * (milestone[1] - before[1]))
        before = milestone
    return reference_kwh * (1 - before[1])


def adjusted_kwh(model: Model, days: Sequence[Day], reference: Sequence[Day]) -> float:
    """What ``days`` would have used in the weather of the reference year, by the model of ``days`` themselves.

    Both by the mean day, so that a missing day weighs nothing; of a year of 365 days.
    """
    used_kwh = sum(one.used_kwh for one in days) / len(days)
    shift = float(model.predict(means(reference)).mean()) - float(model.predict(means(days)).mean())
    return max(0.0, used_kwh + shift) * 365


def declaration_due(year: int) -> date:
    """A year's use is declared by 30 September of the next one."""
    return date(year + 1, 9, 30)

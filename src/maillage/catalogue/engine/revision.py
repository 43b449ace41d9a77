"""Price revision: P = P0 × (a + b × I/I0 + c × J/J0 …), with indices that were published when it applies.

Source: the clause of revision of public contracts (Code de la commande publique, R2112-13). ``a + b + c…`` is 1, so
that indices which have not moved give exactly P0. An index counts from its day of publication, never before, whatever
the month it measures; when a value is corrected, the correction counts from its own publication.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from maillage.kernel.errors import Invalid
from maillage.kernel.money import rounded_ratio

_MONTHS = 12


@dataclass(frozen=True, slots=True)
class IndexValue:
    """``value`` of an index for the month of ``period`` (its first day), public since ``published_on``."""

    index: str
    period: date
    value: Decimal
    published_on: date


@dataclass(frozen=True, slots=True)
class Part:
    """The share ``weight`` of the price that follows ``index``, whose value at the price's date was ``base_value``."""

    index: str
    weight: Decimal
    base_value: Decimal


@dataclass(frozen=True, slots=True)
class Formula:
    """``fixed`` + the weights is 1. The coefficient is rounded half-up to ``decimals``."""

    fixed: Decimal
    parts: tuple[Part, ...]
    decimals: int = 4

    def __post_init__(self) -> None:
        weights = [self.fixed, *(part.weight for part in self.parts)]
        if sum(weights) != 1 or any(weight < 0 for weight in weights):
            raise Invalid("formula_weights_unfit", total=str(sum(weights)))
        if any(part.base_value <= 0 for part in self.parts):
            raise Invalid("index_base_unfit")


@dataclass(frozen=True, slots=True)
class Revision:
    """A formula applied every ``every_months``, first on ``first_on``; before that day the price is P0."""

    formula: Formula
    first_on: date
    every_months: int = _MONTHS

    def __post_init__(self) -> None:
        if self.every_months < 1:
            raise Invalid("revision_rhythm_unfit")


def coefficient(formula: Formula, values: Iterable[IndexValue], on: date) -> Decimal:
    """The coefficient by the latest month of each index that was published on ``on``.

    Raises ``Invalid`` ``index_not_published`` when an index had no published value by then.
    """
    known = [value for value in values if value.published_on <= on]
    exact = Fraction(formula.fixed)
    for part in formula.parts:
        exact += Fraction(part.weight) * Fraction(_latest(part.index, known, on)) / Fraction(part.base_value)
    return rounded_ratio(exact, formula.decimals)


def coefficient_on(revision: Revision | None, values: Iterable[IndexValue], on: date) -> Decimal:
    """The coefficient in force on ``on``: that of the last date of revision, 1 before the first or without clause."""
    decided_on = revised_on(revision, on) if revision else None
    if revision is None or decided_on is None:
        return Decimal(1)
    return coefficient(revision.formula, values, decided_on)


def revised_on(revision: Revision, on: date) -> date | None:
    """The last date of revision not after ``on``; None before the first one."""
    if on < revision.first_on:
        return None
    months = (on.year - revision.first_on.year) * _MONTHS + on.month - revision.first_on.month
    steps = months // revision.every_months
    reached = _months_after(revision.first_on, steps * revision.every_months)
    return reached if reached <= on else _months_after(revision.first_on, (steps - 1) * revision.every_months)


def _latest(index: str, known: Iterable[IndexValue], on: date) -> Decimal:
    own = [value for value in known if value.index == index]
    if not own:
        raise Invalid("index_not_published", index=index, on=on.isoformat())
    return max(own, key=lambda value: (value.period, value.published_on)).value


def _months_after(start: date, months: int) -> date:
    """The same day ``months`` later; the last day of a month that is too short."""
    year, month = divmod(start.year * _MONTHS + start.month - 1 + months, _MONTHS)
    for day in range(start.day, start.day - 4, -1):
        try:
            return date(year, month + 1, day)
        except ValueError:
            continue
    raise AssertionError(start)

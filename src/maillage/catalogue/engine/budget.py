"""What a sizing costs: investment, funding, left to pay, and each year beside today's bill. Before VAT.

The funding rate is an input. A public body keeps at least a fifth of its investment to itself (CGCT L1111-10), so
that a rate above 80 % is refused.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from maillage.catalogue.engine.estimators.sizing import Bill, Estimator, Range, Sizing
from maillage.catalogue.engine.price import PriceTerm, Rhythm, amount
from maillage.kernel.errors import Invalid
from maillage.kernel.money import ZERO, Cents, cents, percent_of

HIGHEST_FUNDING_PERCENT = 80
MONTHS = 12
HORIZON_YEARS = (1, 5, 10)

RevisedTerm = tuple[PriceTerm, Decimal]


@dataclass(frozen=True, slots=True)
class Sum:
    """An amount as a range."""

    low: Cents
    likely: Cents
    high: Cents

    @property
    def is_exact(self) -> bool:
        """No range: the quantities are known."""
        return self.low == self.high


@dataclass(frozen=True, slots=True)
class Line:
    """One price term with its quantity and what it costs."""

    term: PriceTerm
    quantity: Range
    cost: Sum


@dataclass(frozen=True, slots=True)
class Horizon:
    """Everything paid over some years, and what today's way would have cost; None where no bill was given."""

    years: int
    cost: Sum
    today: Cents | None


@dataclass(frozen=True, slots=True)
class Budget:
    """``once`` = ``funded`` + ``left``. ``bill_after`` is today's bill once the offering is in place, a year."""

    lines: tuple[Line, ...]
    once: Sum
    funded: Sum
    left: Sum
    monthly: Sum
    bill_today: Cents | None
    bill_after: Sum | None
    horizons: tuple[Horizon, ...]


def budget(
    estimator: Estimator, sizing: Sizing, terms: Sequence[RevisedTerm], funding_percent: Decimal, bill_year_eur: int
) -> Budget:
    """The budget of a sizing by an offering's revised terms. Raises ``Invalid`` for a funding rate out of bounds."""
    if not 0 <= funding_percent <= HIGHEST_FUNDING_PERCENT:
        raise Invalid("funding_out_of_bounds", highest=HIGHEST_FUNDING_PERCENT)
    lines = tuple(_line(term, coefficient, sizing.needs) for term, coefficient in terms)
    once, monthly = _total(lines, {Rhythm.ONE_OFF}), _total(lines, {Rhythm.MONTHLY, Rhythm.USAGE})
    funded = _map(once, lambda part: percent_of(part, funding_percent))
    left = Sum(*(Cents(a - b) for a, b in zip(_each(once), _each(funded), strict=True)))
    today = cents(bill_year_eur) if bill_year_eur and estimator.bill is not Bill.NONE else None
    after = _after(estimator, today)
    horizons = tuple(_horizon(years, left, monthly, today, after) for years in HORIZON_YEARS)
    return Budget(lines, once, funded, left, monthly, today, after, horizons)


def _line(term: PriceTerm, coefficient: Decimal, needs: Mapping[str, Range]) -> Line:
    quantity = needs.get(term.unit, Range(0, 0, 0))
    costs = [amount(term, count, coefficient) for count in (quantity.low, quantity.likely, quantity.high)]
    # By volume, a little more may cost a little less: the range stays a range.
    return Line(term, quantity, Sum(min(costs), costs[1], max(costs)))


def _total(lines: Sequence[Line], rhythms: set[Rhythm]) -> Sum:
    own = [line.cost for line in lines if line.term.rhythm in rhythms]
    low, likely, high = (sum(part) for part in zip(*map(_each, own), strict=True)) if own else (0, 0, 0)
    return Sum(Cents(low), Cents(likely), Cents(high))


def _after(estimator: Estimator, today: Cents | None) -> Sum | None:
    """Today's bill after: nothing once replaced; by default between the most and the least saved."""
    if today is None:
        return None
    if estimator.bill is Bill.REPLACED:
        return Sum(ZERO, ZERO, ZERO)
    saved = estimator.saved_percent
    kept = [Cents(today - percent_of(today, share)) for share in (saved.high, saved.likely, saved.low)]
    return Sum(*kept)


def _horizon(years: int, left: Sum, monthly: Sum, today: Cents | None, after: Sum | None) -> Horizon:
    bills = _each(after) if after else (ZERO, ZERO, ZERO)
    parts = [
        Cents(own + years * (MONTHS * month + bill))
        for own, month, bill in zip(_each(left), _each(monthly), bills, strict=True)
    ]
    return Horizon(years, Sum(*parts), Cents(years * today) if today is not None else None)


def _each(amounts: Sum) -> tuple[Cents, Cents, Cents]:
    return amounts.low, amounts.likely, amounts.high


def _map(amounts: Sum, change: Callable[[Cents], Cents]) -> Sum:
    return Sum(*(change(part) for part in _each(amounts)))

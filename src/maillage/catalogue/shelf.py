"""Offerings as the shop shows them: versions with their prices as of a day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from maillage.catalogue import queries
from maillage.catalogue.engine.budget import RevisedTerm
from maillage.catalogue.engine.eligibility import Audience, Eligibility
from maillage.catalogue.engine.price import PriceTerm, Rhythm, amount, unit_prices
from maillage.catalogue.engine.revision import IndexValue, Revision, coefficient_on, revised_on
from maillage.catalogue.models import OfferingVersion, Price
from maillage.catalogue.terms import named_term
from maillage.kernel import clock
from maillage.kernel.money import Cents
from maillage.web.formats import TERRITORY_ZONE, number


@dataclass(frozen=True, slots=True)
class PriceLine:
    """One line of a tariff on a day. ``tiers`` are (quantity from, unit price in euros), revised."""

    name: str
    term: PriceTerm
    coefficient: Decimal
    revision: Revision | None
    revised_on: date | None

    @property
    def tiers(self) -> Sequence[tuple[Decimal, Decimal]]:
        return unit_prices(self.term, self.coefficient)

    @property
    def lowest(self) -> Decimal:
        """The unit price of the cheapest tier, in euros."""
        return min(price for _, price in self.tiers)

    @property
    def formula(self) -> str:
        """``0,15 + 0,85 × syntec/syntec₀``, or nothing for a fixed price."""
        if self.revision is None:
            return ""
        formula = self.revision.formula
        parts = [f"{number(part.weight, 2)} × {part.index} / {number(part.base_value, 1)}" for part in formula.parts]
        return " + ".join([number(formula.fixed, 2), *parts])

    @property
    def first(self) -> Cents:
        """What one unit costs."""
        return amount(self.term, 1, self.coefficient)


@dataclass(frozen=True, slots=True)
class Offer:
    """A version in force with its prices on a day."""

    version: OfferingVersion
    lines: tuple[PriceLine, ...]

    @property
    def code(self) -> str:
        return self.version.offering.code

    @property
    def headline(self) -> PriceLine | None:
        """The line that a card shows: the first monthly one, else the first one."""
        monthly = [line for line in self.lines if line.term.rhythm is Rhythm.MONTHLY]
        return next(iter(monthly or self.lines), None)

    @property
    def entry(self) -> PriceLine | None:
        """What a first unit costs once, beside a monthly headline; options are not counted."""
        units = {"site", self.headline.term.unit} if self.headline else set()
        once = [line for line in self.lines if line.term.rhythm is Rhythm.ONE_OFF and line.term.unit in units]
        return once[0] if once and once[0] is not self.headline else None

    @property
    def revised_lines(self) -> list[PriceLine]:
        """The lines with a clause of revision."""
        return [line for line in self.lines if line.revision is not None]

    @property
    def terms(self) -> list[RevisedTerm]:
        """For the engine."""
        return [(line.term, line.coefficient) for line in self.lines]

    @property
    def eligibility(self) -> Eligibility:
        version = self.version
        audiences = frozenset(Audience(one) for one in version.audiences)
        return Eligibility(audiences, version.needs_fibre, version.needs_lora)


def today() -> date:
    """The territory's civil day: prices change at its midnight."""
    return clock.now().astimezone(TERRITORY_ZONE).date()


def offers(versions: Iterable[OfferingVersion], on: date) -> list[Offer]:
    """The versions with their prices on ``on``; indices are read only if a price follows one."""
    rows = list(versions)
    follows = any(price.revision for version in rows for price in version.prices.all())
    known = queries.index_values() if follows else []
    return [offer(version, known, on) for version in rows]


def offer(version: OfferingVersion, known: Sequence[IndexValue], on: date) -> Offer:
    """One version; its prices must have been prefetched."""
    return Offer(version, tuple(_line(row, known, on) for row in version.prices.all()))


def sold(code: str, on: date) -> Offer:
    """An offering on ``on``. Raises ``NotFound`` when it is not sold then."""
    return offers([queries.sold(code, on)], on)[0]


def _line(row: Price, known: Sequence[IndexValue], on: date) -> PriceLine:
    named = named_term(row)
    coefficient = coefficient_on(named.revision, known, on)
    decided_on = revised_on(named.revision, on) if named.revision else None
    return PriceLine(named.name, named.term, coefficient, named.revision, decided_on)

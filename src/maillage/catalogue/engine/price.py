"""A price term and what a quantity costs by it.

A term is charged once or every month, for a quantity of one unit (a site, a valve, a line…). Its tiers say the unit
price from a quantity on. *Graduated*: each slice at its own price. *Volume*: the whole quantity at the price of the
tier it reaches. Prices are in euros before VAT, with as many decimals as the tariff writes; the sum is rounded once.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from maillage.kernel.errors import Invalid
from maillage.kernel.money import Cents, times

ONE = Decimal(1)


class Rhythm(StrEnum):
    """When a term is charged."""

    ONE_OFF = "one_off"
    MONTHLY = "monthly"
    USAGE = "usage"


class Mode(StrEnum):
    """How tiers apply."""

    GRADUATED = "graduated"
    VOLUME = "volume"


@dataclass(frozen=True, slots=True)
class Tier:
    """From ``quantity_from`` units on (exclusive of what tiers below charge), each costs ``unit_price_eur``."""

    quantity_from: Decimal
    unit_price_eur: Decimal


@dataclass(frozen=True, slots=True)
class PriceTerm:
    """One line of a tariff. ``unit`` is a code of ``labels.UNITS``; ``vat_percent`` is told, never included."""

    code: str
    rhythm: Rhythm
    unit: str
    tiers: tuple[Tier, ...]
    mode: Mode = Mode.GRADUATED
    vat_percent: Decimal = Decimal(20)

    def __post_init__(self) -> None:
        starts = [tier.quantity_from for tier in self.tiers]
        if not starts or starts[0] != 0 or any(a >= b for a, b in itertools.pairwise(starts)):
            raise Invalid("tiers_unfit", price=self.code)
        if any(tier.unit_price_eur < 0 for tier in self.tiers) or self.vat_percent < 0:
            raise Invalid("price_negative", price=self.code)

    @property
    def is_flat(self) -> bool:
        """One unit price whatever the quantity."""
        return len(self.tiers) == 1


def flat(code: str, rhythm: Rhythm, unit: str, unit_price_eur: Decimal | str, vat_percent: int = 20) -> PriceTerm:
    """A term without tiers."""
    return PriceTerm(code, rhythm, unit, (Tier(Decimal(0), Decimal(unit_price_eur)),), vat_percent=Decimal(vat_percent))


def amount(term: PriceTerm, quantity: Decimal | int, coefficient: Decimal = ONE) -> Cents:
    """What ``quantity`` costs before VAT, its prices revised by ``coefficient``. Raises ``Invalid`` when negative."""
    wanted = Decimal(quantity)
    if wanted < 0:
        raise Invalid("quantity_negative", price=term.code)
    exact = _graduated(term.tiers, wanted) if term.mode is Mode.GRADUATED else _volume(term.tiers, wanted)
    return times(exact, coefficient)


def unit_prices(term: PriceTerm, coefficient: Decimal = ONE) -> Sequence[tuple[Decimal, Decimal]]:
    """The revised tariff: (quantity from, unit price in euros), unrounded."""
    return [(tier.quantity_from, tier.unit_price_eur * coefficient) for tier in term.tiers]


def sum_of(terms: Iterable[tuple[PriceTerm, Decimal]], quantities: dict[str, Decimal], rhythm: Rhythm) -> Cents:
    """What ``quantities`` (by unit) cost by the terms of one rhythm, each with its coefficient of revision."""
    return Cents(
        sum(
            amount(term, quantities.get(term.unit, Decimal(0)), coefficient)
            for term, coefficient in terms
            if term.rhythm is rhythm
        )
    )


def _graduated(tiers: Sequence[Tier], quantity: Decimal) -> Decimal:
    ends: list[Decimal | None] = [tier.quantity_from for tier in tiers[1:]]
    cost = Decimal(0)
    for tier, end in zip(tiers, [*ends, None], strict=True):
        top = quantity if end is None else min(quantity, end)
        cost += max(Decimal(0), top - tier.quantity_from) * tier.unit_price_eur
    return cost


def _volume(tiers: Sequence[Tier], quantity: Decimal) -> Decimal:
    reached = [tier for tier in tiers if tier.quantity_from <= quantity]
    return quantity * reached[-1].unit_price_eur

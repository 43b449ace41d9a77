"""What a quote freezes: each price of an offering for the quantity wanted, to the cent.

A quote's line becomes a subscription of quantity one, whose component prices are the amounts of the quote: what was
signed is what is billed, tiers and revision included.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec

from maillage.catalogue.engine.price import PriceTerm, Rhythm, amount
from maillage.kernel.errors import Invalid
from maillage.kernel.money import Cents, euros, percent_of, rounded_ratio, total
from maillage.orders.engine.terms import Component, Kind, Terms, VatRule

_PLACES = 6
_MONTHS = 12
_KINDS = {Rhythm.ONE_OFF: Kind.ONE_OFF, Rhythm.MONTHLY: Kind.RECURRING, Rhythm.USAGE: Kind.USAGE}
EQUIPMENT_UNITS = frozenset({"valve", "sensor", "boiler_controller", "door", "gate"})
"""Units of which each is a device that somebody installs."""


@dataclass(frozen=True, slots=True)
class Charge:
    """One price of a line. ``amount`` is what ``quantity`` costs before VAT, once or each month; by use, an estimate.

    ``unit_price`` in euros is None where tiers make it depend on the quantity.
    """

    code: str
    name: str
    rhythm: Rhythm
    unit: str
    quantity: int
    unit_price: Decimal | None
    amount: Cents
    vat_percent: Decimal


@dataclass(frozen=True, slots=True)
class VatPart:
    """VAT of one rate, on the sum of what it applies to."""

    percent: Decimal
    base: Cents
    vat: Cents


def charge(name: str, term: PriceTerm, quantity: int, coefficient: Decimal) -> Charge:
    """Freeze one price. Raises ``Invalid`` for a price by use with tiers, which no subscription can carry yet."""
    unit_price = None
    if term.is_flat:
        unit_price = rounded_ratio(Fraction(term.tiers[0].unit_price_eur) * Fraction(coefficient), _PLACES)
    elif term.rhythm is Rhythm.USAGE:
        raise Invalid("quote_usage_tiered", name=name)
    cost = amount(term, quantity, coefficient)
    return Charge(term.code, name, term.rhythm, term.unit, quantity, unit_price, cost, term.vat_percent)


def sum_of(charges: Iterable[Charge], rhythm: Rhythm) -> Cents:
    """What the charges of one rhythm come to, before VAT."""
    return total(one.amount for one in charges if one.rhythm is rhythm)


def vat_of(charges: Sequence[Charge], rhythm: Rhythm) -> tuple[VatPart, ...]:
    """VAT by rate, the highest first; each is rounded once, on its sum."""
    own = [one for one in charges if one.rhythm is rhythm]
    rates = sorted({one.vat_percent for one in own}, reverse=True)
    bases = [(rate, total(one.amount for one in own if one.vat_percent == rate)) for rate in rates]
    return tuple(VatPart(rate, base, percent_of(base, rate)) for rate, base in bases)


def commitment(once: Cents, monthly: Cents, term_months: int) -> Cents:
    """What is bound by signing: the installation, and the monthly price over the term, a year at least."""
    return Cents(once + max(_MONTHS, term_months) * monthly)


def equipment(charges: Iterable[Charge]) -> tuple[Charge, ...]:
    """The charges of which each unit is a device to install."""
    return tuple(one for one in charges if one.rhythm is Rhythm.ONE_OFF and one.unit in EQUIPMENT_UNITS)


def terms_of(charges: Iterable[Charge]) -> Terms:
    """The subscription's terms for a quantity of one. Raises ``Invalid`` when nothing is charged."""
    return Terms(tuple(_component(one) for one in charges))


def _component(one: Charge) -> Component:
    if one.rhythm is Rhythm.USAGE and one.unit_price is not None:
        return Component(one.code, one.name, Kind.USAGE, one.unit_price, _vat(one), one.unit)
    label = f"{one.name} × {one.quantity}" if one.quantity > 1 else one.name
    return Component(one.code, label, _KINDS[one.rhythm], euros(one.amount), _vat(one))


def _vat(one: Charge) -> VatRule:
    return VatRule("S" if one.vat_percent else "Z", one.vat_percent)


def to_json(charges: Sequence[Charge]) -> list[dict[str, Any]]:
    """Plain JSON values; decimals as text, exactly."""
    plain: list[dict[str, Any]] = msgspec.to_builtins(charges)
    return plain


def from_json(plain: Sequence[Mapping[str, Any]]) -> tuple[Charge, ...]:
    """The charges again."""
    return msgspec.convert(plain, tuple[Charge, ...], strict=False)

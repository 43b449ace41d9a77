"""Money: integer cents of euro, and the one rounding.

Amounts that people see, owe or pay are ``Cents``; what leads to them (unit prices with more than two decimals,
rates, coefficients) is ``Decimal``, and becomes cents here and nowhere else. No float enters. Rounding is half-up on
the magnitude at two decimals (2.345 → 2.35, −2.345 → −2.35), so that a credit of a line is exactly minus the line.
"""

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import NewType

from maillage.kernel.errors import Invalid

Cents = NewType("Cents", int)
"""A whole number of euro cents; negative for what is given back."""

ZERO = Cents(0)
_CENT = Decimal("0.01")
_HUNDRED = 100
_DIGITS = 60  # enough that no product of our quantities, prices and coefficients is cut before it is rounded


def rounded(amount: Decimal) -> Decimal:
    """``amount`` in euros at exactly two decimals, half-up. Raises ``Invalid`` for NaN and infinities."""
    _require_finite(amount)
    with localcontext() as context:
        context.prec = _DIGITS
        return amount.quantize(_CENT, rounding=ROUND_HALF_UP)


def cents(amount: Decimal | int) -> Cents:
    """``amount`` in euros as cents, rounded half-up."""
    return Cents(int(rounded(Decimal(amount)).scaleb(2)))


def euros(amount: Cents) -> Decimal:
    """Cents as euros with two decimals, exactly."""
    return Decimal(amount).scaleb(-2)


def times(unit_price: Decimal, quantity: Decimal | int) -> Cents:
    """``unit_price`` in euros × ``quantity``, rounded once."""
    with localcontext() as context:
        context.prec = _DIGITS
        return cents(unit_price * quantity)


def percent_of(amount: Cents, percent: Decimal | int) -> Cents:
    """``percent`` % of ``amount``, rounded once: ``percent_of(10000, 20)`` is 2000."""
    return fraction_of(amount, Decimal(percent), Decimal(_HUNDRED))


def fraction_of(amount: Cents, part: Decimal | int, whole: Decimal | int) -> Cents:
    """``amount`` × ``part`` / ``whole``, rounded once. Raises ``Invalid`` when ``whole`` is zero.

    The division is carried out on integers, so that half a cent is half a cent whatever the number of digits.
    """
    top, bottom = Decimal(part).as_integer_ratio(), Decimal(whole).as_integer_ratio()
    if bottom[0] == 0:
        raise Invalid("money_divided_by_zero")
    numerator, denominator = amount * top[0] * bottom[1], top[1] * bottom[0]
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return Cents(magnitude if numerator >= 0 else -magnitude)


def rounded_ratio(value: Fraction, decimals: int) -> Decimal:
    """An exact ratio, such as a revision coefficient, at ``decimals`` places, half-up on the magnitude."""
    scaled = abs(value) * 10**decimals
    magnitude = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(magnitude if value >= 0 else -magnitude).scaleb(-decimals)


def total(amounts: Iterable[Cents]) -> Cents:
    """The sum, exact."""
    return Cents(sum(amounts))


def shared_out(amount: Cents, weights: Sequence[Decimal | int]) -> tuple[Cents, ...]:
    """``amount`` cut in proportion to ``weights``; the parts add up to it exactly.

    What rounding leaves over or short goes to the parts that were cut most, the first ones first (largest
    remainder). Raises ``Invalid`` without a positive weight or with a negative one.
    """
    ratios = [Decimal(weight).as_integer_ratio() for weight in weights]
    if any(top < 0 for top, _ in ratios) or not any(top for top, _ in ratios):
        raise Invalid("money_weights_unfit")
    common = 1
    for _, bottom in ratios:
        common *= bottom
    whole_weights = [top * common // bottom for top, bottom in ratios]
    return _largest_remainder(amount, whole_weights)


def _largest_remainder(amount: Cents, weights: Sequence[int]) -> tuple[Cents, ...]:
    sign, whole = (-1 if amount < 0 else 1), sum(weights)
    parts = [abs(amount) * weight // whole for weight in weights]
    remainders = [abs(amount) * weight % whole for weight in weights]
    left = abs(amount) - sum(parts)
    for index in sorted(range(len(weights)), key=lambda i: -remainders[i])[:left]:
        parts[index] += 1
    return tuple(Cents(sign * part) for part in parts)


def _require_finite(amount: Decimal) -> None:
    if not amount.is_finite():
        raise Invalid("money_not_a_number")

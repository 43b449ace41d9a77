"""Values in words, for papers and pages."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from django.utils.dateformat import format as date_format
from django.utils.formats import number_format

from maillage.billing.labels import REASONS
from maillage.kernel.money import Cents, euros


def amount(value: int) -> str:
    """“1 234,50 €” in the language in force."""
    return f"{number_format(euros(Cents(value)), decimal_pos=2, use_l10n=True, force_grouping=True)} €"


def price(value: Decimal) -> str:
    """A unit price with the decimals it has, two at least."""
    plain = value.normalize()
    exponent = plain.as_tuple().exponent
    places = max(2, -exponent) if isinstance(exponent, int) else 2
    return f"{number_format(plain, decimal_pos=min(places, 6), use_l10n=True)} €"


def quantity(value: Decimal) -> str:
    """Without useless zeros."""
    plain = value.normalize()
    return f"{plain:f}".replace(".", number_format(Decimal("0.1"), decimal_pos=1)[1])


def month_name(month: date) -> str:
    """“janvier 2026”."""
    return date_format(month, "F Y")


def day(value: date) -> str:
    """“24 janvier 2026”."""
    return date_format(value, "j F Y")


def reason(code: str, facts: Mapping[str, str]) -> str:
    """One sentence of why a line changed. Facts that are amounts, numbers, days or months are spelt as such."""
    return str(REASONS[code]) % {name: _fact(name, value) for name, value in facts.items()}


def reasons(told: Iterable[tuple[str, Mapping[str, str]]]) -> tuple[str, ...]:
    """All sentences of a line."""
    return tuple(reason(code, facts) for code, facts in told)


def _fact(name: str, value: str) -> str:
    if name == "since":
        return day(date.fromisoformat(value))
    if name == "month":
        return month_name(date.fromisoformat(value))
    if name in {"before", "after", "amount"}:
        return price(Decimal(value)).removesuffix(" €")
    if name in {"was", "is"}:
        return quantity(Decimal(value))
    return value

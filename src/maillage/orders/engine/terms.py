"""What a subscription costs, frozen when it is ordered. Prices are ``Decimal`` euros without VAT."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from maillage.kernel.errors import Invalid

_HUNDRED = Decimal(100)
_ZERO = Decimal(0)
_TOO_DEAR = Decimal(10) ** 9
_PLACES = 6


class Kind(StrEnum):
    """How a component is charged."""

    RECURRING = "recurring"
    """Each month, by actual days."""
    USAGE = "usage"
    """By what was used beyond ``included``."""
    ONE_OFF = "one_off"
    """Once, at the start."""


VatRate = tuple[str, Decimal]
"""Category and percentage: what a document sums its VAT by."""


@dataclass(frozen=True, slots=True)
class VatRule:
    """The VAT of a component, in the words of EN 16931 (BT-151, BT-152; BT-120 and BT-121 of an exemption).

    ``category`` is S (a rate), Z (rate zero) or E (exempt: then ``reason`` says by which article, and ``reason_code``
    is its VATEX code).
    """

    category: str
    percent: Decimal
    reason_code: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        taxed = self.category == "S"
        fit = self.category in {"S", "Z", "E"} and self.percent >= 0 and (self.percent > 0) is taxed
        if not fit or (self.category == "E") is not bool(self.reason):
            raise Invalid("vat_unfit", category=self.category, percent=str(self.percent))

    @property
    def rate(self) -> VatRate:
        """What it is summed by."""
        return self.category, self.percent


@dataclass(frozen=True, slots=True)
class Component:
    """One price of a subscription, for each unit of its quantity when recurring or one-off.

    ``included`` is the usage each month that costs nothing, for each unit of the subscription's quantity.
    """

    code: str
    label: str
    kind: Kind
    unit_price: Decimal
    vat: VatRule
    unit: str = ""
    included: Decimal = _ZERO

    def __post_init__(self) -> None:
        if not 0 <= self.unit_price < _TOO_DEAR or not self.included >= 0:
            raise Invalid("price_unfit", component=self.label)
        if self.unit_price != self.unit_price.scaleb(_PLACES).to_integral_value().scaleb(-_PLACES):
            raise Invalid("price_too_fine", component=self.label, places=_PLACES)


@dataclass(frozen=True, slots=True)
class Terms:
    """All prices of a subscription.

    ``minimum_cents`` is the least that a whole month costs; ``discount_percent`` is taken off recurring prices
    before ``discount_until`` (always, when that is None).
    """

    components: tuple[Component, ...]
    minimum_cents: int = 0
    discount_percent: Decimal = _ZERO
    discount_until: date | None = None

    def __post_init__(self) -> None:
        codes = [one.code for one in self.components]
        if not codes or len(set(codes)) != len(codes):
            raise Invalid("terms_components_unfit")
        if not 0 <= self.discount_percent <= _HUNDRED:
            raise Invalid("discount_unfit", percent=str(self.discount_percent))
        if self.minimum_cents < 0:
            raise Invalid("minimum_negative")

    def component(self, code: str) -> Component:
        """Raises ``Invalid`` for a code that these terms do not know."""
        found = next((one for one in self.components if one.code == code), None)
        if found is None:
            raise Invalid("component_unknown", component=code)
        return found


def to_json(terms: Terms) -> dict[str, object]:
    """Plain JSON values; decimals as text, exactly."""
    plain: dict[str, object] = msgspec.to_builtins(terms)
    return plain


def from_json(plain: Mapping[str, object]) -> Terms:
    """The terms again."""
    return msgspec.convert(plain, Terms, strict=False)

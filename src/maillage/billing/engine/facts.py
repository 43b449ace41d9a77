"""What billing knows of a subscription, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from maillage.kernel.money import Cents
from maillage.orders.engine.intervals import Interval
from maillage.orders.engine.terms import Terms, VatRule
from maillage.orders.engine.timeline import Life

MINIMUM = "minimum"
"""The component code of what is missing to a monthly minimum."""


class ChargeKind(StrEnum):
    """Why an amount is asked."""

    RECURRING = "recurring"
    USAGE = "usage"
    ONE_OFF = "one_off"
    MINIMUM = "minimum"
    ADJUSTMENT = "adjustment"
    """The difference to what was billed for a month already, once more is known of it."""
    GESTURE = "gesture"
    """Given back by a person's decision: what is due stays what it is, and is not asked again."""


@dataclass(frozen=True, slots=True)
class Use:
    """Something used, on the local day ``on``; ``reference`` says which event it was."""

    reference: str
    component: str
    on: date
    quantity: Decimal


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What is settled as one: a component of a subscription, on a site, in a civil month."""

    month: date
    subscription_id: int
    component: str
    site_id: int | None


@dataclass(frozen=True, slots=True)
class Contract:
    """A subscription with all that is known of it. ``sites`` are the labels of the sites it has had."""

    subscription_id: int
    label: str
    terms: Terms
    life: Life
    uses: tuple[Use, ...] = ()


@dataclass(frozen=True, slots=True)
class Charge:
    """An amount with the calculation behind it: ``gross`` − ``discount`` = ``amount``, for ``interval``'s days."""

    key: Key
    kind: ChargeKind
    label: str
    interval: Interval
    quantity: Decimal
    unit_price: Decimal
    gross: Cents
    discount: Cents
    amount: Cents
    vat: VatRule

    @property
    def is_whole_month(self) -> bool:
        """True when its days are all those of its month."""
        return self.interval.start.day == 1 and self.interval.end.day == 1


Billed = Mapping[Key, Cents]
"""What issued documents, credits deducted, have asked for each key."""

"""Part of a monthly price, by the actual days of the civil month."""

from maillage.kernel.errors import Invalid
from maillage.kernel.money import Cents, fraction_of
from maillage.orders.engine.intervals import Interval


def prorated(price: Cents, served: Interval, month: Interval) -> Cents:
    """The part of a month's ``price`` that falls on ``served``.

    The part is the price due up to its end less the price due up to its start, each rounded once. So the parts of
    any split of a month add up to the part of the whole, to the cent, and a whole month is its price, whether it has
    28 or 31 days. Raises ``Invalid`` for days outside the month: no other denominator can come in.
    """
    if served.start < month.start or served.end > month.end:
        raise Invalid("served_outside_month", start=served.start.isoformat(), end=served.end.isoformat())
    before = (served.start - month.start).days
    until = before + served.days
    return Cents(fraction_of(price, until, month.days) - fraction_of(price, before, month.days))

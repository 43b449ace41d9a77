"""What a subscription owes for one civil month, from all that is known today. No state, no clock."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from maillage.billing.engine.facts import MINIMUM, Charge, ChargeKind, Contract, Key, Use
from maillage.billing.engine.proration import prorated
from maillage.kernel.money import ZERO, Cents, euros, percent_of, times, total
from maillage.orders.engine.intervals import Interval
from maillage.orders.engine.terms import Component, Kind, Terms
from maillage.orders.engine.timeline import Segment, segments

_ONE = Decimal(1)
_NOTHING = Decimal(0)


def due(contract: Contract, month: Interval) -> tuple[Charge, ...]:
    """The charges of ``month``; their recurring intervals partition the days served in it, component by component."""
    parts = segments(contract.life, month)
    if not parts:
        return ()
    bill = _Month(contract, month, parts)
    charges = [charge for component in contract.terms.components for charge in bill.component(component)]
    return (*charges, *bill.minimum(charges))


@dataclass(frozen=True, slots=True)
class _Month:
    contract: Contract
    month: Interval
    parts: Sequence[Segment]

    def component(self, component: Component) -> Iterator[Charge]:
        match component.kind:
            case Kind.RECURRING:
                return self._recurring(component)
            case Kind.USAGE:
                return self._usage(component)
            case Kind.ONE_OFF:
                return self._one_off(component)

    def minimum(self, charges: Sequence[Charge]) -> Iterator[Charge]:
        """What the month's charges lack to the minimum, itself by the days served."""
        least = Cents(self.contract.terms.minimum_cents)
        served = [part for part in self.parts if not part.suspended]
        if not least or not served:
            return
        floor = total(prorated(least, part.interval, self.month) for part in served)
        missing = Cents(floor - total(one.amount for one in charges))
        if missing > 0:
            last = served[-1]
            key = self._key(MINIMUM, last.site_id)
            vat = self.contract.terms.components[0].vat
            price = euros(missing)
            yield Charge(
                key, ChargeKind.MINIMUM, self.contract.label, last.interval, _ONE, price, missing, ZERO, missing, vat
            )

    def _recurring(self, component: Component) -> Iterator[Charge]:
        for part in self.parts:
            if part.suspended:
                continue
            for interval, percent in _by_discount(part.interval, self.contract.terms):
                unit_price = component.unit_price * part.coefficient
                gross_month = times(unit_price, part.quantity)
                net_month = Cents(gross_month - percent_of(gross_month, percent))
                gross = prorated(gross_month, interval, self.month)
                net = prorated(net_month, interval, self.month)
                key = self._key(component.code, part.site_id)
                yield Charge(
                    key,
                    ChargeKind.RECURRING,
                    component.label,
                    interval,
                    Decimal(part.quantity),
                    unit_price,
                    gross,
                    Cents(gross - net),
                    net,
                    component.vat,
                )

    def _usage(self, component: Component) -> Iterator[Charge]:
        """Rated in the order of use: what is included goes first; each segment's rest at its own price, once."""
        uses = [one for one in self.contract.uses if one.component == component.code]
        left = component.included * max(part.quantity for part in self.parts)
        for part in self.parts:
            used = _used(uses, part.interval)
            billable = max(_NOTHING, used - left)
            left = max(_NOTHING, left - used)
            if billable and not part.suspended:
                unit_price = component.unit_price * part.coefficient
                amount = times(unit_price, billable)
                yield Charge(
                    self._key(component.code, part.site_id),
                    ChargeKind.USAGE,
                    component.label,
                    part.interval,
                    billable,
                    unit_price,
                    amount,
                    ZERO,
                    amount,
                    component.vat,
                )

    def _one_off(self, component: Component) -> Iterator[Charge]:
        life = self.contract.life
        if life.start not in self.month:
            return
        amount = times(component.unit_price, life.quantity)
        day = Interval(life.start, life.start + timedelta(days=1))
        yield Charge(
            self._key(component.code, self.parts[0].site_id),
            ChargeKind.ONE_OFF,
            component.label,
            day,
            Decimal(life.quantity),
            component.unit_price,
            amount,
            ZERO,
            amount,
            component.vat,
        )

    def _key(self, component: str, site_id: int | None) -> Key:
        return Key(self.month.start, self.contract.subscription_id, component, site_id)


def _by_discount(interval: Interval, terms: Terms) -> Iterator[tuple[Interval, Decimal]]:
    """``interval`` cut where the discount ends, each part with its percentage."""
    until = terms.discount_until
    if until is None or until >= interval.end:
        yield interval, terms.discount_percent
    elif until <= interval.start:
        yield interval, _NOTHING
    else:
        yield Interval(interval.start, until), terms.discount_percent
        yield Interval(until, interval.end), _NOTHING


def _used(uses: Sequence[Use], interval: Interval) -> Decimal:
    return sum((one.quantity for one in uses if one.on in interval), _NOTHING)

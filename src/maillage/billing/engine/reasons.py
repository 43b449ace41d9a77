"""Why a site's line is not what it was last month, as codes with facts; pages and documents put them into words."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from maillage.billing.engine.facts import Charge, ChargeKind
from maillage.kernel.money import euros, total
from maillage.orders.engine.intervals import month_of


@dataclass(frozen=True, slots=True)
class Reason:
    """``code`` names the sentence, ``facts`` (name and value) fill it."""

    code: str
    facts: tuple[tuple[str, str], ...]


def reasons(month: date, now: Sequence[Charge], before: Sequence[Charge]) -> tuple[Reason, ...]:
    """What explains the difference between a line's charges and those of the same site for the month before."""
    current = _by_topic(one for one in now if one.key.month == month and one.kind is not ChargeKind.ADJUSTMENT)
    passing = {ChargeKind.ADJUSTMENT, ChargeKind.ONE_OFF}
    previous = _by_topic(one for one in before if one.kind not in passing)
    found: list[Reason] = []
    for topic, charges in current.items():
        found += _changed(charges, previous.get(topic, []))
    found += [_gone(charges) for topic, charges in previous.items() if topic not in current]
    found += [_late(one) for one in now if one.key.month != month or one.kind is ChargeKind.ADJUSTMENT]
    return tuple(dict.fromkeys(found))


def _by_topic(charges: Iterable[Charge]) -> dict[tuple[int, str], list[Charge]]:
    topics: defaultdict[tuple[int, str], list[Charge]] = defaultdict(list)
    for one in charges:
        if one.kind is not ChargeKind.ONE_OFF:
            topics[one.key.subscription_id, one.key.component].append(one)
        else:
            topics[one.key.subscription_id, f"{one.key.component} once"].append(one)
    return topics


def _changed(now: Sequence[Charge], before: Sequence[Charge]) -> Iterator[Reason]:
    first, last = now[0], now[-1]
    if first.kind is ChargeKind.ONE_OFF:
        yield _reason("once", now)
        return
    if not before:
        yield _reason("new", now, ("since", first.interval.start.isoformat()))
    elif first.kind in {ChargeKind.USAGE, ChargeKind.MINIMUM}:
        if _sum(now) != _sum(before):
            yield _reason(first.kind.value, now, ("before", _sum(before)), ("after", _sum(now)))
        return
    else:
        yield from _compared(last, before[-1])
    yield from _days(now, before)


def _gone(before: Sequence[Charge]) -> Reason:
    return _reason("unused" if before[0].kind is ChargeKind.USAGE else "gone", before)


def _compared(now: Charge, before: Charge) -> Iterator[Reason]:
    if now.quantity != before.quantity:
        yield _reason("quantity", [now], ("was", _plain(before)), ("is", _plain(now)))
    if now.unit_price != before.unit_price:
        yield _reason("price", [now], ("before", f"{before.unit_price:f}"), ("after", f"{now.unit_price:f}"))
    if bool(now.discount) != bool(before.discount):
        yield _reason("discount_begins" if now.discount else "discount_ends", [now])


def _days(now: Sequence[Charge], before: Sequence[Charge]) -> Iterator[Reason]:
    """Part of the month only, or the whole month again after a part."""
    days = sum(one.interval.days for one in now)
    served_all = days == _month_days(now[0])
    if not served_all and now[0].kind is ChargeKind.RECURRING:
        yield _reason("part", now, ("days", str(days)), ("of", str(_month_days(now[0]))))
    elif before and sum(one.interval.days for one in before) < _month_days(before[0]):
        yield _reason("whole_again", now)


def _late(charge: Charge) -> Reason:
    return _reason("late", [charge], ("month", charge.key.month.isoformat()), ("amount", str(euros(charge.amount))))


def _reason(code: str, charges: Sequence[Charge], *facts: tuple[str, str]) -> Reason:
    return Reason(code, (("what", charges[0].label), *facts))


def _sum(charges: Iterable[Charge]) -> str:
    return str(euros(total(one.amount for one in charges)))


def _month_days(charge: Charge) -> int:
    return month_of(charge.key.month).days


def _plain(charge: Charge) -> str:
    """The quantity without useless zeros, so that a row and a value say the same."""
    return f"{charge.quantity.normalize():f}"

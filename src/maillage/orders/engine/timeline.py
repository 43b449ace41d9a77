"""A subscription's life as segments that partition it exactly: what changed, when, in civil days."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from maillage.kernel.errors import Invalid
from maillage.orders.engine.intervals import Interval, overlap

UNCHANGED = Decimal(1)


class ChangeKind(StrEnum):
    """What may happen to a subscription, on a date."""

    QUANTITY = "quantity"
    MOVE = "move"
    REVISION = "revision"
    SUSPENSION = "suspension"
    RESUMPTION = "resumption"
    END = "end"


@dataclass(frozen=True, slots=True)
class Change:
    """From ``effective_on`` on (included). Only the field that ``kind`` names has a value.

    ``coefficient`` multiplies the prices of the order, not those of the last revision: 1 brings back the first price.
    """

    effective_on: date
    kind: ChangeKind
    quantity: int | None = None
    site_id: int | None = None
    coefficient: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """A subscription as ordered, and its changes in the order in which they were made."""

    start: date
    quantity: int
    site_id: int | None
    changes: tuple[Change, ...] = ()

    @property
    def end(self) -> date | None:
        """The first day without it; None while it runs. The last word on it counts."""
        ends = [one.effective_on for one in self.changes if one.kind is ChangeKind.END]
        return ends[-1] if ends else None


@dataclass(frozen=True, slots=True)
class Segment:
    """Days during which nothing changes."""

    interval: Interval
    quantity: int
    site_id: int | None
    coefficient: Decimal
    suspended: bool


def segments(life: Life, within: Interval) -> tuple[Segment, ...]:
    """The life's segments inside ``within``, in order, without gap or overlap."""
    end = min(within.end, life.end) if life.end else within.end
    if end <= life.start:
        return ()
    whole = overlap(Interval(life.start, end), within)
    if whole is None:
        return ()
    in_order = sorted(_lasting(life.changes), key=lambda one: one.effective_on)
    first = Segment(Interval(life.start, end), life.quantity, life.site_id, UNCHANGED, suspended=False)
    cut = _cut(first, in_order)
    return tuple(_inside(cut, whole))


def require_possible(life: Life) -> None:
    """Raises ``Invalid`` for a life that contradicts itself: an end before the start, a change outside it."""
    if life.quantity < 1:
        raise Invalid("quantity_unfit", quantity=life.quantity)
    end = life.end
    if end is not None and end < life.start:
        raise Invalid("subscription_ends_before_start", start=life.start.isoformat(), end=end.isoformat())
    for one in life.changes:
        if one.effective_on < life.start or (end is not None and one.effective_on > end):
            raise Invalid("change_outside_subscription", effective_on=one.effective_on.isoformat())
    _require_alternation(_lasting(life.changes))


def _require_alternation(changes: Iterable[Change]) -> None:
    suspended = False
    stops = {ChangeKind.SUSPENSION, ChangeKind.RESUMPTION}
    for one in sorted((c for c in changes if c.kind in stops), key=lambda c: c.effective_on):
        suspends = one.kind is ChangeKind.SUSPENSION
        if suspends is suspended:
            code = "already_suspended" if suspended else "not_suspended"
            raise Invalid(code, effective_on=one.effective_on.isoformat())
        suspended = suspends


def _lasting(changes: Iterable[Change]) -> list[Change]:
    return [one for one in changes if one.kind is not ChangeKind.END]


def _cut(first: Segment, changes: Sequence[Change]) -> list[Segment]:
    """Each change ends the running segment and begins the next; several on one day act together."""
    done: list[Segment] = []
    running: Segment = first
    for one in changes:
        if one.effective_on >= running.interval.end:
            break
        if one.effective_on > running.interval.start:
            done.append(replace(running, interval=Interval(running.interval.start, one.effective_on)))
        start = max(one.effective_on, running.interval.start)
        running = _changed(replace(running, interval=Interval(start, running.interval.end)), one)
    return [*done, running]


def _changed(segment: Segment, change: Change) -> Segment:
    match change.kind:
        case ChangeKind.QUANTITY if change.quantity is not None:
            return replace(segment, quantity=change.quantity)
        case ChangeKind.MOVE:
            return replace(segment, site_id=change.site_id)
        case ChangeKind.REVISION if change.coefficient is not None:
            return replace(segment, coefficient=change.coefficient)
        case ChangeKind.SUSPENSION:
            return replace(segment, suspended=True)
        case ChangeKind.RESUMPTION:
            return replace(segment, suspended=False)
    raise Invalid("change_unfit", kind=change.kind.value)


def _inside(cut: Iterable[Segment], whole: Interval) -> Iterable[Segment]:
    for segment in cut:
        interval = overlap(segment.interval, whole)
        if interval is not None:
            yield replace(segment, interval=interval)

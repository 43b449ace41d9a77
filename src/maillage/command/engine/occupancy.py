"""When a building is used, and for how long it stands empty: what the law's lower limits depend on."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from maillage.command.engine.calendar import ALWAYS, DayRule
from maillage.command.engine.schedule import Place
from maillage.command.engine.spans import Span, gap_around, merged_spans, without

LOOK_AROUND = timedelta(days=70)
"""Summer holidays are nine weeks: farther from an instant nothing changes what the law asks."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The building is used on these ISO weekdays between two local times; ``closes`` is after ``opens``."""

    weekdays: frozenset[int]
    opens: time
    closes: time
    days: DayRule = ALWAYS


@dataclass(frozen=True, slots=True)
class Use:
    """All that is known of a building's use. Without openings it counts as used at all times."""

    place: Place
    openings: tuple[Opening, ...] = ()
    events: tuple[Span, ...] = ()
    closures: tuple[Span, ...] = ()


def empty_span(use: Use, at: datetime) -> Span | None:
    """The time around ``at`` during which the building is not used; None while it is used, or when nobody said."""
    if not use.openings:
        return next((closure for closure in use.closures if at in closure), None)
    window = Span(at - LOOK_AROUND, at + LOOK_AROUND)
    return gap_around(used_spans(use, window), window, at)


def used_spans(use: Use, window: Span) -> list[Span]:
    """When the building is used: its openings but for its closures, and its events."""
    opened = [span for opening in use.openings for span in _spans(opening, use.place, window)]
    return merged_spans([*without(opened, use.closures), *use.events])


def _spans(opening: Opening, place: Place, window: Span) -> Iterator[Span]:
    for day in _days(window, place):
        if day.isoweekday() in opening.weekdays and opening.days.admits(day, place.calendar):
            start = datetime.combine(day, opening.opens, place.timezone)
            yield Span(start, datetime.combine(day, opening.closes, place.timezone))


def _days(window: Span, place: Place) -> Iterable[date]:
    first = window.start.astimezone(place.timezone).date()
    count = (window.end.astimezone(place.timezone).date() - first).days
    return (first + timedelta(days=number) for number in range(count + 1))


def next_use(spans: Sequence[Span], at: datetime) -> datetime | None:
    """When the building is used again after ``at``."""
    return min((span.start for span in spans if span.start >= at), default=None)

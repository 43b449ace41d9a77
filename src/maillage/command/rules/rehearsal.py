"""A rule tried against the past before it is switched on: « elle aurait sonné 14 fois »."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from maillage.command.engine.window import Window
from maillage.command.rules.actions import Draft, checked
from maillage.command.rules.engine.condition import compiled
from maillage.command.rules.engine.machine import Terms
from maillage.command.rules.engine.replay import Episode, Memory, Reading, Rule, advance, episodes
from maillage.command.rules.queries import input_of
from maillage.identity.actor import Actor
from maillage.identity.policies import require_command
from maillage.kernel.errors import Invalid
from maillage.telemetry import queries as telemetry
from maillage.telemetry.models import Datastream
from maillage.telemetry.queries import MOST_SERIES

LONGEST = timedelta(days=92)
MOST_READINGS = 60_000
_MOST_RAW = 5000  # what ``telemetry.series`` gives of a datastream at most


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """When it would have rung. ``start`` is later than asked for when there was too much to read: ``is_cut``."""

    episodes: Sequence[Episode]
    readings: int
    start: datetime
    end: datetime
    is_cut: bool
    fault: str

    @property
    def total(self) -> timedelta:
        """How long it would have rung."""
        return sum(((one.cleared_at or self.end) - one.raised_at for one in self.episodes), timedelta(0))


def rehearse(actor: Actor, organisation_id: int, draft: Draft, start: datetime, end: datetime) -> Rehearsal:
    """What ``draft`` would have done from ``start`` to ``end``, by the very engine that watches the present.

    Raises what saving the draft raises for its condition, and ``Invalid`` for a span that is empty or too long.
    """
    require_command(actor, organisation_id)
    if not timedelta(0) < end - start <= LONGEST:
        raise Invalid("rehearsal_unfit", longest_days=LONGEST.days)
    streams = checked(actor, organisation_id, draft)
    rule = _body(draft, streams)
    found = _Past(actor, start, end).readings([stream for each in streams.values() for stream in each])
    is_cut = len(found) > MOST_READINGS
    if is_cut:
        found = found[-MOST_READINGS:]
        start = found[0].at
    memory, transitions = advance(rule, Memory(start), found, end)
    return Rehearsal(episodes(transitions), len(found), start, end, is_cut, memory.fault)


def _body(draft: Draft, streams: Mapping[str, Sequence[Datastream]]) -> Rule:
    groups = {each.alias: each.is_group for each in draft.variables}
    hours = draft.hours
    window = Window(hours.weekdays, hours.start, hours.until, ZoneInfo(settings.TIME_ZONE)) if hours else None
    return Rule(
        tuple(input_of(each.alias, streams[each.alias], is_group=each.is_group) for each in draft.variables),
        compiled(draft.condition, groups),
        compiled(draft.clear_condition, groups) if draft.clear_condition else None,
        Terms(draft.hold, draft.clear_hold),
        window,
    )


class _Past:
    """Every value of some datastreams, the newest first to be read, until there is enough."""

    def __init__(self, actor: Actor, start: datetime, end: datetime) -> None:
        self._actor = actor
        self._start = start
        self._end = end

    def readings(self, streams: Sequence[Datastream]) -> list[Reading]:
        """In the order of time; all of the span, or at least the newest ``MOST_READINGS``."""
        found: list[Reading] = []
        end = self._end
        ids = [stream.pk for stream in streams]
        while end > self._start and len(found) <= MOST_READINGS:
            start = max(self._start, end - timedelta(days=3))
            found += self._span(ids, start, end)
            end = start
        return sorted(found, key=lambda reading: (reading.at, reading.stream))

    def _span(self, ids: Sequence[int], start: datetime, end: datetime) -> list[Reading]:
        """Halved as long as a curve is cut off."""
        found: list[Reading] = []
        for first in range(0, len(ids), MOST_SERIES):
            series = telemetry.series(self._actor, ids[first : first + MOST_SERIES], start, end, "raw")
            for one in series:
                if len(one.points) >= _MOST_RAW:
                    middle = start + (end - start) / 2
                    found += self._span([one.datastream_id], start, middle)
                    found += self._span([one.datastream_id], middle, end)
                else:
                    found += [
                        Reading(one.datastream_id, point.at, point.value)
                        for point in one.points
                        if point.value is not None
                    ]
        return found

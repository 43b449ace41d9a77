"""Which things a schedule may want something of now, without working every line out at every look."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from maillage.command import queries
from maillage.command.engine.schedule import occurrences
from maillage.command.engine.warm_up import LONGEST
from maillage.command.models import ScheduleEntry
from maillage.command.queries import Said
from maillage.command.warming.queries import lead_for
from maillage.identity.actor import Actor

LOOK_AHEAD = timedelta(hours=1)
"""No line goes longer without being worked out again: a site may have been moved."""
ROOM_LOOKED_AT_EVERY = timedelta(minutes=5)
"""How often a line that is to be ready asks the room how warm it is, once its time is near."""
_INSTANT = timedelta(microseconds=1)


class Agenda:
    """Remembers the next turn of each line until the line says something else, or has had its turn."""

    def __init__(self) -> None:
        self._next: dict[int, tuple[Said, datetime]] = {}

    def due_things(self, actor: Actor, now: datetime) -> list[int]:
        """The things with a turn at or before ``now`` that is not carried out yet, each once, by their id."""
        said = queries.said_by_schedules(actor)
        self._next = {pk: self._next[pk] for pk in said if pk in self._next}
        self._work_out(actor, self._unsure(said, now), said, now)
        return sorted({said[pk].thing_id for pk, (_, at) in self._next.items() if at <= now})

    def _unsure(self, said: Mapping[int, Said], now: datetime) -> list[int]:
        """New or changed since, or their moment has come."""
        known = self._next
        return [pk for pk, words in said.items() if pk not in known or known[pk][0] != words or known[pk][1] <= now]

    def _work_out(self, actor: Actor, unsure: Collection[int], said: Mapping[int, Said], now: datetime) -> None:
        for entry in queries.schedule_entries(actor).filter(pk__in=unsure) if unsure else ():
            self._next[entry.pk] = said[entry.pk], _next_look(actor, entry, now)


def _next_look(actor: Actor, entry: ScheduleEntry, now: datetime) -> datetime:
    """When the line may have to be carried out; at the latest, when it is worked out again."""
    end = now + LOOK_AHEAD
    horizon = end + LONGEST if entry.ready else end
    turns = occurrences(queries.as_value(entry), queries.place_of(entry.thing), not_before(entry), horizon)
    first = next(turns, None)
    if first is None or not entry.ready:
        return end if first is None else first.at
    begins_at = first.at - lead_for(actor, entry, now)
    return begins_at if begins_at <= now else min(begins_at, now + ROOM_LOOKED_AT_EVERY)


def not_before(entry: ScheduleEntry) -> datetime:
    """What came before this instant is settled."""
    if entry.last_occurrence_at is None:
        return entry.valid_from
    return max(entry.valid_from, entry.last_occurrence_at + _INSTANT)

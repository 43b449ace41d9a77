"""The rules that are switched on, in the memory of the process that watches: told of news, woken by time.

What it knows can be lost at any moment: the rules' states are in the database as of their last change, and the readings
since then are read again.
"""

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from maillage.command.rules import actions, queries
from maillage.command.rules.engine.machine import Transition
from maillage.command.rules.engine.replay import Memory, Rule, advance, wakes_at
from maillage.identity.actor import Actor
from maillage.kernel.errors import Invalid

KEEP_EVERY = timedelta(minutes=10)
_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class _Watched:
    """One rule: ``kept`` is what the database has of ``memory``."""

    revision: datetime
    body: Rule
    memory: Memory
    kept: Memory
    wakes_at: datetime | None

    @property
    def streams(self) -> set[int]:
        return {stream for each in self.body.inputs for stream in each.members}


class Watch:
    """Every rule of the house. Not for two threads at once."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._watched: dict[int, _Watched] = {}
        self._by_stream: dict[int, set[int]] = {}

    def look(self, now: datetime, heard: Collection[int] | None = None) -> int:
        """Judges the rules that have news or whose time has come; returns how many transitions there were.

        ``heard``: the datastreams of which there is something new; None: find out.
        """
        self._reload()
        concerned = self._concerned(self._newer() if heard is None else heard)
        woken = {pk for pk, one in self._watched.items() if one.wakes_at is not None and one.wakes_at <= now}
        return self._judge(concerned | woken, now)

    @property
    def size(self) -> int:
        return len(self._watched)

    def _reload(self) -> None:
        revisions = queries.revisions(self._actor)
        known = {pk: one.revision for pk, one in self._watched.items()}
        for pk in known.keys() - revisions.keys():
            self._forget(pk)
        changed = [pk for pk, revision in revisions.items() if known.get(pk) != revision]
        if changed:
            self._load(changed)

    def _load(self, rule_ids: Iterable[int]) -> None:
        for row in queries.rules(self._actor).filter(pk__in=list(rule_ids), enabled=True):
            self._forget(row.pk)
            try:
                body = queries.body(row)
            except Invalid as problem:
                _LOG.error("rule %d cannot be watched: %s", row.pk, problem)
                continue
            memory = queries.memory_of(row.state)
            # An instant that has passed already: it is judged at once.
            self._watched[row.pk] = _Watched(row.changed_at, body, memory, memory, memory.at)
            for stream in self._watched[row.pk].streams:
                self._by_stream.setdefault(stream, set()).add(row.pk)

    def _forget(self, rule_id: int) -> None:
        gone = self._watched.pop(rule_id, None)
        for stream in gone.streams if gone else ():
            self._by_stream[stream].discard(rule_id)

    def _concerned(self, streams: Iterable[int]) -> set[int]:
        return {rule_id for stream in streams for rule_id in self._by_stream.get(stream, ())}

    def _newer(self) -> list[int]:
        """The datastreams measured since some rule last looked."""
        measured = queries.newest(self._by_stream)
        return [
            stream
            for stream, at in measured.items()
            if any(_known(self._watched[rule_id].memory, stream) < at for rule_id in self._by_stream[stream])
        ]

    def _judge(self, rule_ids: Collection[int], now: datetime) -> int:
        found, left = 0, set(rule_ids)
        while left:
            rules = {rule_id: self._watched[rule_id] for rule_id in left if rule_id in self._watched}
            news = queries.news(_since(rules.values()), now)
            for rule_id, one in rules.items():
                memory, transitions = advance(one.body, one.memory, news.readings, news.until)
                found += len(transitions)
                self._remember(rule_id, one, memory, transitions)
            left = left if news.until < now else set()
        return found

    def _remember(self, rule_id: int, one: _Watched, memory: Memory, transitions: Sequence[Transition]) -> None:
        is_news = bool(transitions) or (memory.state, memory.fault) != (one.kept.state, one.kept.fault)
        if is_news or memory.at - one.kept.at >= KEEP_EVERY:
            if not actions.settle(self._actor, rule_id, one.kept, memory, transitions):
                self._forget(rule_id)  # changed meanwhile: it is read again at the next look
                return
            one.kept = memory
        one.memory, one.wakes_at = memory, wakes_at(one.body, memory)


def _known(memory: Memory, stream: int) -> datetime:
    known = memory.values.get(stream)
    return memory.at - timedelta(days=1) if known is None else known[0]


def _since(watched: Iterable[_Watched]) -> dict[int, datetime]:
    """From when each datastream is to be read: the oldest that a rule knows of it, or as old as still counts."""
    since: dict[int, datetime] = {}
    for one in watched:
        for each in one.body.inputs:
            for stream in each.members:
                known = one.memory.values.get(stream)
                at = known[0] if known else one.memory.at - each.max_age
                since[stream] = min(at, since.get(stream, at))
    return since

"""Writes: schedule entries are added, changed and removed, and their occurrences carried out exactly once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from maillage.command import queries, registry
from maillage.command.actions import request
from maillage.command.engine.bounds import check
from maillage.command.engine.schedule import AtClock, AtSun, Due, Occurrence, due, merged
from maillage.command.models import Command, ScheduleEntry
from maillage.command.schedules.agenda import Agenda, not_before
from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.identity.policies import require_command
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, Refused
from maillage.telemetry import queries as telemetry
from maillage.telemetry.models import Thing

MOST_ENTRIES = 50
FURTHEST_OFFSET = timedelta(hours=12)
_WEEK = frozenset(range(1, 8))
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Draft:
    """What an entry should say. ``weekdays``: ISO days, 1 = Monday … 7 = Sunday."""

    verb: str
    value: float | None
    weekdays: frozenset[int]
    moment: AtClock | AtSun


@transaction.atomic
def add_entry(actor: Actor, thing_id: int, draft: Draft) -> ScheduleEntry:
    """A new weekly line. Its first occurrence is the next one from now on.

    Raises ``NotFound`` for a thing that is not the actor's to see, ``Refused``, and ``Invalid`` or ``Conflict`` that
    say what to change.
    """
    thing = _thing(actor, thing_id)
    if queries.schedule_entries(actor).filter(thing=thing).count() >= MOST_ENTRIES:
        raise Invalid("schedule_full", most=MOST_ENTRIES)
    entry = ScheduleEntry(organisation_id=thing.organisation_id, thing=thing)
    return _write(actor, entry, draft, "schedule.entry_added", {})


@transaction.atomic
def change_entry(actor: Actor, entry_id: int, draft: Draft) -> ScheduleEntry:
    """Says something else from now on; what it said before is in the journal."""
    entry = _entry(actor, entry_id)
    return _write(actor, entry, draft, "schedule.entry_changed", {"before": _said(entry)})


@transaction.atomic
def enable_entry(actor: Actor, entry_id: int, *, enabled: bool) -> ScheduleEntry:
    """Switches an entry on or off. What it would have done while off is not made up for."""
    entry = _entry(actor, entry_id)
    if entry.enabled != enabled:
        entry.enabled, entry.valid_from = enabled, clock.now()
        entry.save(update_fields=["enabled", "valid_from"])
        _journal(actor, entry.thing, f"schedule.entry_{'enabled' if enabled else 'disabled'}", _said(entry))
    return entry


@transaction.atomic
def remove_entry(actor: Actor, entry_id: int) -> None:
    """The line is gone; the journal says what it was."""
    entry = _entry(actor, entry_id)
    _journal(actor, entry.thing, "schedule.entry_removed", _said(entry))
    entry.delete()


def carry_out_due(actor: Actor, now: datetime, agenda: Agenda) -> list[Command]:
    """Issues the commands that are due, each exactly once, whatever restarts in between."""
    commands: list[Command] = []
    for thing_id in agenda.due_things(actor, now):
        commands += _carry_out(actor, thing_id, now)
    return commands


@transaction.atomic
def _carry_out(actor: Actor, thing_id: int, now: datetime) -> list[Command]:
    """The command and the mark that it was given are one transaction: neither without the other."""
    entries = _enabled_entries(actor, thing_id)
    pending = {entry.pk: found for entry in entries if (found := _pending(entry, now))}
    if not pending:
        return []
    commands = []
    for group in _groups([entry for entry in entries if entry.pk in pending]):
        occurrences = sorted((o for entry in group for o in pending[entry.pk]), key=lambda o: (o.at, o.key))
        commands += _settle(actor, group, due(occurrences, now, _catch_up(group[0].thing)))
    for entry in entries:
        if entry.pk in pending:
            entry.last_occurrence_at = pending[entry.pk][-1].at
            entry.save(update_fields=["last_occurrence_at"])
    return commands


def _enabled_entries(actor: Actor, thing_id: int) -> list[ScheduleEntry]:
    found = queries.schedule_entries(actor).filter(thing_id=thing_id, enabled=True)
    return list(found.select_for_update(of=("self",), no_key=True))


def _pending(entry: ScheduleEntry, now: datetime) -> list[Occurrence]:
    place = queries.place_of(entry.thing)
    return merged([queries.as_value(entry)], place, not_before(entry), now + _INSTANT)


def _groups(entries: Sequence[ScheduleEntry]) -> list[list[ScheduleEntry]]:
    """Entries that drive the same state of the thing: of those, only the last one due matters."""
    groups: dict[frozenset[str], list[ScheduleEntry]] = {}
    for entry in entries:
        model = queries.model_of(entry.thing)
        groups.setdefault(registry.rival_verbs(entry.thing.solution, model, entry.verb), []).append(entry)
    return list(groups.values())


def _catch_up(thing: Thing) -> timedelta:
    solution = registry.solutions().get(thing.solution)
    return solution.catch_up if solution else timedelta(0)


def _settle(actor: Actor, group: Sequence[ScheduleEntry], verdict: Due) -> list[Command]:
    thing = group[0].thing
    _journal_skipped(actor, thing, verdict.too_late, "too_late")
    _journal_skipped(actor, thing, verdict.overtaken, "overtaken")
    if verdict.carry_out is None:
        return []
    entry = next(entry for entry in group if entry.pk == verdict.carry_out.key)
    try:
        return [request(actor, thing.pk, entry.verb, entry.value, Command.Origin.SCHEDULE)]
    except (
        Invalid,
        Refused,
        Conflict,
    ):  # noted by ``request``: refused, with its cause, in the journal and among the commands
        return []


def _journal_skipped(actor: Actor, thing: Thing, skipped: Sequence[Occurrence], cause: str) -> None:
    if skipped:
        first, last = skipped[0].at.isoformat(), skipped[-1].at.isoformat()
        facts: dict[str, object] = {"cause": cause, "count": len(skipped), "first": first, "last": last}
        _journal(actor, thing, "schedule.skipped", facts)


def _thing(actor: Actor, thing_id: int) -> Thing:
    thing = telemetry.thing(actor, thing_id)
    require_command(actor, thing.organisation_id)
    if thing.decommissioned_at is not None:
        raise Conflict("thing_decommissioned", thing=thing.name)
    return thing


def _entry(actor: Actor, entry_id: int) -> ScheduleEntry:
    require_command(actor, queries.schedule_entry(actor, entry_id).organisation_id)
    return queries.schedule_entries(actor).select_for_update(of=("self",)).get(pk=entry_id)


def _write(actor: Actor, entry: ScheduleEntry, draft: Draft, action: str, facts: dict[str, object]) -> ScheduleEntry:
    offer = registry.offer(entry.thing.solution, queries.model_of(entry.thing), draft.verb)
    entry.verb, entry.value = draft.verb, check(draft.value, offer.limits)
    entry.weekdays = sorted(_weekdays(draft.weekdays))
    _set_moment(entry, draft.moment)
    entry.valid_from = clock.now()
    entry.save()
    _journal(actor, entry.thing, action, {**facts, **_said(entry)})
    return entry


def _weekdays(weekdays: frozenset[int]) -> frozenset[int]:
    if not weekdays or not weekdays <= _WEEK:
        raise Invalid("weekdays_unfit")
    return weekdays


def _set_moment(entry: ScheduleEntry, moment: AtClock | AtSun) -> None:
    if isinstance(moment, AtClock):
        entry.anchor, entry.offset_minutes = ScheduleEntry.Anchor.CLOCK, 0
        entry.clock_time = moment.time.replace(second=0, microsecond=0, tzinfo=None, fold=0)
        return
    if abs(moment.offset) > FURTHEST_OFFSET:
        raise Invalid("offset_too_far", furthest_minutes=FURTHEST_OFFSET // timedelta(minutes=1))
    entry.anchor, entry.clock_time = ScheduleEntry.Anchor(moment.event.value), None
    entry.offset_minutes = moment.offset // timedelta(minutes=1)


def _said(entry: ScheduleEntry) -> dict[str, object]:
    return {
        "entry": entry.pk,
        "verb": entry.verb,
        "value": entry.value,
        "weekdays": list(entry.weekdays),
        "anchor": str(entry.anchor),
        "clock_time": entry.clock_time.isoformat("minutes") if entry.clock_time else None,
        "offset_minutes": entry.offset_minutes,
    }


def _journal(actor: Actor, thing: Thing, action: str, facts: dict[str, object]) -> None:
    write_journal(actor, thing.organisation_id, action, "thing", thing.pk, f"{thing.site.name} – {thing.name}", facts)

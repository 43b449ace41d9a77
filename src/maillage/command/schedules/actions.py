"""Writes: schedule entries are added, changed and removed, and their occurrences carried out exactly once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from maillage.command import guards, queries, registry
from maillage.command.actions import Circumstances, request
from maillage.command.engine.bounds import check
from maillage.command.engine.calendar import ALWAYS, DayRule
from maillage.command.engine.legal import Ceiling, Room, is_within, mean_with
from maillage.command.engine.schedule import AtClock, AtSun, Due, Occurrence, due, merged
from maillage.command.logbook.actions import note_thing
from maillage.command.models import REASON_LENGTH, Command, ScheduleEntry
from maillage.command.schedules.agenda import Agenda, not_before
from maillage.command.warming.actions import learn_room
from maillage.command.warming.queries import lead_for, response_of
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
LAST_CALL = timedelta(minutes=1)
"""So long before it is too late an interlocked line is asked for all the same, so that its refusal is seen."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What an entry should say. ``weekdays``: ISO days, 1 = Monday … 7 = Sunday.

    ``ready``: begun early enough for the state to hold at that time. ``exception_reason``: why above the legal ceiling.
    """

    verb: str
    value: float | None
    weekdays: frozenset[int]
    moment: AtClock | AtSun
    days: DayRule = ALWAYS
    ready: bool = False
    exception_reason: str = ""


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
    """Switches an entry on or off. What it would have done while off is not made up for.

    An entry that waits for a second person is switched on by another than the one who wrote it: ``Refused`` otherwise.
    """
    entry = _entry(actor, entry_id)
    if enabled and entry.proposed_by_id is not None and entry.proposed_by_id == actor.user_id:
        raise Refused("approved_by_its_asker")
    if entry.enabled != enabled:
        entry.enabled, entry.valid_from = enabled, clock.now()
        entry.proposed_by, entry.waiting_since = None, None
        entry.save(update_fields=["enabled", "valid_from", "proposed_by", "waiting_since"])
        note_thing(actor, entry.thing, f"schedule.entry_{'enabled' if enabled else 'disabled'}", _said(entry))
    return entry


@transaction.atomic
def remove_entry(actor: Actor, entry_id: int) -> None:
    """The line is gone; the journal says what it was."""
    entry = _entry(actor, entry_id)
    note_thing(actor, entry.thing, "schedule.entry_removed", _said(entry))
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
    pending = {entry.pk: found for entry in entries if (found := _pending(actor, entry, now))}
    commands = []
    for group in _groups([entry for entry in entries if entry.pk in pending]):
        occurrences = sorted((o for entry in group for o in pending[entry.pk]), key=lambda o: (o.at, o.key))
        verdict = due(occurrences, now, _catch_up(group[0].thing))
        if _must_wait(actor, group, verdict, now):
            continue
        commands += _settle(actor, group, verdict)
        for entry in group:
            entry.last_occurrence_at, entry.waiting_since = pending[entry.pk][-1].at, None
            entry.save(update_fields=["last_occurrence_at", "waiting_since"])
    return commands


def _must_wait(actor: Actor, group: Sequence[ScheduleEntry], verdict: Due, now: datetime) -> bool:
    """What an interlock forbids is tried again until it is too late; that it waits is journalled once."""
    entry = _chosen(group, verdict)
    if entry is None or queries.special_at(actor, entry.thing_id, now) is not None:
        return False
    try:
        guards.require_unlocked(actor, entry.thing, entry.verb, now)
    except Refused as lock:
        if now - _occurrence_at(verdict) >= _catch_up(entry.thing) - LAST_CALL:
            return False
        if entry.waiting_since is None:
            entry.waiting_since = now
            entry.save(update_fields=["waiting_since"])
            note_thing(actor, entry.thing, "schedule.waiting", {"cause": lock.code, **lock.facts, **_said(entry)})
        return True
    return False


def _occurrence_at(verdict: Due) -> datetime:
    return verdict.carry_out.at if verdict.carry_out else verdict.too_late[-1].at


def _chosen(group: Sequence[ScheduleEntry], verdict: Due) -> ScheduleEntry | None:
    wanted = verdict.carry_out
    return None if wanted is None else next(entry for entry in group if entry.pk == wanted.key)


def _enabled_entries(actor: Actor, thing_id: int) -> list[ScheduleEntry]:
    found = queries.schedule_entries(actor).filter(thing_id=thing_id, enabled=True)
    return list(found.select_for_update(of=("self",), no_key=True))


def _pending(actor: Actor, entry: ScheduleEntry, now: datetime) -> list[Occurrence]:
    """Those whose time has come; those that are to be *ready* before it."""
    until = now + lead_for(actor, entry, now) + _INSTANT
    return merged([queries.as_value(entry)], queries.place_of(entry.thing), not_before(entry), until)


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
    entry = _chosen(group, verdict)
    if entry is None or verdict.carry_out is None:
        return []
    if queries.special_at(actor, thing.pk, verdict.carry_out.at) is not None:
        _journal_skipped(actor, thing, [verdict.carry_out], "within_exception")
        return []
    reason = entry.exception_reason
    around = Circumstances(reason, beyond_law=bool(reason), lowers=not reason)
    try:
        return [request(actor, thing.pk, entry.verb, entry.value, Command.Origin.SCHEDULE, around=around)]
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
        note_thing(actor, thing, "schedule.skipped", facts)


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
    _set_days(entry, draft.days)
    entry.ready = draft.ready and _warms(entry)
    entry.exception_reason = _exception(actor, entry, draft)
    if queries.needs_two(actor, entry.thing, draft.verb):
        entry.enabled, entry.proposed_by_id = False, actor.user_id
    entry.valid_from, entry.waiting_since = clock.now(), None
    entry.save()
    if entry.ready and response_of(actor, entry.thing) is None:
        learn_room(actor, entry.thing, entry.valid_from)
    note_thing(actor, entry.thing, action, {**facts, **_said(entry)})
    return entry


def _set_days(entry: ScheduleEntry, days: DayRule) -> None:
    if days.first_day and days.last_day and days.last_day < days.first_day:
        raise Invalid("days_reversed")
    entry.school_holidays, entry.public_holidays = days.school_holidays, days.public_holidays
    entry.first_day, entry.last_day = days.first_day, days.last_day
    needs_school = days.school_holidays != "any"
    if needs_school and queries.place_of(entry.thing).calendar.school_known is None:
        raise Invalid("school_holidays_unknown")


def _warms(entry: ScheduleEntry) -> bool:
    solution = registry.solutions().get(entry.thing.solution)
    if solution is None or solution.warms is None or solution.warms[0] != entry.verb:
        raise Invalid("nothing_to_warm")
    return True


def _exception(actor: Actor, entry: ScheduleEntry, draft: Draft) -> str:
    """The reason for a line above what the law allows on average in use; empty for one that needs none."""
    solution = registry.solutions().get(entry.thing.solution)
    ceilings = solution.ceilings.get(entry.verb) if solution else None
    if ceilings is None or entry.value is None or entry.value <= ceilings.occupied:
        return ""
    if draft.exception_reason.strip():
        return guards.require_reason(draft.exception_reason)[:REASON_LENGTH]
    weight, others = queries.scheduled_around(actor, entry.thing, entry.verb)
    wished, ceiling = Room(entry.value, weight), Ceiling("occupied", ceilings.occupied, None)
    if others and is_within(ceiling, wished, others):
        return ""
    mean = round(mean_with(wished, others), 1)
    raise Refused("above_legal_mean", value=entry.value, ceiling=ceilings.occupied, mean=mean)


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
        **{name: value for name, value in _conditions(entry).items() if value not in {"any", None, False, ""}},
    }


def _conditions(entry: ScheduleEntry) -> dict[str, str | bool | None]:
    return {
        "school_holidays": str(entry.school_holidays),
        "public_holidays": str(entry.public_holidays),
        "first_day": entry.first_day.isoformat() if entry.first_day else None,
        "last_day": entry.last_day.isoformat() if entry.last_day else None,
        "ready": entry.ready,
        "exception_reason": entry.exception_reason,
        "waits_for_approval": entry.proposed_by_id is not None,
    }

"""Writes: rosters, their shifts, and works during which nobody is told."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import IntegrityError, transaction

from maillage.command.alarms import queries
from maillage.command.alarms.engine.oncall import Patience
from maillage.command.alarms.models import Maintenance, Roster, Shift
from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.identity.policies import require_command
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, NotFound
from maillage.lorawan import queries as lorawan
from maillage.telemetry import queries as telemetry

LEAST_WAIT = timedelta(minutes=5)
MOST_WAIT = timedelta(days=1)
HIGHEST_LEVEL = 5
LONGEST_WORKS = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Turn:
    """When somebody is on call. ``until`` at or before ``start``: on the next day."""

    user_id: int
    level: int
    weekdays: frozenset[int]
    start: time
    until: time
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class Works:
    """Where and when one works: on a site, on a gateway, or, without either, anywhere in the organisation."""

    organisation_id: int
    starts_at: datetime
    ends_at: datetime
    reason: str
    site_id: int | None = None
    gateway_eui: str = ""


@transaction.atomic
def save_roster(
    actor: Actor, organisation_id: int, name: str, patience: Patience, roster_id: int | None = None
) -> Roster:
    """A roster, new or, with ``roster_id``, changed. Raises ``Invalid`` or ``Conflict`` that say what to change."""
    roster = Roster(organisation_id=organisation_id) if roster_id is None else queries.roster(actor, roster_id)
    require_command(actor, roster.organisation_id)
    _check_roster(name, patience)
    roster.name = name.strip()[:100]
    roster.escalate_after_s = int(patience.escalate_after.total_seconds())
    roster.remind_every_s = int(patience.remind_every.total_seconds())
    try:
        with transaction.atomic():
            roster.save()
    except IntegrityError as problem:
        raise Conflict("roster_name_taken", name=roster.name) from problem
    write_journal(actor, roster.organisation_id, "roster.saved", "roster", roster.pk, roster.name, {})
    return roster


@transaction.atomic
def remove_roster(actor: Actor, roster_id: int) -> None:
    """Alarms and rules that named it are told to the organisation's people again."""
    roster = queries.roster(actor, roster_id)
    require_command(actor, roster.organisation_id)
    roster.delete()
    write_journal(actor, roster.organisation_id, "roster.removed", "roster", roster_id, roster.name, {})


@transaction.atomic
def add_shift(actor: Actor, roster_id: int, turn: Turn) -> Shift:
    """Somebody of the organisation, of its contractors or of the operator is on call then."""
    roster = queries.roster(actor, roster_id)
    require_command(actor, roster.organisation_id)
    person = next((one for one in queries.people_of(roster.organisation_id) if one.pk == turn.user_id), None)
    if person is None:
        raise Invalid("assignee_unfit")
    in_order = turn.first_day is None or turn.last_day is None or turn.first_day <= turn.last_day
    if not (
        turn.weekdays and turn.weekdays <= frozenset(range(1, 8)) and in_order and 1 <= turn.level <= HIGHEST_LEVEL
    ):
        raise Invalid("shift_unfit", highest=HIGHEST_LEVEL)
    shift = Shift.objects.create(
        roster=roster,
        user=person,
        level=turn.level,
        weekdays=sorted(turn.weekdays),
        start=turn.start,
        until=turn.until,
        first_day=turn.first_day,
        last_day=turn.last_day,
    )
    facts: dict[str, object] = {"person": person.full_name, "level": turn.level}
    write_journal(actor, roster.organisation_id, "roster.shift_added", "roster", roster.pk, roster.name, facts)
    return shift


@transaction.atomic
def remove_shift(actor: Actor, roster_id: int, shift_id: int) -> None:
    """The person is no longer on call then."""
    roster = queries.roster(actor, roster_id)
    require_command(actor, roster.organisation_id)
    shift = next((one for one in roster.shifts.all() if one.pk == shift_id), None)
    if shift is None:
        raise NotFound("shift_unknown", shift_id=shift_id)
    shift.delete()
    facts: dict[str, object] = {"person": shift.user.full_name, "level": shift.level}
    write_journal(actor, roster.organisation_id, "roster.shift_removed", "roster", roster.pk, roster.name, facts)


@transaction.atomic
def announce(actor: Actor, works: Works) -> Maintenance:
    """Nobody is told of what rings there then; what still rings at the end is told at the end."""
    require_command(actor, works.organisation_id)
    _check_works(actor, works)
    maintenance = Maintenance.objects.create(
        organisation_id=works.organisation_id,
        site_id=works.site_id,
        gateway_eui=works.gateway_eui,
        starts_at=works.starts_at,
        ends_at=works.ends_at,
        reason=works.reason.strip()[:200],
        announced_by=actor.label,
    )
    facts: dict[str, object] = {"reason": maintenance.reason, "until": works.ends_at.isoformat()}
    _journal(actor, maintenance, "maintenance.announced", facts)
    return maintenance


@transaction.atomic
def end(actor: Actor, maintenance_id: int) -> None:
    """The works are over, or will not take place: what rings is told again."""
    maintenance = queries.maintenance(actor, maintenance_id)
    require_command(actor, maintenance.organisation_id)
    now = clock.now()
    muted = queries.open_alarms(actor).filter(organisation_id=maintenance.organisation_id)
    muted.filter(attend_at=maintenance.ends_at).update(attend_at=now)
    maintenance.delete()
    maintenance.pk = maintenance_id
    _journal(actor, maintenance, "maintenance.ended", {"reason": maintenance.reason})


def _journal(actor: Actor, maintenance: Maintenance, action: str, facts: dict[str, object]) -> None:
    where = maintenance.site.name if maintenance.site else maintenance.gateway_eui or maintenance.reason
    write_journal(actor, maintenance.organisation_id, action, "maintenance", maintenance.pk, where[:200], facts)


def _check_roster(name: str, patience: Patience) -> None:
    if not name.strip():
        raise Invalid("reason_missing")
    waits = (patience.escalate_after, patience.remind_every)
    if not all(LEAST_WAIT <= wait <= MOST_WAIT for wait in waits):
        least, most = (int(wait.total_seconds()) // 60 for wait in (LEAST_WAIT, MOST_WAIT))
        raise Invalid("roster_delay_unfit", least_min=least, most_min=most)


def _check_works(actor: Actor, works: Works) -> None:
    if not works.reason.strip():
        raise Invalid("reason_missing")
    if works.ends_at <= works.starts_at or works.ends_at <= clock.now():
        raise Invalid("maintenance_reversed")
    if works.ends_at - works.starts_at > LONGEST_WORKS:
        raise Invalid("maintenance_too_long", longest_days=LONGEST_WORKS.days)
    if works.site_id is not None and telemetry.site(actor, works.site_id).organisation_id != works.organisation_id:
        raise Invalid("maintenance_unknown")
    if works.gateway_eui:
        lorawan.gateway(actor, works.gateway_eui)

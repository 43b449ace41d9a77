"""Writes: alarms are raised, taken in charge and ended; people are told. Each is one transaction.

Locks are taken in one order, so that nobody waits in a circle: alarm, journal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from maillage.command.alarms import labels, queries
from maillage.command.alarms.engine.oncall import Patience, Telling, telling
from maillage.command.alarms.events import NOTIFY_ALARM, AlarmUpdate
from maillage.command.alarms.models import Alarm, AlarmEvent
from maillage.command.notifications import actions as notifications
from maillage.command.notifications.actions import News, Words
from maillage.command.notifications.engine.timing import RANKS
from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.identity.models import User
from maillage.identity.policies import require_command
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid
from maillage.lorawan.notify import notify

LONGEST_COMMENT = 2000
NAMED_AT_MOST = 20
UNROSTERED = Patience(timedelta(days=1), timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Cause:
    """What rings. ``rest``: ringing again so soon after its end is the same alarm, and nobody is told again."""

    organisation_id: int
    key: str
    code: str
    label: str
    severity: str
    at: datetime
    facts: Mapping[str, object] = field(default_factory=dict)
    site_id: int | None = None
    thing_id: int | None = None
    gateway_eui: str = ""
    roster_id: int | None = None
    rest: timedelta = timedelta(0)


@transaction.atomic
def raise_alarm(actor: Actor, cause: Cause) -> Alarm:
    """The alarm of this cause: the open one, the one that has only just ended, or a new one."""
    found = queries.alarms(actor).filter(organisation_id=cause.organisation_id, key=cause.key)
    last = found.select_for_update(of=("self",)).first()
    if last is not None and last.is_open:
        return last
    if last is not None and _is_same(last, cause):
        return _ring_again(last, cause)
    alarm = Alarm.objects.create(
        organisation_id=cause.organisation_id,
        key=cause.key,
        code=cause.code,
        label=cause.label[:200],
        facts=dict(cause.facts),
        severity=cause.severity,
        site_id=cause.site_id,
        thing_id=cause.thing_id,
        gateway_eui=cause.gateway_eui,
        roster_id=cause.roster_id,
        raised_at=cause.at,
        rung_at=cause.at,
        attend_at=cause.at,
    )
    _note(actor, alarm, AlarmEvent.Kind.RAISED, cause.at)
    _journal(actor, alarm, "alarm.raised", {"severity": alarm.severity})
    return alarm


@transaction.atomic
def clear_alarm(actor: Actor, organisation_id: int, key: str, at: datetime, explained_by: str = "") -> Alarm | None:
    """Its cause is over, or another alarm explains it. None when there was none open."""
    kind = AlarmEvent.Kind.EXPLAINED if explained_by else AlarmEvent.Kind.CLEARED
    return _clear(actor, organisation_id, key, at, kind, {"by": explained_by} if explained_by else {})


@transaction.atomic
def withdraw_alarm(actor: Actor, organisation_id: int, key: str) -> Alarm | None:
    """What raised it is no longer watched: nothing is known of its cause. None when there was none open."""
    return _clear(actor, organisation_id, key, clock.now(), AlarmEvent.Kind.WITHDRAWN, {})


def _clear(
    actor: Actor, organisation_id: int, key: str, at: datetime, kind: AlarmEvent.Kind, facts: dict[str, object]
) -> Alarm | None:
    found = queries.open_alarms(actor).filter(organisation_id=organisation_id, key=key)
    alarm = found.select_for_update(of=("self",)).first()
    if alarm is None:
        return None
    _end(alarm, Alarm.State.CLEARED, at)
    _note(actor, alarm, kind, at, facts=facts)
    _journal(actor, alarm, "alarm.cleared", {})
    return alarm


@transaction.atomic
def update_facts(actor: Actor, alarm_id: int, facts: Mapping[str, object]) -> None:
    """What fills the alarm's sentence has changed, such as how much it explains."""
    alarm = queries.alarms(actor).select_for_update(of=("self",)).get(pk=alarm_id)
    alarm.facts = dict(facts)
    alarm.save(update_fields=["facts"])
    _tell_pages(alarm)


@transaction.atomic
def acknowledge(actor: Actor, alarm_id: int, comment: str = "") -> Alarm:
    """The actor takes it in charge: nobody is reminded any more. Taking it twice changes nothing."""
    alarm = _open(actor, alarm_id)
    if alarm.state == Alarm.State.ACKNOWLEDGED:
        return alarm
    said = _comment(comment)
    alarm.state, alarm.attend_at = Alarm.State.ACKNOWLEDGED, None
    alarm.assigned_to_id = alarm.assigned_to_id or actor.user_id
    alarm.save(update_fields=["state", "attend_at", "assigned_to"])
    _note(actor, alarm, AlarmEvent.Kind.ACKNOWLEDGED, clock.now(), said)
    _journal(actor, alarm, "alarm.acknowledged", {"comment": said} if said else {})
    return alarm


@transaction.atomic
def assign(actor: Actor, alarm_id: int, user_id: int) -> Alarm:
    """Somebody is entrusted with it, and told at once."""
    alarm = _open(actor, alarm_id)
    person = next((one for one in queries.people_of(alarm.organisation_id) if one.pk == user_id), None)
    if person is None:
        raise Invalid("assignee_unfit")
    alarm.assigned_to = person
    alarm.save(update_fields=["assigned_to"])
    if person.pk != actor.user_id:
        notifications.tell_people(actor, [person], _news(alarm.organisation_id, [alarm]))
    facts: dict[str, object] = {"person": person.full_name}
    _note(actor, alarm, AlarmEvent.Kind.ASSIGNED, clock.now(), facts=facts)
    _journal(actor, alarm, "alarm.assigned", facts)
    return alarm


@transaction.atomic
def comment(actor: Actor, alarm_id: int, text: str) -> Alarm:
    """Something worth knowing is written down; also once the alarm is over."""
    alarm = _seen(actor, alarm_id)
    said = _comment(text)
    if not said:
        raise Invalid("comment_missing")
    _note(actor, alarm, AlarmEvent.Kind.COMMENTED, clock.now(), said)
    _journal(actor, alarm, "alarm.commented", {"comment": said})
    return alarm


@transaction.atomic
def close(actor: Actor, alarm_id: int, text: str) -> Alarm:
    """The actor has dealt with it, whatever its cause says. It rings again when the cause comes back, not before."""
    alarm = _open(actor, alarm_id)
    said = _comment(text)
    if not said:
        raise Invalid("comment_missing")
    now = clock.now()
    _end(alarm, Alarm.State.CLOSED, now)
    _note(actor, alarm, AlarmEvent.Kind.CLOSED, now, said)
    _journal(actor, alarm, "alarm.closed", {"comment": said})
    return alarm


def attend(actor: Actor, now: datetime) -> int:
    """Tells whoever must be told now, one transaction an organisation; returns how many alarms were attended to."""
    return sum(_attend(actor, organisation_id, now) for organisation_id in queries.due(actor, now))


@transaction.atomic
def _attend(actor: Actor, organisation_id: int, now: datetime) -> int:
    """All that is due for an organisation is told together: a storm is one message a person."""
    waiting = queries.alarms(actor).filter(
        organisation_id=organisation_id, attend_at__lte=now, state=Alarm.State.RAISED
    )
    by_person: dict[int, list[Alarm]] = {}
    fresh: list[Alarm] = []
    alarms = list(waiting.order_by("pk").select_for_update(of=("self",)))
    for alarm in alarms:
        muted = queries.muted_until(actor, alarm, now)
        if muted is not None:
            _mute(actor, alarm, muted, now)
            continue
        if alarm.level == 0:
            fresh.append(alarm)
        for user_id in _tell(actor, alarm, now):
            by_person.setdefault(user_id, []).append(alarm)
    people = {one.pk: one for one in User.objects.filter(pk__in=by_person, is_active=True)}
    for user_id, told in by_person.items():
        if user_id in people:
            notifications.tell_people(actor, [people[user_id]], _news(organisation_id, told))
    for alarm in fresh:
        notifications.tell_programs(actor, _news(organisation_id, [alarm]))
    return len(alarms)


def _tell(actor: Actor, alarm: Alarm, now: datetime) -> Sequence[int]:
    """Who is told of this alarm now; notes it, and when to look again."""
    plan, before = _plan(alarm, now), alarm.level
    alarm.level, alarm.attend_at = max(plan.level, 1), plan.again_at
    alarm.save(update_fields=["level", "attend_at"])
    people = User.objects.filter(pk__in=plan.user_ids).order_by("full_name").values_list("full_name", flat=True)
    facts: dict[str, object] = {"people": ", ".join(people), "level": plan.level}
    kind = AlarmEvent.Kind.TOLD if before == 0 else AlarmEvent.Kind.REMINDED
    if before and plan.level > before:
        kind = AlarmEvent.Kind.ESCALATED
    _note(actor, alarm, kind, now, facts=facts)
    return plan.user_ids


def _plan(alarm: Alarm, now: datetime) -> Telling:
    if alarm.roster is None:
        people = queries.own_people(alarm.organisation_id)
        return Telling(tuple(one.pk for one in people), 1, now + UNROSTERED.remind_every)
    roster = alarm.roster
    patience = Patience(timedelta(seconds=roster.escalate_after_s), timedelta(seconds=roster.remind_every_s))
    return telling(queries.duties(roster), alarm.level, patience, now)


def _mute(actor: Actor, alarm: Alarm, until: datetime, now: datetime) -> None:
    alarm.attend_at = until
    alarm.save(update_fields=["attend_at"])
    _note(actor, alarm, AlarmEvent.Kind.MUTED, now, facts={"until": until.isoformat()})


def _news(organisation_id: int, alarms: Sequence[Alarm]) -> News:
    """One alarm in full, or several by their titles."""
    severity = max((one.severity for one in alarms), key=RANKS.__getitem__)
    if len(alarms) > 1:
        return News(organisation_id, severity, lambda: _words_of_several(alarms), None, {"url": _url()})
    alarm = alarms[0]
    return News(organisation_id, severity, lambda: _words(alarm), alarm.pk, _payload(alarm))


def _words(alarm: Alarm) -> Words:
    place = alarm.site.name if alarm.site else alarm.organisation.name
    subject = f"{labels.SEVERITIES[alarm.severity]} : {labels.title(alarm.code, alarm.label)} ({place})"
    return Words(subject, f"{labels.explanation(alarm.code, alarm.facts)}\n\n{_url(alarm)}".strip())


def _words_of_several(alarms: Sequence[Alarm]) -> Words:
    lines = [f"• {_words(one).subject}" for one in alarms[:NAMED_AT_MOST]]
    if len(alarms) > NAMED_AT_MOST:
        lines.append(f"… + {len(alarms) - NAMED_AT_MOST}")
    return Words(labels.several(len(alarms)), "\n".join([*lines, "", _url()]))


def _payload(alarm: Alarm) -> dict[str, object]:
    return {
        "type": "alarm",
        "alarm": alarm.pk,
        "key": alarm.key,
        "code": alarm.code,
        "label": alarm.label,
        "severity": alarm.severity,
        "state": alarm.state,
        "site": alarm.site_id,
        "thing": alarm.thing_id,
        "raised_at": alarm.raised_at.isoformat(),
        "facts": alarm.facts,
        "url": _url(alarm),
    }


def _url(alarm: Alarm | None = None) -> str:
    path = reverse("command:alarm", args=[alarm.pk]) if alarm else reverse("command:alarms")
    return f"{settings.MESSAGING.site_url}{path}"


def _is_same(last: Alarm, cause: Cause) -> bool:
    """Ended by itself, and only just; what a person closed is not opened again."""
    ended_by_itself = last.state == Alarm.State.CLEARED and last.ended_at is not None
    return ended_by_itself and cause.at - (last.ended_at or cause.at) < cause.rest


def _ring_again(alarm: Alarm, cause: Cause) -> Alarm:
    """Whoever took it in charge still has it. Told people are not told again; who was not, is."""
    taken = alarm.events.filter(kind=AlarmEvent.Kind.ACKNOWLEDGED).exists()
    alarm.state = Alarm.State.ACKNOWLEDGED if taken else Alarm.State.RAISED
    alarm.ended_at, alarm.rung_at = None, cause.at
    alarm.times_rung += 1
    alarm.attend_at = None if taken else _not_told_again(alarm, cause.at)
    alarm.facts = dict(cause.facts)
    alarm.save()
    # One line however often it rings: a rule that rings every minute must not fill its own history.
    again = alarm.events.filter(kind=AlarmEvent.Kind.RANG_AGAIN).order_by("-at").first()
    if again is None:
        AlarmEvent.objects.create(alarm=alarm, at=cause.at, kind=AlarmEvent.Kind.RANG_AGAIN, facts={"times": 1})
    else:
        again.at, again.facts = cause.at, {"times": int(again.facts.get("times", 1)) + 1}
        again.save(update_fields=["at", "facts"])
    _tell_pages(alarm)
    return alarm


def _not_told_again(alarm: Alarm, at: datetime) -> datetime:
    if alarm.level == 0:
        return at
    wait = timedelta(seconds=alarm.roster.remind_every_s) if alarm.roster else UNROSTERED.remind_every
    return at + wait


def _end(alarm: Alarm, state: Alarm.State, at: datetime) -> None:
    alarm.state, alarm.ended_at, alarm.attend_at = state, at, None
    alarm.save(update_fields=["state", "ended_at", "attend_at"])


def _seen(actor: Actor, alarm_id: int) -> Alarm:
    queries.alarm(actor, alarm_id)
    alarm = queries.alarms(actor).select_for_update(of=("self",)).get(pk=alarm_id)
    require_command(actor, alarm.organisation_id)
    return alarm


def _open(actor: Actor, alarm_id: int) -> Alarm:
    alarm = _seen(actor, alarm_id)
    if not alarm.is_open:
        raise Conflict("alarm_over", alarm_id=alarm_id)
    return alarm


def _comment(text: str) -> str:
    if len(text) > LONGEST_COMMENT:
        raise Invalid("comment_too_long", longest=LONGEST_COMMENT)
    return text.strip()


def _note(
    actor: Actor,
    alarm: Alarm,
    kind: AlarmEvent.Kind,
    at: datetime,
    said: str = "",
    facts: Mapping[str, object] | None = None,
) -> None:
    who = actor.label if actor.user_id is not None else ""
    AlarmEvent.objects.create(
        alarm=alarm, at=at, kind=kind, user_id=actor.user_id, actor_label=who, comment=said, facts=dict(facts or {})
    )
    _tell_pages(alarm)


def _tell_pages(alarm: Alarm) -> None:
    notify(NOTIFY_ALARM, msgspec.json.encode(AlarmUpdate(alarm.organisation_id, alarm.pk)).decode())


def _journal(actor: Actor, alarm: Alarm, action: str, facts: dict[str, object]) -> None:
    label = f"{alarm.site.name} – {alarm.label}" if alarm.site else alarm.label
    write_journal(actor, alarm.organisation_id, action, "alarm", alarm.pk, label[:200], facts)

"""Writes: people say how they want to be told, messages are owed, sent and noted."""

import re
import secrets
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from maillage.command.notifications import queries
from maillage.command.notifications.engine.timing import RANKS, Fate, Timing, retry_at, timing
from maillage.command.notifications.http import Undelivered
from maillage.command.notifications.models import Hook, Notification, Preference, PushSubscription, Severity
from maillage.command.notifications.senders import SENDERS, Sender
from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.identity.models import User
from maillage.identity.policies import require_represent
from maillage.kernel import clock
from maillage.kernel.errors import Invalid, MaillageError, Refused

MOST_AT_ONCE = 50
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}\Z")
_KEY_BYTES, _AUTH_BYTES = 65, 16
_LONGEST_SUBJECT = 300
_STATES = {
    Fate.NOW: Notification.State.WAITING,
    Fate.TOGETHER: Notification.State.HELD,
    Fate.NEVER: Notification.State.SKIPPED,
}


@dataclass(frozen=True, slots=True)
class Words:
    """A message in somebody's language."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class News:
    """What there is to tell. ``words`` is asked once a person, in their language; ``payload`` is for programs."""

    organisation_id: int
    severity: str
    words: Callable[[], Words]
    alarm_id: int | None = None
    payload: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wishes:
    """How somebody wants to be told. ``sms_number`` is international or empty."""

    by_email: bool
    by_push: bool
    sms_number: str
    severity: str
    digest_at: time | None
    quiet_from: time | None
    quiet_until: time | None
    critical_wakes: bool


@transaction.atomic
def tell_people(actor: Actor, people: Iterable[User], news: News) -> list[Notification]:
    """Owes ``news`` to these people, on the channels and at the time each of them chose."""
    now = clock.now()
    owed = []
    for person in people:
        wanted = queries.preference(actor, person.pk, news.organisation_id)
        with translation.override(person.language):
            words = news.words()
        for channel, address, push in _channels(person, wanted):
            sent = queries.sent_last_hour(actor, person.pk, channel, now)
            when = timing(queries.wish_of(wanted), news.severity, now, sent)
            owed.append(_message(news, words, channel, address, when, now, user=person, push=push))
    return Notification.objects.bulk_create(owed)


@transaction.atomic
def tell_programs(actor: Actor, news: News, hook_id: int | None = None) -> list[Notification]:
    """Owes ``news`` to the organisation's programs that want it; to one only, whatever it wants, when named."""
    now = clock.now()
    wanted = queries.hooks(actor).filter(organisation_id=news.organisation_id, enabled=True)
    if hook_id is not None:
        wanted = wanted.filter(pk=hook_id)
    told = [one for one in wanted if hook_id is not None or RANKS[news.severity] >= RANKS[one.severity]]
    words, when = news.words(), Timing(Fate.NOW, now)
    owed = [_message(news, words, "webhook", one.url, when, now, hook=one) for one in told]
    return Notification.objects.bulk_create(owed)


def deliver_due(actor: Actor, now: datetime, senders: Mapping[str, Sender] = SENDERS) -> int:
    """Sends what is due, outside of any transaction; returns how many messages were tried.

    A message that left just before a crash may leave again: better told twice than never.
    """
    join_held(actor, now)
    found = queries.due(actor, now, MOST_AT_ONCE)
    for message in found:
        _deliver(actor, message, senders[message.channel])
    return len(found)


@transaction.atomic
def join_held(actor: Actor, now: datetime) -> int:
    """Makes one message of all that was kept for the same person and channel; returns how many messages that makes."""
    groups = queries.due_together(actor, now)
    for held in groups.values():
        first = held[0]
        if len(held) > 1:
            _join(first, held)
            rest = [one.pk for one in held[1:]]
            changed = Notification.objects.visible_to(actor).filter(pk__in=rest)
            changed.update(state=Notification.State.SKIPPED, cause="grouped", ended_at=now)
        first.state, first.cause = Notification.State.WAITING, ""
        first.save(update_fields=["state", "cause", "subject", "body", "severity"])
    return len(groups)


@transaction.atomic
def prefer(actor: Actor, wishes: Wishes) -> Preference:
    """The actor wants to be told like this. Raises ``Invalid`` that says what to change."""
    wanted = queries.own_preference(actor)
    if wishes.sms_number and not _NUMBER.match(wishes.sms_number):
        raise Invalid("sms_number_unfit")
    if (wishes.quiet_from is None) != (wishes.quiet_until is None):
        raise Invalid("quiet_hours_half")
    _check_severity(wishes.severity)
    for name in Wishes.__dataclass_fields__:
        setattr(wanted, name, getattr(wishes, name))
    wanted.save()
    chosen = [
        name
        for name, on in (("email", wishes.by_email), ("sms", bool(wishes.sms_number)), ("push", wishes.by_push))
        if on
    ]
    facts: dict[str, object] = {"channels": chosen, "severity": wishes.severity}
    _journal_person(actor, "notifications.preferred", facts)
    return wanted


@transaction.atomic
def add_push(actor: Actor, endpoint: str, p256dh: bytes, auth: bytes, label: str) -> PushSubscription:
    """The actor accepts to be told in this browser. A browser has one subscriber: the last one to accept."""
    queries.own_preference(actor)
    fits = len(p256dh) == _KEY_BYTES and p256dh[0] == 4 and len(auth) == _AUTH_BYTES  # noqa: PLR2004 - uncompressed
    if not fits or urlsplit(endpoint).scheme != "https":
        raise Invalid("push_unfit")
    given = {"user_id": actor.user_id, "p256dh": p256dh, "auth": auth, "label": label[:100]}
    subscription, _made = PushSubscription.objects.update_or_create(
        endpoint=endpoint, defaults=given, create_defaults={**given, "created_at": clock.now()}
    )
    _journal_person(actor, "notifications.push_added", {"label": label[:100]})
    return subscription


@transaction.atomic
def remove_push(actor: Actor, subscription_id: int) -> None:
    """The actor is no longer told in this browser; nothing happens when it is not theirs."""
    own = {one.pk: one for one in queries.own_subscriptions(actor)}
    if subscription_id in own:
        own[subscription_id].delete()
        _journal_person(actor, "notifications.push_removed", {})


@transaction.atomic
def save_hook(actor: Actor, organisation_id: int, name: str, url: str, severity: str) -> Hook:
    """A program outside is told from now on; its secret signs each call. Data leaves: it takes who represents."""
    require_represent(actor, organisation_id)
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise Invalid("hook_address_unfit")
    _check_severity(severity)
    hook = Hook.objects.create(
        organisation_id=organisation_id,
        name=name[:100] or parts.hostname,
        url=url,
        severity=severity,
        secret=secrets.token_urlsafe(32),
    )
    facts: dict[str, object] = {"url": url, "severity": severity}
    write_journal(actor, organisation_id, "notifications.hook_saved", "hook", hook.pk, hook.name, facts)
    return hook


@transaction.atomic
def remove_hook(actor: Actor, hook_id: int) -> None:
    """The program is told no more; what it was told is forgotten with it."""
    hook = queries.hook(actor, hook_id)
    require_represent(actor, hook.organisation_id)
    pk, name = hook.pk, hook.name
    hook.delete()
    facts: dict[str, object] = {"url": hook.url}
    write_journal(actor, hook.organisation_id, "notifications.hook_removed", "hook", pk, name, facts)


def _check_severity(severity: str) -> None:
    if severity not in Severity.values:
        raise Invalid("severity_unknown")


def _journal_person(actor: Actor, action: str, facts: dict[str, object]) -> None:
    if actor.organisation_id is None or actor.user_id is None:
        raise Refused("preference_needs_person")
    write_journal(actor, actor.organisation_id, action, "user", actor.user_id, actor.label, facts)


def _channels(person: User, wanted: Preference) -> list[tuple[str, str, PushSubscription | None]]:
    found: list[tuple[str, str, PushSubscription | None]] = []
    if wanted.by_email:
        found.append(("email", person.email, None))
    if wanted.sms_number:
        found.append(("sms", wanted.sms_number, None))
    if wanted.by_push:
        found += [("push", one.endpoint, one) for one in queries.subscriptions_of(person.pk)]
    return found


def _message(
    news: News,
    words: Words,
    channel: str,
    address: str,
    when: Timing,
    now: datetime,
    **whom: object,
) -> Notification:
    message = Notification(
        id=uuid.uuid4(),
        organisation_id=news.organisation_id,
        channel=channel,
        address=address,
        alarm_id=news.alarm_id,
        subject=" ".join(words.subject.split())[:_LONGEST_SUBJECT],
        body=words.body,
        payload=dict(news.payload),
        severity=news.severity,
        state=_STATES[when.fate],
        created_at=now,
        due_at=when.at,
        ended_at=now if when.fate is Fate.NEVER else None,
        cause=when.cause,
    )
    for name, value in whom.items():
        setattr(message, name, value)
    return message


def _join(first: Notification, held: Sequence[Notification]) -> None:
    language = first.user.language if first.user else "fr"
    with translation.override(language):
        lines = [f"• {one.subject}" for one in held[:MOST_AT_ONCE]]
        if len(held) > MOST_AT_ONCE:
            lines.append(_("… et %(count)s autres.") % {"count": len(held) - MOST_AT_ONCE})
        first.subject = ngettext("%(count)s alarme", "%(count)s alarmes", len(held)) % {"count": len(held)}
    first.severity = max((one.severity for one in held), key=RANKS.__getitem__)
    first.body = "\n".join(lines)


def _deliver(actor: Actor, message: Notification, send: Sender) -> None:
    message.attempts += 1
    try:
        send(message)
    except Undelivered as problem:
        _note_failure(actor, message, problem)
    except MaillageError as problem:  # a setting that cannot be used
        _note_failure(actor, message, Undelivered(problem.code, str(problem.facts), is_final=True))
    except ValueError as problem:  # keys or an address that the libraries refuse
        code = "key_unfit" if message.channel == "push" else "address_unfit"
        _note_failure(actor, message, Undelivered(code, str(problem), is_final=True))
    else:
        message.state, message.cause, message.detail = Notification.State.SENT, "", ""
        message.ended_at = clock.now()
        message.save(update_fields=["state", "cause", "detail", "ended_at", "attempts"])


def _note_failure(actor: Actor, message: Notification, problem: Undelivered) -> None:
    now = clock.now()
    again = None if problem.is_final else retry_at(message.attempts, now)
    message.cause, message.detail = problem.code[:64], problem.detail[:300]
    if again is not None:
        message.due_at = again
    else:
        message.state, message.ended_at = Notification.State.FAILED, now
        message.cause = message.cause if problem.is_final else "given_up"
    message.save(update_fields=["state", "cause", "detail", "ended_at", "attempts", "due_at"])
    if problem.code == "gone" and message.push_id is not None:
        _forget_browser(actor, message.push_id)


def _forget_browser(_actor: Actor, subscription_id: int) -> None:
    """RFC 8030, section 7.3: a subscription that is gone is gone for good."""
    PushSubscription.objects.filter(pk=subscription_id).delete()

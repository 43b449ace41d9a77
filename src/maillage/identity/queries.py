"""Reads of organisations, people, mandates, tokens and the journal."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from maillage.identity import journal
from maillage.identity.actor import Actor, Role
from maillage.identity.models import ApiToken, JournalEntry, Mandate, Membership, Organisation, User


@dataclass(frozen=True, slots=True)
class JournalFilter:
    """What to show of the journal; an empty field does not filter. ``since`` is included, ``until`` is not."""

    organisation_id: int | None = None
    person: str = ""
    action: str = ""
    thing: str = ""
    since: datetime | None = None
    until: datetime | None = None


def memberships_of(user_id: int) -> Sequence[Membership]:
    """For whom a person may act, oldest first, with user and organisation at hand."""
    own = Membership.objects.filter(user_id=user_id, organisation__ended_at=None)
    return list(own.select_related("user", "organisation").order_by("pk"))


def membership_of(actor: Actor) -> Membership | None:
    """The membership that ``actor`` acts by; None for processes."""
    if actor.user_id is None or actor.organisation_id is None:
        return None
    people = Membership.objects.select_related("user", "organisation")
    return people.filter(user_id=actor.user_id, organisation_id=actor.organisation_id).first()


def actor_of(membership: Membership) -> Actor:
    """The actor that a person is by this membership, as of now: mandates granted or revoked since count."""
    user = membership.user
    visible = _visible_organisation_ids(membership)
    return Actor(user.pk, user.full_name, membership.organisation_id, Role(membership.role), visible)


def first_actor_of(user_id: int) -> Actor | None:
    """The actor that a person is right after logging in; None without any membership."""
    memberships = memberships_of(user_id)
    return actor_of(memberships[0]) if memberships else None


def user_by_email(email: str) -> User | None:
    """The account of a mailbox, in any case."""
    return User.objects.filter(email__iexact=email.strip()).first()


def organisations_visible_to(actor: Actor) -> QuerySet[Organisation]:
    """The organisations whose rows ``actor`` may see, by name."""
    organisations = Organisation.objects.order_by("name", "pk")
    if actor.visible_organisation_ids is None:
        return organisations
    return organisations.filter(pk__in=actor.visible_organisation_ids)


def live_token(clear_text: str, now: datetime) -> ApiToken | None:
    """The token of this clear text, unless expired, revoked or of a closed account."""
    alive = Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=now)) & Q(membership__user__is_active=True)
    alive &= Q(membership__organisation__ended_at=None)
    tokens = ApiToken.objects.select_related("membership__user", "membership__organisation")
    return tokens.filter(alive, digest=token_digest(clear_text)).first()


def token_digest(clear_text: str) -> bytes:
    """What is kept of a token. A plain SHA-256 is enough: the clear text is 256 random bits, not a password."""
    return hashlib.sha256(clear_text.encode()).digest()


def tokens_of(actor: Actor) -> QuerySet[ApiToken]:
    """The actor's own tokens that are not revoked, newest first."""
    membership = membership_of(actor)
    tokens = ApiToken.objects.filter(revoked_at=None).order_by("-created_at", "-pk")
    return tokens.filter(membership=membership) if membership else tokens.none()


def journal_entries(
    actor: Actor, wanted: JournalFilter, before_id: int | None = None, limit: int = 50
) -> Sequence[JournalEntry]:
    """Up to ``limit`` entries of visible organisations, newest first, older than ``before_id``."""
    entries = _visible_journal(actor).filter(_matching(wanted))
    if before_id is not None:
        entries = entries.filter(pk__lt=before_id)
    return list(entries.select_related("organisation").order_by("-pk")[:limit])


def journal_actions(actor: Actor) -> Sequence[str]:
    """The action codes that occur in what ``actor`` may see, for the filter."""
    return list(_visible_journal(actor).order_by("action").values_list("action", flat=True).distinct())


def verify_journal(organisation_id: int) -> journal.Verdict:
    """Follow an organisation's whole chain. Reads every entry, in portions."""
    entries = JournalEntry.objects.filter(organisation_id=organisation_id).order_by("sequence")
    return journal.verify(_links(entries))


def verify_recent_journal(organisation_id: int, last: int) -> journal.Verdict:
    """Follow the chain over its ``last`` entries only, from the hash of the entry before them."""
    entries = JournalEntry.objects.filter(organisation_id=organisation_id).order_by("sequence")
    newest = entries.values_list("sequence", flat=True).last() or 0
    start = entries.filter(sequence=newest - last).values_list("sequence", "hash").first()
    after = (start[0], bytes(start[1])) if start else (0, journal.GENESIS)
    return journal.verify(_links(entries.filter(sequence__gt=after[0])), after)


def journalled_organisations() -> Sequence[Organisation]:
    """Every organisation that has a journal, by name."""
    ids = JournalEntry.objects.order_by().values("organisation_id").distinct()
    return list(Organisation.objects.filter(pk__in=ids).order_by("name", "pk"))


def _links(entries: QuerySet[JournalEntry]) -> Iterable[journal.Entry]:
    return (entry.as_link() for entry in entries.iterator(2000))


def _visible_journal(actor: Actor) -> QuerySet[JournalEntry]:
    if actor.visible_organisation_ids is None:
        return JournalEntry.objects.all()
    return JournalEntry.objects.filter(organisation_id__in=actor.visible_organisation_ids)


def _matching(wanted: JournalFilter) -> Q:
    """No row when a wanted value is unknown; never a row that it does not describe."""
    conditions = {
        "organisation_id": wanted.organisation_id,
        "actor_label__icontains": wanted.person,
        "action": wanted.action,
        "object_label__icontains": wanted.thing,
        "at__gte": wanted.since,
        "at__lt": wanted.until,
    }
    return Q(**{name: value for name, value in conditions.items() if value not in {None, ""}})


def _visible_organisation_ids(membership: Membership) -> frozenset[int] | None:
    """None (all) takes both the operator's role and the operating organisation: a slip in one opens nothing."""
    organisation = membership.organisation
    if membership.role == Role.OPERATOR and organisation.kind == Organisation.Kind.OPERATOR:
        return None
    mandates = Mandate.objects.filter(contractor=organisation, revoked_at=None)
    return frozenset({organisation.pk, *mandates.values_list("client_id", flat=True)})

"""Writes: organisations, people, mandates, tokens, the journal and the answers given once.

Every verb takes the actor first, runs in one transaction and journals itself.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from django.db import IntegrityError, transaction
from django.db.models import Q

from maillage.identity import journal, queries
from maillage.identity.actor import Actor, Role
from maillage.identity.models import (
    ApiToken,
    IdempotentAnswer,
    JournalEntry,
    Mandate,
    Membership,
    Organisation,
    User,
)
from maillage.identity.policies import require_operate, require_represent
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, NotFound, Refused

TOKEN_PREFIX = "mlg_"  # noqa: S105 - lets secret scanners recognise a leaked token
ANSWER_KEPT_FOR = timedelta(hours=24)
TOKEN_USE_NOTED_EVERY = timedelta(minutes=1)
_LABEL_LENGTH = 200


class TransactionMissing(RuntimeError):  # noqa: N818 - a programming error, named for what is missing
    """The journal was written outside the transaction of the act that it tells."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response to a write: HTTP status and JSON body, None for one that must not be kept because it is secret."""

    status: int
    body: bytes | None


def write_journal(
    actor: Actor,
    organisation_id: int,
    action: str,
    object_type: str,
    object_id: str | int,
    object_label: str,
    facts: dict[str, object],
) -> JournalEntry:
    """Append to the organisation's journal, in the caller's transaction: the act and its trace live or die together.

    Raises ``TransactionMissing`` when none is open. Sequences have no gap: writers of one organisation queue on its
    row (``FOR NO KEY UPDATE``) until the one before has committed. A row lock rather than an advisory lock: no key
    space shared with other users of the database, it proves that the organisation exists, and it does not hold up
    rows that merely refer to the organisation. Write last in the transaction, so that the queue stays short; when
    several organisations are concerned, in the order of their ids.
    """
    if not transaction.get_connection().in_atomic_block:
        raise TransactionMissing(action)
    _organisation_locked(organisation_id)
    last = JournalEntry.objects.filter(organisation_id=organisation_id).order_by("-sequence").first()
    entry = JournalEntry(
        organisation_id=organisation_id,
        sequence=last.sequence + 1 if last else 1,
        at=clock.now(),
        user_id=actor.user_id,
        actor_label=actor.label[:150],
        actor_role=actor.role.value,
        action=action,
        object_type=object_type,
        object_id=str(object_id),
        object_label=object_label[:_LABEL_LENGTH],
        facts=facts,
        previous_hash=bytes(last.hash) if last else journal.GENESIS,
    )
    entry.hash = journal.entry_hash(bytes(entry.previous_hash), entry.hashed_fields())
    entry.save(force_insert=True)
    return entry


@transaction.atomic
def create_organisation(actor: Actor, kind: Organisation.Kind, name: str, slug: str, siren: str = "") -> Organisation:
    """A new tenant. Only who operates the platform; raises ``Conflict`` when the slug or the operator exists."""
    _require_operator(actor)
    try:
        with transaction.atomic():
            organisation = Organisation.objects.create(kind=kind, name=name, slug=slug, siren=siren)
    except IntegrityError as error:
        raise Conflict("organisation_exists", slug=slug) from error
    facts: dict[str, object] = {"kind": kind.value, "slug": slug, "siren": siren}
    write_journal(actor, organisation.pk, "identity.organisation_created", "organisation", organisation.pk, name, facts)
    return organisation


@transaction.atomic
def create_user(
    actor: Actor, email: str, full_name: str, password: str, organisation: Organisation, role: Role
) -> Membership:
    """A new person with a first membership. Raises ``Conflict`` when the address has an account."""
    require_operate(actor, organisation.pk)
    user = User(email=email.strip(), full_name=full_name.strip())
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise Conflict("email_taken", email=email) from error
    return add_membership(actor, user, organisation, role)


@transaction.atomic
def add_membership(actor: Actor, user: User, organisation: Organisation, role: Role) -> Membership:
    """Let a person act for an organisation. One role each; only the operating body has operators."""
    require_operate(actor, organisation.pk)
    if role is Role.MACHINE or (role is Role.OPERATOR) != (organisation.kind == Organisation.Kind.OPERATOR):
        raise Invalid("role_unfit", role=role.value, organisation=organisation.name)
    membership, created = Membership.objects.get_or_create(
        user=user, organisation=organisation, defaults={"role": role.value}
    )
    if not created:
        raise Conflict("membership_exists", person=user.full_name, organisation=organisation.name)
    facts: dict[str, object] = {"role": role.value}
    write_journal(actor, organisation.pk, "identity.membership_added", "user", user.pk, user.full_name, facts)
    return membership


@transaction.atomic
def grant_mandate(actor: Actor, client: Organisation, contractor: Organisation) -> Mandate:
    """Let a contractor see and maintain the client's equipment. The client's mayor or the operator decides."""
    require_represent(actor, client.pk)
    if contractor.kind != Organisation.Kind.CONTRACTOR or contractor.pk == client.pk:
        raise Invalid("not_a_contractor", organisation=contractor.name)
    mandate, created = Mandate.objects.get_or_create(
        client=client, contractor=contractor, revoked_at=None, defaults={"granted_at": clock.now()}
    )
    if not created:
        raise Conflict("mandate_exists", client=client.name, contractor=contractor.name)
    write_journal(actor, client.pk, "identity.mandate_granted", "organisation", contractor.pk, contractor.name, {})
    return mandate


@transaction.atomic
def revoke_mandate(actor: Actor, client: Organisation, contractor: Organisation) -> None:
    """From the next request on, the contractor sees nothing of the client. Raises ``NotFound`` without a mandate."""
    require_represent(actor, client.pk)
    live = Mandate.objects.filter(client=client, contractor=contractor, revoked_at=None)
    if not live.update(revoked_at=clock.now()):
        raise NotFound("mandate_unknown", client=client.name, contractor=contractor.name)
    write_journal(actor, client.pk, "identity.mandate_revoked", "organisation", contractor.pk, contractor.name, {})


@transaction.atomic
def set_language(actor: Actor, language: str) -> None:
    """Remember the language of the actor's own pages: ``fr`` or ``en``."""
    if language not in User.Language.values:
        raise Invalid("language_unknown", language=language)
    user = _own_account(actor)
    before, user.language = user.language, language
    user.save(update_fields=["language"])
    if before != language:
        _journal_own(actor, user, "identity.language_set", {"before": before, "after": language})


@transaction.atomic
def change_password(actor: Actor, password: str) -> User:
    """Set the actor's own password, already checked against the password rules. Every other session ends with it."""
    user = _own_account(actor)
    user.set_password(password)
    user.save(update_fields=["password"])
    _journal_own(actor, user, "identity.password_changed", {})
    return user


@transaction.atomic
def record_login(actor: Actor) -> None:
    """The person logged in."""
    _journal_own(actor, _own_account(actor), "identity.logged_in", {})


@transaction.atomic
def record_logout(actor: Actor) -> None:
    """The person logged out."""
    _journal_own(actor, _own_account(actor), "identity.logged_out", {})


@transaction.atomic
def record_failed_login(actor: Actor, email: str, *, locked: bool) -> None:
    """Somebody failed to log in to an existing account; what was typed for an unknown one is not kept for ever."""
    user = queries.user_by_email(email)
    person = queries.first_actor_of(user.pk) if user else None
    if user and person and person.organisation_id:
        facts: dict[str, object] = {"locked": locked}
        write_journal(actor, person.organisation_id, "identity.login_failed", "user", user.pk, user.full_name, facts)


@transaction.atomic
def create_token(actor: Actor, name: str, expires_at: datetime | None) -> tuple[ApiToken, str]:
    """A bearer token for the actor's own membership, and its clear text, which nobody can read again."""
    name = name.strip()
    if not name or len(name) > ApiToken.NAME_LENGTH or "\0" in name:
        raise Invalid("token_name_unfit", longest=ApiToken.NAME_LENGTH)
    now = clock.now()
    if expires_at is not None and expires_at <= now:
        raise Invalid("token_expires_in_the_past")
    clear_text = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        membership=_own_membership(actor),
        name=name,
        digest=queries.token_digest(clear_text),
        created_at=now,
        expires_at=expires_at,
    )
    _journal_token(actor, token, "identity.token_created")
    return token, clear_text


@transaction.atomic
def revoke_token(actor: Actor, token_id: int) -> None:
    """End one of the actor's own tokens. Raises ``NotFound`` for any other, or one already revoked."""
    token = queries.tokens_of(actor).select_for_update().filter(pk=token_id).first()
    if token is None:
        raise NotFound("token_unknown", token_id=token_id)
    token.revoked_at = clock.now()
    token.save(update_fields=["revoked_at"])
    _journal_token(actor, token, "identity.token_revoked")


def note_token_use(actor: Actor, token: ApiToken, now: datetime) -> None:  # noqa: ARG001 - every action says who acts
    """Remember when the token was last used, to the minute, so that a busy client does not write at each request."""
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - TOKEN_USE_NOTED_EVERY)
    ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)


@transaction.atomic
def run_once(actor: Actor, key: str, request_digest: bytes, operation: Callable[[], Answer]) -> Answer:
    """Run a write at most once for ``key`` within a day; the same request again gets the first answer again.

    The answer and the write are one transaction. A refused write (status 400 to 499) frees its key, so that it may be
    tried again, and keeps what was written on purpose, such as the journal's line about the refusal; a fault (500 and
    above, or an exception) is undone with its key. Raises ``Invalid`` when the key came with another request and
    ``Conflict`` when the write is done but its answer was secret.
    """
    now = clock.now()
    IdempotentAnswer.objects.filter(created_at__lt=now - ANSWER_KEPT_FOR).delete()
    row = _claimed(_own_membership(actor), key, request_digest, now)
    if bytes(row.request_digest) != request_digest:
        raise Invalid("idempotency_key_reused", key=key)
    if row.status is not None:
        if row.body is None:
            raise Conflict("answer_was_secret", key=key)
        return Answer(row.status, bytes(row.body))
    answer = operation()
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        transaction.set_rollback(True)
    elif answer.status >= HTTPStatus.BAD_REQUEST:
        row.delete()
    else:
        row.status, row.body = answer.status, answer.body
        row.save(update_fields=["status", "body"])
    return answer


def _claimed(membership: Membership, key: str, request_digest: bytes, now: datetime) -> IdempotentAnswer:
    """The row of the key, made if need be; waits for a simultaneous request with the same key."""
    row = IdempotentAnswer(membership=membership, key=key, request_digest=request_digest, created_at=now)
    IdempotentAnswer.objects.bulk_create([row], ignore_conflicts=True)
    return IdempotentAnswer.objects.select_for_update().get(membership=membership, key=key)


def _organisation_locked(organisation_id: int) -> Organisation:
    organisation = Organisation.objects.select_for_update(no_key=True).filter(pk=organisation_id).first()
    if organisation is None:
        raise NotFound("organisation_unknown", organisation_id=organisation_id)
    return organisation


def _require_operator(actor: Actor) -> None:
    if actor.role not in {Role.OPERATOR, Role.MACHINE} or actor.visible_organisation_ids is not None:
        raise Refused("not_permitted", what="operate")


def _own_membership(actor: Actor) -> Membership:
    membership = queries.membership_of(actor)
    if membership is None:
        raise Refused("not_permitted", what="act as a person")
    return membership


def _own_account(actor: Actor) -> User:
    return _own_membership(actor).user


def _journal_own(actor: Actor, user: User, action: str, facts: dict[str, object]) -> None:
    organisation_id = _own_membership(actor).organisation_id
    write_journal(actor, organisation_id, action, "user", user.pk, user.full_name, facts)


def _journal_token(actor: Actor, token: ApiToken, action: str) -> None:
    facts: dict[str, object] = {
        "expires_at": token.expires_at.isoformat(timespec="minutes") if token.expires_at else None
    }
    write_journal(actor, token.membership.organisation_id, action, "api_token", token.pk, token.name, facts)

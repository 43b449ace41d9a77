"""REST: who I am, the journal, my tokens."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status
from pydantic import AwareDatetime

from maillage.identity import actions, queries
from maillage.identity.authentication import SessionAuth
from maillage.identity.idempotency import answer_is_secret
from maillage.identity.middleware import actor_of
from maillage.identity.models import ApiToken, JournalEntry
from maillage.identity.queries import JournalFilter
from maillage.kernel.errors import NotFound
from maillage.web.api import CursorPage, PageQuery
from maillage.web.cursor import after_cursor, one_more

router = Router()


class OrganisationOut(Schema):
    """An organisation in short."""

    id: int
    kind: str
    name: str
    slug: str


class MeOut(Schema):
    """The actor of the request. ``visible_organisation_ids`` is null for who sees every organisation."""

    full_name: str
    email: str
    language: str
    role: str
    organisation: OrganisationOut
    visible_organisation_ids: list[int] | None


class JournalEntryOut(Schema):
    """One act. Hashes are in hexadecimal."""

    id: int
    organisation_id: int
    sequence: int
    at: datetime
    actor_label: str
    actor_role: str
    action: str
    object_type: str
    object_id: str
    object_label: str
    facts: dict[str, object]
    previous_hash: str
    hash: str


class JournalQuery(PageQuery):
    """An omitted filter does not filter."""

    organisation_id: int | None = None
    person: str = Field("", max_length=150, description="Part of the actor's name.")
    action: str = Field("", max_length=64, description="An action code, such as `identity.logged_in`.")
    object: str = Field("", max_length=200, description="Part of the object's name.")
    since: AwareDatetime | None = Field(None, description="Included.")
    until: AwareDatetime | None = Field(None, description="Not included.")


class TokenIn(Schema):
    """A token to create."""

    name: str = Field(min_length=1, max_length=ApiToken.NAME_LENGTH)
    expires_at: AwareDatetime | None = None


class TokenOut(Schema):
    """A token, without its clear text."""

    id: int
    name: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class NewTokenOut(TokenOut):
    """A token just created. ``token`` is its clear text, given this once."""

    token: str


@router.get("/me", response=MeOut, summary="Who I am", tags=["identity"])
def me(request: HttpRequest) -> MeOut:
    """The person, role and organisation that the request acts by."""
    actor = actor_of(request)
    membership = queries.membership_of(actor)
    if membership is None:
        raise NotFound("membership_unknown")
    visible = actor.visible_organisation_ids
    return MeOut(
        full_name=membership.user.full_name,
        email=membership.user.email,
        language=membership.user.language,
        role=actor.role.value,
        organisation=OrganisationOut.from_orm(membership.organisation),
        visible_organisation_ids=None if visible is None else sorted(visible),
    )


@router.get("/journal", response=CursorPage[JournalEntryOut], summary="Journal", tags=["identity"])
def journal(request: HttpRequest, query: Query[JournalQuery]) -> CursorPage[JournalEntryOut]:
    """The visible organisations' journals, newest first."""
    wanted = JournalFilter(query.organisation_id, query.person, query.action, query.object, query.since, query.until)
    before_id = after_cursor(query.cursor, int)[0] if query.cursor else None
    rows = queries.journal_entries(actor_of(request), wanted, before_id, query.limit + 1)
    page, next_cursor = one_more(rows, query.limit, lambda entry: [entry.pk])
    return CursorPage[JournalEntryOut](items=[_entry_out(entry) for entry in page], next_cursor=next_cursor)


@router.get("/tokens", response=list[TokenOut], summary="My tokens", tags=["identity"])
def tokens(request: HttpRequest) -> list[ApiToken]:
    """The actor's own tokens, revoked ones left out."""
    return list(queries.tokens_of(actor_of(request)))


@router.post("/tokens", auth=SessionAuth(), response={201: NewTokenOut}, summary="Create a token", tags=["identity"])
def create_token(request: HttpRequest, new: TokenIn) -> Status[NewTokenOut]:
    """Only from a log-in session: a stolen token must not be able to outlive its revocation through another one."""
    answer_is_secret(request)
    token, clear_text = actions.create_token(actor_of(request), new.name, new.expires_at)
    return Status(201, NewTokenOut(**TokenOut.from_orm(token).dict(), token=clear_text))


@router.delete("/tokens/{int:token_id}", response={204: None}, summary="Revoke a token", tags=["identity"])
def revoke_token(request: HttpRequest, token_id: int) -> Status[None]:
    """From now on the token opens nothing."""
    actions.revoke_token(actor_of(request), token_id)
    return Status(204, None)


def _entry_out(entry: JournalEntry) -> JournalEntryOut:
    return JournalEntryOut(
        id=entry.pk,
        organisation_id=entry.organisation_id,
        sequence=entry.sequence,
        at=entry.at,
        actor_label=entry.actor_label,
        actor_role=entry.actor_role,
        action=entry.action,
        object_type=entry.object_type,
        object_id=entry.object_id,
        object_label=entry.object_label,
        facts=entry.facts,
        previous_hash=bytes(entry.previous_hash).hex(),
        hash=bytes(entry.hash).hex(),
    )

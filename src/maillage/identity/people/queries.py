"""Reads of organisations and of those who act, or are invited to act, for them."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count, F

from maillage.identity.actor import Actor, Role
from maillage.identity.models import Invitation, Mandate, Membership, Organisation, PasswordLink
from maillage.identity.policies import may_operate
from maillage.identity.queries import organisations_visible_to, token_digest
from maillage.kernel.errors import NotFound


def organisation_for(actor: Actor, organisation_id: int) -> Organisation:
    """An organisation whose people ``actor`` keeps: any for the operator, a mayor's own. Else ``NotFound``."""
    organisation = organisations_visible_to(actor).filter(pk=organisation_id).first()
    keeps = may_operate(actor, organisation_id) or (
        actor.role is Role.MAYOR and actor.organisation_id == organisation_id
    )
    if organisation is None or not keeps:
        raise NotFound("organisation_unknown", organisation_id=organisation_id)
    return organisation


def organisations_with_people(actor: Actor) -> Sequence[tuple[Organisation, int]]:
    """Those visible, the ended ones last, each with how many people act for it."""
    counted = Membership.objects.order_by().values("organisation_id").annotate(people=Count("pk"))
    people: dict[int, int] = {row["organisation_id"]: row["people"] for row in counted}
    organisations = organisations_visible_to(actor).order_by(F("ended_at").asc(nulls_first=True), "name", "pk")
    return [(organisation, people.get(organisation.pk, 0)) for organisation in organisations]


def members_of(organisation: Organisation) -> Sequence[Membership]:
    """Who acts for it, by name."""
    members = Membership.objects.filter(organisation=organisation).select_related("user")
    return list(members.order_by("user__full_name", "pk"))


def member_for(actor: Actor, membership_id: int) -> Membership:
    """A membership of an organisation whose people ``actor`` keeps; else ``NotFound``."""
    found = Membership.objects.select_related("user", "organisation").filter(pk=membership_id).first()
    if found is None or not actor.sees(found.organisation_id):
        raise NotFound("member_unknown")
    organisation_for(actor, found.organisation_id)
    return found


def open_invitations(actor: Actor, organisation: Organisation, now: datetime) -> Sequence[Invitation]:
    """Those that can still be accepted, newest first."""
    pending = Invitation.objects.visible_to(actor).filter(organisation=organisation, ended_at=None, expires_at__gt=now)
    return list(pending.order_by("-created_at", "-pk"))


def live_mandates(organisation: Organisation) -> Sequence[Mandate]:
    """The mandates that it gives and that it holds, by contractor and client."""
    live = Mandate.objects.filter(revoked_at=None).select_related("client", "contractor")
    involved = live.filter(client=organisation) | live.filter(contractor=organisation)
    return list(involved.order_by("contractor__name", "client__name"))


def live_mandate(mandate_id: int) -> Mandate:
    """Raises ``NotFound`` for one that is unknown or revoked."""
    found = Mandate.objects.select_related("client", "contractor").filter(pk=mandate_id, revoked_at=None).first()
    if found is None:
        raise NotFound("mandate_unknown", client="?", contractor="?")
    return found


def contractors() -> Sequence[Organisation]:
    """Every contractor that still works, by name."""
    return list(Organisation.objects.filter(kind=Organisation.Kind.CONTRACTOR, ended_at=None).order_by("name"))


def invitation_of(secret: str, now: datetime) -> Invitation:
    """The invitation that this link opens. Raises ``NotFound`` once used, withdrawn or expired."""
    found = Invitation.objects.unscoped("the link's holder").select_related("organisation")
    invitation = found.filter(digest=token_digest(secret), ended_at=None, expires_at__gt=now).first()
    if invitation is None:
        raise NotFound("link_unusable")
    return invitation


def password_link_of(secret: str, now: datetime) -> PasswordLink:
    """The link of this secret. Raises ``NotFound`` once used, replaced or expired, or for a closed account."""
    found = PasswordLink.objects.select_related("user").filter(user__is_active=True)
    link = found.filter(digest=token_digest(secret), ended_at=None, expires_at__gt=now).first()
    if link is None:
        raise NotFound("link_unusable")
    return link

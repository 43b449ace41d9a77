"""Writes: people invited, joining, changing role and leaving; organisations ending; passwords chosen by a link."""

import secrets
from datetime import timedelta

from django.db import transaction

from maillage.identity import queries as identity_queries
from maillage.identity.actions import add_membership, create_user, write_journal
from maillage.identity.actor import Actor, Role, machine
from maillage.identity.models import Invitation, Mandate, Membership, Organisation, PasswordLink, User
from maillage.identity.people import queries
from maillage.identity.policies import require_operate, require_staff
from maillage.identity.queries import token_digest
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, NotFound, Refused

INVITATION_LIVES = timedelta(days=7)
PASSWORD_LINK_LIVES = timedelta(hours=2)
INVITATIONS_A_DAY = 50
PASSWORD_LINKS_AN_HOUR = 3
ROLES_OF: dict[str, tuple[Role, ...]] = {
    Organisation.Kind.OPERATOR.value: (Role.OPERATOR,),
    Organisation.Kind.COMMUNE.value: (Role.MAYOR, Role.AGENT, Role.TECHNICIAN),
    Organisation.Kind.CONTRACTOR.value: (Role.TECHNICIAN,),
    Organisation.Kind.BUSINESS.value: (Role.MAYOR, Role.AGENT, Role.TECHNICIAN),
}
_BY_INVITATION, _BY_LINK = machine("invitation"), machine("password link")


@transaction.atomic
def invite(actor: Actor, organisation: Organisation, email: str, full_name: str, role: Role) -> tuple[Invitation, str]:
    """An invitation and the secret of its link, which nobody can read again. It replaces an earlier one.

    Whether the address has an account is neither read nor told. Raises ``Refused`` beyond ``INVITATIONS_A_DAY``.
    """
    require_staff(actor, organisation.pk, role)
    _require_fit(Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk), role)
    now = clock.now()
    sent = Invitation.objects.visible_to(actor).filter(organisation=organisation)
    if sent.filter(created_at__gt=now - timedelta(days=1)).count() >= INVITATIONS_A_DAY:
        raise Refused("too_many_invitations")
    sent.filter(email__iexact=email.strip(), ended_at=None).update(ended_at=now)
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        organisation=organisation,
        email=email.strip(),
        full_name=full_name.strip(),
        role=role.value,
        digest=token_digest(secret),
        created_at=now,
        expires_at=now + INVITATION_LIVES,
    )
    _journal_invitation(actor, invitation, "identity.invited")
    return invitation, secret


@transaction.atomic
def withdraw_invitation(actor: Actor, invitation_id: int) -> Invitation:
    """Its link opens nothing any more. Raises ``NotFound`` for one that is used, withdrawn or of somebody else."""
    pending = Invitation.objects.visible_to(actor).select_for_update().filter(pk=invitation_id, ended_at=None)
    invitation = pending.first()
    if invitation is None:
        raise NotFound("invitation_unknown")
    require_staff(actor, invitation.organisation_id, Role(invitation.role))
    _end(invitation)
    _journal_invitation(actor, invitation, "identity.invitation_withdrawn")
    return invitation


@transaction.atomic
def accept_with_password(actor: Actor, secret: str, password: str) -> Membership:  # noqa: ARG001 - nobody is logged in
    """A new account with a password already checked against the rules. ``Conflict`` when the address has one."""
    invitation = _claimed(secret)
    if identity_queries.user_by_email(invitation.email):
        raise Conflict("account_exists")
    _end(invitation)
    return create_user(
        _BY_INVITATION,
        invitation.email,
        invitation.full_name,
        password,
        invitation.organisation,
        Role(invitation.role),
    )


@transaction.atomic
def accept_as(actor: Actor, secret: str, user: User) -> Membership:
    """The person logged in joins. Raises ``Refused`` when the invitation is for another address."""
    invitation = _claimed(secret)
    if user.pk != actor.user_id or user.email.lower() != invitation.email.lower():
        raise Refused("link_for_another")
    _end(invitation)
    return add_membership(_BY_INVITATION, user, invitation.organisation, Role(invitation.role))


@transaction.atomic
def change_role(actor: Actor, membership_id: int, role: Role) -> Membership:
    """The operator gives a person another role, which counts from the next request on."""
    membership = _locked_member(actor, membership_id)
    require_operate(actor, membership.organisation_id)
    _require_fit(membership.organisation, role)
    before, membership.role = membership.role, role.value
    membership.save(update_fields=["role"])
    if before != role.value:
        _journal_member(actor, membership, "identity.role_changed", {"before": before, "after": role.value})
    return membership


@transaction.atomic
def end_membership(actor: Actor, membership_id: int) -> Membership:
    """From the next request on, the person does not act for the organisation; tokens made for it end, too."""
    membership = _locked_member(actor, membership_id)
    require_staff(actor, membership.organisation_id, Role(membership.role))
    Membership.objects.filter(pk=membership.pk).delete()
    _journal_member(actor, membership, "identity.membership_ended", {"role": membership.role})
    return membership


@transaction.atomic
def end_organisation(actor: Actor, organisation_id: int) -> Organisation:
    """Nobody acts for it any more, its mandates and invitations end; what it owns and its journal stay."""
    require_operate(actor, organisation_id)
    organisation = Organisation.objects.select_for_update(no_key=True).filter(pk=organisation_id).first()
    if organisation is None:
        raise NotFound("organisation_unknown", organisation_id=organisation_id)
    if organisation.kind == Organisation.Kind.OPERATOR:
        raise Refused("operator_cannot_end")
    _require_living(organisation)
    now = clock.now()
    organisation.ended_at = now
    organisation.save(update_fields=["ended_at"])
    Invitation.objects.visible_to(actor).filter(organisation=organisation, ended_at=None).update(ended_at=now)
    mandates = queries.live_mandates(organisation)
    Mandate.objects.filter(pk__in=[mandate.pk for mandate in mandates]).update(revoked_at=now)
    lines = [(mandate.client_id, "identity.mandate_revoked", mandate.contractor) for mandate in mandates]
    for concerned, action, of in sorted([*lines, (organisation.pk, "identity.organisation_ended", organisation)],
                                        key=lambda line: line[0]):  # fmt: skip
        write_journal(actor, concerned, action, "organisation", of.pk, of.name, {})
    return organisation


@transaction.atomic
def make_password_link(actor: Actor, user: User) -> str:
    """The secret of a link by which the person chooses a password; it replaces an earlier one.

    Raises ``Refused`` beyond ``PASSWORD_LINKS_AN_HOUR``, ``NotFound`` when the person acts for nobody.
    """
    person = identity_queries.first_actor_of(user.pk)
    if person is None or person.organisation_id is None:
        raise NotFound("member_unknown")
    require_operate(actor, person.organisation_id)
    now = clock.now()
    User.objects.select_for_update().get(pk=user.pk)
    links = PasswordLink.objects.filter(user=user)
    if links.filter(created_at__gt=now - timedelta(hours=1)).count() >= PASSWORD_LINKS_AN_HOUR:
        raise Refused("too_many_links")
    links.filter(ended_at=None).update(ended_at=now)
    secret = secrets.token_urlsafe(32)
    PasswordLink.objects.create(
        user=user, digest=token_digest(secret), created_at=now, expires_at=now + PASSWORD_LINK_LIVES
    )
    action = "identity.password_link_made"
    write_journal(actor, person.organisation_id, action, "user", user.pk, user.full_name, {})
    return secret


@transaction.atomic
def reset_password(actor: Actor, secret: str, password: str) -> User:  # noqa: ARG001 - nobody is logged in
    """Set a password already checked against the rules. Every session of the person ends, and so does the link."""
    user = queries.password_link_of(secret, clock.now()).user
    used = PasswordLink.objects.filter(digest=token_digest(secret), ended_at=None).update(ended_at=clock.now())
    person = identity_queries.first_actor_of(user.pk)
    if not used or person is None or person.organisation_id is None:
        raise NotFound("link_unusable")
    user.set_password(password)
    user.save(update_fields=["password"])
    action = "identity.password_reset"
    write_journal(_BY_LINK, person.organisation_id, action, "user", user.pk, user.full_name, {})
    return user


def _claimed(secret: str) -> Invitation:
    """The open invitation of this link, locked: of two simultaneous uses one finds it ended."""
    found = queries.invitation_of(secret, clock.now())
    locked = Invitation.objects.unscoped("the link's holder").select_for_update(of=("self",))
    invitation = locked.select_related("organisation").filter(pk=found.pk, ended_at=None).first()
    if invitation is None:
        raise NotFound("link_unusable")
    _require_living(invitation.organisation)
    return invitation


def _locked_member(actor: Actor, membership_id: int) -> Membership:
    membership = queries.member_for(actor, membership_id)
    if membership.user_id == actor.user_id:
        raise Refused("not_oneself")  # so that an operator is always left
    list(Membership.objects.select_for_update().filter(organisation_id=membership.organisation_id).order_by("pk"))
    return queries.member_for(actor, membership_id)


def _require_fit(organisation: Organisation, role: Role) -> None:
    _require_living(organisation)
    if role not in ROLES_OF[organisation.kind]:
        raise Invalid("role_unfit", role=role.value, organisation=organisation.name)


def _require_living(organisation: Organisation) -> None:
    if organisation.ended_at is not None:
        raise Conflict("organisation_ended", organisation=organisation.name)


def _end(invitation: Invitation) -> None:
    invitation.ended_at = clock.now()
    invitation.save(update_fields=["ended_at"])


def _journal_invitation(actor: Actor, invitation: Invitation, action: str) -> None:
    facts: dict[str, object] = {"role": invitation.role}
    organisation_id, name = invitation.organisation_id, invitation.full_name
    write_journal(actor, organisation_id, action, "invitation", invitation.pk, name, facts)


def _journal_member(actor: Actor, membership: Membership, action: str, facts: dict[str, object]) -> None:
    user = membership.user
    write_journal(actor, membership.organisation_id, action, "user", user.pk, user.full_name, facts)

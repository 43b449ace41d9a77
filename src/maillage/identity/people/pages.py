"""Organisations and their people: the operator keeps them all, a mayor the agents of the commune."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from maillage.identity import actions as identity_actions
from maillage.identity.actor import Role
from maillage.identity.labels import KINDS, ROLES
from maillage.identity.middleware import actor_of, actor_or_none
from maillage.identity.models import Organisation
from maillage.identity.people import actions, mail, queries
from maillage.identity.people.forms import InvitationForm, MandateForm, OrganisationForm, RoleForm
from maillage.identity.policies import may_operate, may_staff, require_operate
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Refused
from maillage.web.problems import sentence


def keeps_people(request: HttpRequest) -> bool:
    """Visible to the operator and to mayors."""
    actor = actor_or_none(request)
    return actor is not None and actor.role in {Role.OPERATOR, Role.MAYOR}


@require_GET
def organisations(request: HttpRequest) -> HttpResponse:
    """Every organisation, for the operator; a mayor's own page else."""
    actor = actor_of(request)
    if actor.role is not Role.OPERATOR and actor.organisation_id is not None:
        return redirect("identity:organisation", actor.organisation_id)
    return _organisations(request, OrganisationForm())


@require_POST
def create_organisation(request: HttpRequest) -> HttpResponse:
    """A new tenant."""
    form = OrganisationForm(request.POST)
    if not form.is_valid():
        return _organisations(request, form, status=422)
    values = form.cleaned_data
    kind = Organisation.Kind(values["kind"])
    try:
        made = identity_actions.create_organisation(
            actor_of(request), kind, values["name"], values["slug"], values["siren"]
        )
    except Conflict as problem:
        form.add_error("slug", sentence(problem))
        return _organisations(request, form, status=409)
    messages.success(request, _("Organisation créée. Invitez maintenant les personnes qui agissent pour elle."))
    return redirect("identity:organisation", made.pk)


@require_GET
@never_cache
def organisation(request: HttpRequest, organisation_id: int) -> HttpResponse:
    """Who acts for an organisation, who is invited, which mandates it gives or holds."""
    return _organisation(request, queries.organisation_for(actor_of(request), organisation_id))


@require_POST
def end_organisation(request: HttpRequest, organisation_id: int) -> HttpResponse:
    """Close it, once its name was typed: without JavaScript, too, nobody does it by a slip."""
    of = queries.organisation_for(actor_of(request), organisation_id)
    if request.POST.get("name", "").strip() != of.name:
        messages.error(request, _("Pour fermer l’organisation, recopiez exactement son nom."))
        return redirect("identity:organisation", organisation_id)
    actions.end_organisation(actor_of(request), organisation_id)
    messages.success(request, _("Organisation fermée."))
    return redirect("identity:people")


@require_POST
@never_cache
def invite(request: HttpRequest, organisation_id: int) -> HttpResponse:
    """Invite, send the link when there is a mail server, and show it, this once."""
    actor = actor_of(request)
    of = queries.organisation_for(actor, organisation_id)
    form = InvitationForm(actor, of, request.POST)
    if not form.is_valid():
        return _organisation(request, of, form=form, status=422)
    values = form.cleaned_data
    invitation, secret = actions.invite(actor, of, values["email"], values["full_name"], Role(values["role"]))
    link = _link("identity:invitation", secret)
    subject = _("Votre accès à Maillage pour %(name)s") % {"name": of.name}
    text = _("%(person)s vous invite à agir pour %(name)s. Ouvrez ce lien, valable sept jours et une seule fois :")
    mail.send_soon(invitation.email, subject, f"{text % {'person': actor.label, 'name': of.name}}\n\n{link}\n")
    return _organisation(request, of, link=link, link_for=invitation.full_name, status=201)


@require_POST
def withdraw(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Take an invitation back."""
    invitation = actions.withdraw_invitation(actor_of(request), invitation_id)
    messages.success(request, _("Invitation retirée."))
    return redirect("identity:organisation", invitation.organisation_id)


@require_POST
def change_role(request: HttpRequest, membership_id: int) -> HttpResponse:
    """Another role."""
    member = queries.member_for(actor_of(request), membership_id)
    form = RoleForm(member.organisation, request.POST)
    if not form.is_valid():
        messages.error(request, _("Choisissez un rôle de la liste."))
        return redirect("identity:organisation", member.organisation_id)
    actions.change_role(actor_of(request), membership_id, form.cleaned_data["role"])
    messages.success(request, _("Rôle changé."))
    return redirect("identity:organisation", member.organisation_id)


@require_POST
def end_membership(request: HttpRequest, membership_id: int) -> HttpResponse:
    """The person no longer acts for the organisation."""
    member = actions.end_membership(actor_of(request), membership_id)
    messages.success(request, _("%(name)s n’agit plus pour cette organisation.") % {"name": member.user.full_name})
    return redirect("identity:organisation", member.organisation_id)


@require_POST
@never_cache
def password_link(request: HttpRequest, membership_id: int) -> HttpResponse:
    """A link by which the person chooses a password; sent, and shown to the operator, this once."""
    actor = actor_of(request)
    member = queries.member_for(actor, membership_id)
    require_operate(actor, member.organisation_id)
    link = _link("identity:new_password", actions.make_password_link(actor, member.user))
    send_password_link(member.user.email, link)
    return _organisation(request, member.organisation, link=link, link_for=member.user.full_name, status=201)


@require_POST
def grant_mandate(request: HttpRequest, organisation_id: int) -> HttpResponse:
    """The operator lets a contractor work for the organisation."""
    actor = actor_of(request)
    require_operate(actor, organisation_id)
    client = queries.organisation_for(actor, organisation_id)
    form = MandateForm(request.POST)
    if client.ended_at is not None or not form.is_valid():
        raise Refused("not_permitted", what="mandate")
    contractor = queries.organisation_for(actor, form.cleaned_data["contractor"])
    identity_actions.grant_mandate(actor, client, contractor)
    messages.success(request, _("Mandat donné."))
    return redirect("identity:organisation", organisation_id)


@require_POST
def revoke_mandate(request: HttpRequest, mandate_id: int) -> HttpResponse:
    """From now on the contractor sees nothing of the client."""
    actor = actor_of(request)
    mandate = queries.live_mandate(mandate_id)
    client = queries.organisation_for(actor, mandate.client_id)
    identity_actions.revoke_mandate(actor, client, mandate.contractor)
    messages.success(request, _("Mandat retiré."))
    return redirect("identity:organisation", client.pk)


def send_password_link(address: str, link: str) -> None:
    """The e-mail of a link to choose a password."""
    text = _("Ouvrez ce lien, valable deux heures et une seule fois, pour choisir votre mot de passe :")
    unasked = _("Si vous n’avez rien demandé, ignorez ce message : rien ne change.")
    mail.send_soon(address, _("Choisir votre mot de passe Maillage"), f"{text}\n\n{link}\n\n{unasked}\n")


def password_address(secret: str) -> str:
    """Where this secret lets a person choose a password."""
    return _link("identity:new_password", secret)


def _link(name: str, secret: str) -> str:
    return f"{settings.MESSAGING.site_url}{reverse(name, args=[secret])}"


def _organisations(request: HttpRequest, form: OrganisationForm, status: int = 200) -> HttpResponse:
    actor = actor_of(request)
    if actor.role is not Role.OPERATOR:
        raise Refused("not_permitted", what="operate")
    rows = [(each, KINDS[each.kind], people) for each, people in queries.organisations_with_people(actor)]
    return render(request, "identity/organisations.html", {"rows": rows, "form": form}, status=status)


def _organisation(
    request: HttpRequest,
    of: Organisation,
    form: InvitationForm | None = None,
    link: str = "",
    link_for: str = "",
    status: int = 200,
) -> HttpResponse:
    actor = actor_of(request)
    operates = may_operate(actor, of.pk)
    members = [
        (
            member,
            ROLES[member.role],
            RoleForm(of, initial=member.role) if operates and member.user_id != actor.user_id else None,
            member.user_id != actor.user_id and may_staff(actor, of.pk, Role(member.role)),
        )
        for member in queries.members_of(of)
    ]
    invitations = [
        (each, ROLES[each.role], may_staff(actor, of.pk, Role(each.role)))
        for each in queries.open_invitations(actor, of, clock.now())
    ]
    context = {
        "organisation": of,
        "kind": KINDS[of.kind],
        "operates": operates,
        "members": members,
        "invitations": invitations,
        "mandates": queries.live_mandates(of),
        "mandate_form": MandateForm() if operates and of.kind != Organisation.Kind.CONTRACTOR else None,
        "may_end": operates and of.kind != Organisation.Kind.OPERATOR,
        "form": form or InvitationForm(actor, of),
        "link": link,
        "link_for": link_for,
        "mailed": mail.is_set_up(),
    }
    return render(request, "identity/organisation.html", context, status=status)

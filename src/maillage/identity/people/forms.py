"""The forms of organisations and their people."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from maillage.identity.actor import Actor, Role
from maillage.identity.labels import KINDS, ROLES
from maillage.identity.models import Organisation
from maillage.identity.people import queries
from maillage.identity.people.actions import ROLES_OF
from maillage.identity.policies import may_staff

_NEW_KINDS = (Organisation.Kind.COMMUNE, Organisation.Kind.CONTRACTOR, Organisation.Kind.BUSINESS)


class OrganisationForm(forms.Form):
    """A new organisation. There is one operator, made when the platform is set up."""

    kind = forms.ChoiceField(label=_("Nature"), choices=[(kind.value, KINDS[kind.value]) for kind in _NEW_KINDS])
    name = forms.CharField(label=_("Nom"), max_length=200)
    slug = forms.SlugField(
        label=_("Identifiant"),
        max_length=80,
        help_text=_("En minuscules, sans espace ni accent, par exemple « saint-aubin ». Il ne change plus."),
    )
    siren = forms.CharField(
        label=_("SIREN"),
        required=False,
        validators=[RegexValidator(r"^\d{9}$", _("Un numéro SIREN compte neuf chiffres."))],
    )


class InvitationForm(forms.Form):
    """Who is to act for the organisation, and as what."""

    full_name = forms.CharField(label=_("Nom et prénom"), max_length=150)
    email = forms.EmailField(label=_("Adresse électronique"), max_length=254)
    role = forms.ChoiceField(label=_("Rôle"))

    def __init__(self, actor: Actor, organisation: Organisation, data: Any = None) -> None:  # noqa: ANN401 - Django's own form data
        super().__init__(data)
        fit = [role for role in ROLES_OF[organisation.kind] if may_staff(actor, organisation.pk, role)]
        self.fields["role"].choices = [(role.value, ROLES[role.value]) for role in fit]  # type: ignore[attr-defined]


class RoleForm(forms.Form):
    """Another role for a member."""

    role = forms.TypedChoiceField(label=_("Rôle"), coerce=Role)

    def __init__(self, organisation: Organisation, data: Any = None, initial: Any = None) -> None:  # noqa: ANN401 - Django's own form data
        super().__init__(data, initial={"role": initial}, auto_id=False)
        fit = ROLES_OF[organisation.kind]
        self.fields["role"].choices = [(role.value, ROLES[role.value]) for role in fit]  # type: ignore[attr-defined]


class MandateForm(forms.Form):
    """The contractor that is to see and maintain the organisation's equipment."""

    contractor = forms.TypedChoiceField(label=_("Prestataire"), coerce=int)

    def __init__(self, data: Any = None) -> None:  # noqa: ANN401 - Django's own form data
        super().__init__(data)
        known = [(each.pk, each.name) for each in queries.contractors()]
        self.fields["contractor"].choices = known  # type: ignore[attr-defined]


class ForgottenForm(forms.Form):
    """Whose password is forgotten."""

    email = forms.EmailField(
        label=_("Adresse électronique"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )

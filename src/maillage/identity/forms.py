"""The forms of the account and journal pages."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from maillage.identity import queries
from maillage.identity.actor import Actor
from maillage.identity.labels import action_label
from maillage.identity.models import ApiToken, User
from maillage.identity.queries import JournalFilter


class LoginForm(AuthenticationForm):
    """An e-mail address and a password. One sentence for every failure: whether the account exists is not told."""

    username = forms.EmailField(
        label=_("Adresse électronique"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"}),
    )
    error_messages = {
        "invalid_login": _("Adresse ou mot de passe incorrect. Vérifiez-les puis recommencez."),
        "inactive": _("Adresse ou mot de passe incorrect. Vérifiez-les puis recommencez."),
    }

    def confirm_login_allowed(self, user: User) -> None:
        """Only somebody who acts for an organisation may come in."""
        super().confirm_login_allowed(user)
        if queries.first_actor_of(user.pk) is None:
            raise ValidationError(
                _("Votre compte n’est rattaché à aucune organisation. Demandez-le à l’opérateur du territoire."),
                code="no_membership",
            )


class PasswordForm(PasswordChangeForm):
    """Django's form, one among several of its page: it does not take the focus."""

    def __init__(self, user: User, data: Any = None) -> None:  # noqa: ANN401 - Django's own form data
        super().__init__(user, data)
        self.fields["old_password"].widget.attrs.pop("autofocus", None)


class TokenForm(forms.Form):
    """A name to recognise the token by, and how long it lives."""

    name = forms.CharField(
        label=_("Nom du jeton"),
        max_length=ApiToken.NAME_LENGTH,
        help_text=_("Ce à quoi il sert, par exemple « tableau de bord de la mairie »."),
    )
    lifetime_days = forms.TypedChoiceField(
        label=_("Durée de validité"),
        choices=[("30", _("30 jours")), ("365", _("un an")), ("0", _("sans limite"))],
        coerce=int,
        initial="365",
    )

    def expires_at(self, now: datetime) -> datetime | None:
        """The instant that the chosen lifetime means, from ``now``."""
        days: int = self.cleaned_data["lifetime_days"]
        return now + timedelta(days=days) if days else None


class JournalForm(forms.Form):
    """The journal's filter, read from the address."""

    organisation = forms.TypedChoiceField(label=_("Organisation"), required=False, coerce=int, empty_value=None)
    person = forms.CharField(label=_("Personne"), required=False, max_length=150)
    action = forms.ChoiceField(label=_("Action"), required=False)
    thing = forms.CharField(label=_("Objet"), required=False, max_length=200)
    since = forms.DateField(label=_("Du"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("Au"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, actor: Actor, data: Any) -> None:  # noqa: ANN401 - Django's own form data
        super().__init__(data)
        organisations = [(o.pk, o.name) for o in queries.organisations_visible_to(actor)]
        codes = [(code, action_label(code)) for code in queries.journal_actions(actor)]
        self._fill("organisation", [("", _("Toutes")), *organisations])
        self._fill("action", [("", _("Toutes")), *codes])

    def wanted(self) -> JournalFilter:
        """The filter; days are whole local days, both included."""
        values = self.cleaned_data
        until = values["until"]
        return JournalFilter(
            organisation_id=values["organisation"],
            person=values["person"],
            action=values["action"],
            thing=values["thing"],
            since=_midnight(values["since"]) if values["since"] else None,
            until=_midnight(until + timedelta(days=1)) if until else None,
        )

    def _fill(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices


def _midnight(day: Any) -> datetime:  # noqa: ANN401 - a date from cleaned_data
    """The local midnight that begins the day, in UTC."""
    return timezone.make_aware(datetime.combine(day, time.min)).astimezone(UTC)

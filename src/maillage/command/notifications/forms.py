"""How a person says how they want to be told. What may be is the actions' affair."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from maillage.command.notifications.actions import Wishes
from maillage.command.notifications.models import Preference

_TIME = {"type": "time"}
SEVERITIES = [
    ("critical", _("les urgences seulement")),
    ("warning", _("les avertissements et les urgences")),
    ("info", _("tout")),
]


class PreferenceForm(forms.Form):
    """One person, one organisation."""

    by_email = forms.BooleanField(label=_("Par e-mail"), required=False)
    by_push = forms.BooleanField(label=_("Dans les navigateurs abonnés ci-dessous"), required=False)
    sms_number = forms.CharField(
        label=_("Par SMS, à ce numéro"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        help_text=_("À l’international : +33612345678. Vide : pas de SMS."),
    )
    severity = forms.ChoiceField(label=_("Aussitôt, me prévenir pour"), choices=SEVERITIES)
    digest_at = forms.TimeField(
        label=_("Le reste, en un résumé chaque jour à"),
        required=False,
        widget=forms.TimeInput(attrs=_TIME, format="%H:%M"),
        help_text=_("Vide : le reste n’est pas envoyé."),
    )
    quiet_from = forms.TimeField(
        label=_("Heures calmes, de"), required=False, widget=forms.TimeInput(attrs=_TIME, format="%H:%M")
    )
    quiet_until = forms.TimeField(label=_("à"), required=False, widget=forms.TimeInput(attrs=_TIME, format="%H:%M"))
    critical_wakes = forms.BooleanField(label=_("Les urgences passent outre les heures calmes"), required=False)

    @property
    def wishes(self) -> Wishes:
        return Wishes(**self.cleaned_data)


def initial_of(found: Preference) -> dict[str, Any]:
    """What the form shows."""
    return {name: getattr(found, name) for name in PreferenceForm.base_fields}

"""The forms of the applications' pages."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from maillage.identity.models import Organisation
from maillage.lorawan.forms import DeviceForm
from maillage.lorawan.integrations.actions import Quotas, Target
from maillage.lorawan.integrations.labels import EVENT_TYPES
from maillage.lorawan.integrations.models import NAME_CHARACTERS, URL_CHARACTERS
from maillage.lorawan.integrations.store import RETENTION
from maillage.lorawan.models import Device

_MOST = 2**31 - 1


class QuotaForm(forms.Form):
    """What is sold; an empty field is without limit."""

    max_devices = forms.IntegerField(label=_("Appareils au plus"), required=False, min_value=0, max_value=_MOST)
    max_uplinks_a_day = forms.IntegerField(label=_("Montées par jour"), required=False, min_value=0, max_value=_MOST)
    max_downlinks_a_day = forms.IntegerField(
        label=_("Descentes par jour"), required=False, min_value=0, max_value=_MOST
    )

    def quotas(self) -> Quotas:
        """What a valid form sells."""
        values = self.cleaned_data
        return Quotas(values["max_devices"], values["max_uplinks_a_day"], values["max_downlinks_a_day"])


class ApplicationForm(QuotaForm):
    """An application to create."""

    field_order = ["organisation", "name"]

    organisation = forms.TypedChoiceField(label=_("Client"), coerce=int)
    name = forms.CharField(label=_("Nom de l’application"), max_length=NAME_CHARACTERS)

    def __init__(self, organisations: Sequence[Organisation], data: Any = None) -> None:  # noqa: ANN401 - form data
        super().__init__(data)
        _fill(self, "organisation", [("", _("Choisir…")), *((o.pk, o.name) for o in organisations)])


class OwnDeviceForm(DeviceForm):
    """A device of the customer's to register: for the application's organisation, which is not asked."""

    def __init__(self, data: Any = None) -> None:  # noqa: ANN401 - form data
        super().__init__([], data)
        del self.fields["organisation"]

    def clean(self) -> dict[str, Any]:
        """No organisation: the action takes the application's."""
        values: dict[str, Any] = super().clean() or {}
        return values | {"organisation": 0}


class AttachForm(forms.Form):
    """One of the organisation's devices that no application has."""

    dev_eui = forms.ChoiceField(label=_("Appareil de votre organisme"))

    def __init__(self, devices: Sequence[Device], data: Any = None) -> None:  # noqa: ANN401 - form data
        super().__init__(data)
        _fill(self, "dev_eui", [("", _("Choisir…")), *((d.pk, f"{d.name} ({d.pk.upper()})") for d in devices)])


class WebhookForm(forms.Form):
    """An address to send events to."""

    url = forms.CharField(
        label=_("Adresse"), max_length=URL_CHARACTERS, help_text=_("Par exemple https://exemple.fr/lorawan.")
    )
    types = forms.MultipleChoiceField(
        label=_("Types d’événements"),
        required=False,
        choices=list(EVENT_TYPES.items()),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        help_text=_("Aucun coché : tous."),
    )

    def target(self) -> Target:
        """What a valid form asks for."""
        return Target(self.cleaned_data["url"], self.cleaned_data["types"])


class ReplayForm(forms.Form):
    """From when events are sent again, in the territory's time."""

    since = forms.DateTimeField(
        label=_("Rejouer depuis"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %H:%M"],
        help_text=_("Les 7 derniers jours sont gardés."),
    )

    def __init__(self, now: datetime, data: Any = None) -> None:  # noqa: ANN401 - form data
        local = timezone.localtime(now)
        super().__init__(data, initial={"since": (local - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")})
        oldest = (local - RETENTION).strftime("%Y-%m-%dT%H:%M")
        self.fields["since"].widget.attrs |= {"min": oldest, "max": local.strftime("%Y-%m-%dT%H:%M")}

    def instant(self) -> datetime:
        """In UTC."""
        given: datetime = self.cleaned_data["since"]
        return given.astimezone(UTC)


def _fill(form: forms.Form, name: str, choices: list[tuple[Any, Any]]) -> None:
    field = form.fields[name]
    if isinstance(field, forms.ChoiceField):
        field.choices = choices

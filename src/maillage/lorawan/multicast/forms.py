"""The forms of groups."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from maillage.identity.models import Organisation
from maillage.kernel.errors import Invalid
from maillage.lorawan import new_device
from maillage.lorawan.multicast.actions import GroupMessage, NewGroup
from maillage.lorawan.regions.region import Region
from maillage.web.problems import sentence

_CLASS_B, _CLASS_C = "B", "C"
_CLASSES = [(_CLASS_C, _("Classe C : écoute continue")), (_CLASS_B, _("Classe B : une écoute par créneau"))]
_PERIODICITIES = [(n, f"{1 << n} s") for n in range(8)]


def _filled(form: forms.Form, name: str, choices: Sequence[tuple[object, object]]) -> None:
    field = form.fields[name]
    if isinstance(field, forms.ChoiceField):
        field.choices = choices


class GroupForm(forms.Form):
    """A group to create."""

    name = forms.CharField(label=_("Nom"), max_length=100)
    organisation = forms.TypedChoiceField(label=_("Propriétaire"), coerce=int)
    device_class = forms.ChoiceField(label=_("Classe"), choices=_CLASSES, initial=_CLASS_C)
    data_rate = forms.TypedChoiceField(
        label=_("Débit en classe C"), coerce=int, help_text=_("Le plus rapide que tous les appareils entendent.")
    )
    periodicity = forms.TypedChoiceField(
        label=_("Un créneau de classe B tous les"),
        coerce=int,
        choices=_PERIODICITIES,
        initial=4,
    )

    def __init__(self, organisations: Sequence[Organisation], region: Region, data: Any = None) -> None:  # noqa: ANN401 - form data
        super().__init__(data)
        _filled(self, "organisation", [(one.pk, one.name) for one in organisations])
        rates = [(n, f"DR{n} · {rate.datr}") for n in region.downlink_data_rates if (rate := region.data_rates[n])]
        _filled(self, "data_rate", rates)
        self.fields["data_rate"].initial = region.beacon.data_rate

    def new_group(self) -> NewGroup:
        """What a valid form describes."""
        given = self.cleaned_data
        periodicity = given["periodicity"] if given["device_class"] == _CLASS_B else None
        return NewGroup(given["name"], given["organisation"], given["data_rate"], periodicity)


class MembersForm(forms.Form):
    """Devices to put in."""

    dev_euis = forms.CharField(
        label=_("DevEUI, un par ligne"),
        max_length=60_000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"}),
    )

    def clean_dev_euis(self) -> list[str]:
        """Each as ``new_device`` reads it."""
        try:
            return [new_device.read_dev_eui(line) for line in self.cleaned_data["dev_euis"].split()]
        except Invalid as error:
            raise forms.ValidationError(sentence(error)) from error


class SessionForm(forms.Form):
    """When the group listens."""

    in_minutes = forms.IntegerField(
        label=_("Commence dans"),
        min_value=1,
        max_value=7 * 24 * 60,
        initial=60,
        help_text=_("Le temps que chaque appareil se manifeste et accepte."),
    )
    minutes = forms.IntegerField(label=_("Dure"), min_value=1, max_value=540, initial=30)

    def times(self, now: datetime) -> tuple[datetime, timedelta]:
        """Its start and its length."""
        given = self.cleaned_data
        return now + timedelta(minutes=given["in_minutes"]), timedelta(minutes=given["minutes"])


class MessageForm(forms.Form):
    """A message to a group."""

    f_port = forms.IntegerField(label=_("Port LoRaWAN"), min_value=1, max_value=199, initial=1)
    payload = forms.CharField(
        label=_("Octets, en hexadécimal"),
        max_length=1000,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )
    hours = forms.IntegerField(label=_("Valable"), min_value=1, max_value=168, initial=24)

    def clean_payload(self) -> bytes:
        """Spaces are let pass."""
        try:
            return bytes.fromhex(self.cleaned_data["payload"])
        except ValueError as error:
            raise forms.ValidationError(sentence(Invalid("lorawan.message_hex"))) from error

    def message(self, now: datetime) -> GroupMessage:
        """What a valid form describes."""
        given = self.cleaned_data
        return GroupMessage(given["f_port"], given["payload"], now + timedelta(hours=given["hours"]))

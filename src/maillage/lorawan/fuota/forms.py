"""The forms of images and campaigns."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from maillage.identity.models import Organisation
from maillage.kernel.errors import Invalid
from maillage.lorawan.fuota.actions import IMAGE_BYTES_MAX, LEAD_MINUTES, Plan
from maillage.lorawan.models import FirmwareImage
from maillage.web.problems import sentence


class ImageForm(forms.Form):
    """A file as the devices shall receive it."""

    name = forms.CharField(label=_("Nom et version"), max_length=100)
    organisation = forms.TypedChoiceField(label=_("Propriétaire"), coerce=int)
    file = forms.FileField(label=_("Fichier"), help_text=_("L’image telle que le fabricant la fournit, 1 Mo au plus."))

    def __init__(self, organisations: Sequence[Organisation], *data: Any) -> None:  # noqa: ANN401 - form data
        super().__init__(*data)
        field = self.fields["organisation"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(one.pk, one.name) for one in organisations]

    def clean_file(self) -> bytes:
        """Its octets; never more than may be kept is read."""
        given = self.cleaned_data["file"]
        if given.size > IMAGE_BYTES_MAX:
            too_big = Invalid("lorawan.image_size", bytes=given.size, most=IMAGE_BYTES_MAX)
            raise forms.ValidationError(sentence(too_big))
        return bytes(given.read())


class CampaignForm(forms.Form):
    """An image for a group."""

    group = forms.IntegerField(widget=forms.HiddenInput)
    image = forms.TypedChoiceField(label=_("Micrologiciel"), coerce=UUID)
    redundancy_percent = forms.IntegerField(
        label=_("Redondance"),
        min_value=0,
        max_value=100,
        initial=20,
        help_text=_("Fragments de secours émis d’emblée ; ce qui manque encore est réparé ensuite."),
    )
    lead_minutes = forms.IntegerField(
        label=_("Délai de réponse"),
        min_value=LEAD_MINUTES[0],
        max_value=LEAD_MINUTES[-1],
        initial=60,
        help_text=_("Au moins la période d’émission la plus longue des appareils du groupe."),
    )

    def __init__(self, images: Iterable[FirmwareImage], group_id: int | None, data: Any = None) -> None:  # noqa: ANN401 - form data
        super().__init__(data, initial={"group": group_id})
        field = self.fields["image"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(str(one.pk), one.name) for one in images]

    def plan(self) -> Plan:
        """What a valid form describes."""
        return Plan(self.cleaned_data["redundancy_percent"], self.cleaned_data["lead_minutes"])

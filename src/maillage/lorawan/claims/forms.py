"""The form of a claim."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from maillage.identity.models import Organisation
from maillage.kernel.errors import Invalid
from maillage.lorawan.qr import LONGEST
from maillage.lorawan.qr_photo import codes_on
from maillage.web.problems import sentence


class ClaimForm(forms.Form):
    """A label, scanned, typed or photographed, and for whom."""

    organisation = forms.TypedChoiceField(label=_("Commune"), coerce=int)
    code = forms.CharField(
        label=_("Code de l’étiquette"),
        required=False,
        max_length=LONGEST,
        help_text=_("Le texte du QR code, qui commence par LW:D0."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    photo = forms.FileField(
        label=_("Ou sa photographie"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp", "capture": "environment"}),
    )

    def __init__(self, organisations: Sequence[Organisation], *data: Any) -> None:  # noqa: ANN401 - form data
        super().__init__(*data)
        field = self.fields["organisation"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(organisation.pk, organisation.name) for organisation in organisations]

    def clean(self) -> dict[str, Any]:
        """The code is that of the photograph when none is written."""
        values: dict[str, Any] = super().clean() or {}
        if not values.get("code") and values.get("photo"):
            try:
                values["code"] = codes_on(values["photo"].read())[0]
            except Invalid as error:
                self.add_error("photo", sentence(error))
        elif not values.get("code") and not self.errors:
            self.add_error("code", _("Donnez le code de l’étiquette, ou sa photographie."))
        return values

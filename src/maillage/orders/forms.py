"""What people fill in: for whom a quote is, where each line goes, which device stands where."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from maillage.catalogue.basket import BasketLine
from maillage.kernel.errors import Invalid
from maillage.lorawan.qr import LONGEST
from maillage.lorawan.qr_photo import codes_on
from maillage.orders.quoting.actions import NewQuote, WantedLine
from maillage.territory.models import Site, Space
from maillage.web.problems import sentence

_PICTURES = {"accept": "image/jpeg,image/png,image/webp", "capture": "environment"}


class QuoteForm(forms.Form):
    """The payer's identity, and a site for each line of the basket (``site_0``, ``site_1``…)."""

    siret = forms.CharField(
        label=_("SIRET de l’acheteur"),
        max_length=40,
        help_text=_("14 chiffres : l’établissement qui paiera."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    service_code = forms.CharField(
        label=_("Code service (Chorus Pro)"),
        max_length=100,
        required=False,
        help_text=_("S’il est exigé par votre comptabilité."),
    )

    def __init__(self, lines: Sequence[tuple[BasketLine, str]], sites: Sequence[Site], *data: Any) -> None:  # noqa: ANN401 - form data
        super().__init__(*data)
        self.lines = lines
        several = len({site.organisation_id for site in sites}) > 1
        choices = [(site.pk, f"{site.organisation.name} – {site.name}" if several else site.name) for site in sites]
        for position, (_kept, name) in enumerate(lines):
            label = _("Site pour « %(name)s »") % {"name": name}
            self.fields[f"site_{position}"] = forms.TypedChoiceField(label=label, coerce=int, choices=choices)

    def asked(self) -> NewQuote:
        """What the valid form asks for."""
        values = self.cleaned_data
        lines = [WantedLine(kept, values[f"site_{position}"]) for position, (kept, _name) in enumerate(self.lines)]
        return NewQuote(values["siret"], lines, values["service_code"])


class OrderForm(forms.Form):
    """What the payer's accounts ask for on the invoices."""

    engagement = forms.CharField(
        label=_("Numéro d’engagement"),
        max_length=50,
        required=False,
        help_text=_("S’il est exigé par votre comptabilité : il figurera sur la commande."),
    )


class ScanForm(forms.Form):
    """A label, scanned, typed or photographed; the room; a photo of the place."""

    code = forms.CharField(
        label=_("Code de l’étiquette ou DevEUI"),
        required=False,
        max_length=LONGEST,
        help_text=_("Le texte du QR code (LW:D0…) ou les 16 caractères du DevEUI."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    label_photo = forms.FileField(
        label=_("Ou la photographie de l’étiquette"), required=False, widget=forms.FileInput(attrs=_PICTURES)
    )
    space = forms.TypedChoiceField(label=_("Pièce"), required=False, coerce=int, empty_value=None)
    photo = forms.FileField(label=_("Photographie de la pose"), required=False, widget=forms.FileInput(attrs=_PICTURES))

    def __init__(self, rooms: Sequence[Space], *data: Any, **more: Any) -> None:  # noqa: ANN401 - form data
        super().__init__(*data, **more)
        field = self.fields["space"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", _("Aucune")), *((room.pk, room.name) for room in rooms)]

    def clean(self) -> dict[str, Any]:
        """The code is that of the photograph when none is written."""
        values: dict[str, Any] = super().clean() or {}
        if not values.get("code") and values.get("label_photo"):
            try:
                values["code"] = codes_on(values["label_photo"].read())[0]
            except Invalid as error:
                self.add_error("label_photo", sentence(error))
        elif not values.get("code") and not self.errors:
            self.add_error("code", _("Scannez l’étiquette de l’appareil, ou écrivez son DevEUI."))
        return values

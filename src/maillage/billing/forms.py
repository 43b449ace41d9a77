"""What people type in the billing desk."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

_LARGEST_FILE = 1_000_000


class MonthField(forms.CharField):
    """A month, as ``<input type="month">`` sends it."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - Django's options
        super().__init__(widget=forms.TextInput(attrs={"type": "month", "placeholder": "2026-09"}), **options)

    def to_python(self, value: Any) -> date | None:  # type: ignore[override]  # noqa: ANN401 - Django's own
        text = super().to_python(value)
        if not text:
            return None
        try:
            return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 - a civil month
        except ValueError as error:
            raise forms.ValidationError(_("Écrivez un mois, par exemple 2026-09.")) from error


class RunForm(forms.Form):
    """Which month, and the date on its documents."""

    month = MonthField(label=_("Mois à facturer"))
    issued_on = forms.DateField(
        label=_("Date des factures"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class PreviewForm(forms.Form):
    """Whose bill of which month."""

    organisation = forms.TypedChoiceField(label=_("Organisation"), coerce=int)
    month = MonthField(label=_("Mois"))


class PaymentsForm(forms.Form):
    """A bank's file."""

    file = forms.FileField(
        label=_("Fichier CSV des paiements"), help_text=_("Colonnes : date;reference;invoice;amount, en UTF-8.")
    )

    def clean_file(self) -> str:
        """Its text."""
        sent = self.cleaned_data["file"]
        if sent.size > _LARGEST_FILE:
            raise forms.ValidationError(_("Le fichier dépasse 1 Mo : coupez-le en plusieurs."))
        try:
            text: str = sent.read().decode("utf-8")
        except UnicodeDecodeError as error:
            raise forms.ValidationError(_("Le fichier n’est pas en UTF-8 : enregistrez-le ainsi.")) from error
        return text


class ExportForm(forms.Form):
    """A year of the ledger."""

    year = forms.IntegerField(label=_("Exercice"), min_value=2000, max_value=2100)
    form = forms.ChoiceField(label=_("Format"), choices=[("fec", "FEC"), ("csv", "CSV")])

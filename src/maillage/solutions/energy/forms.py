"""What a reader may choose: when works ended, and what a kilowatt-hour costs."""

from django import forms
from django.utils.translation import gettext_lazy as _

CENTS_MOST = 1000


class ChoiceForm(forms.Form):
    """Both may be left out: then the first year is the reference, and savings are told in kilowatt-hours alone."""

    works = forms.DateField(
        label=_("Travaux terminés le"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Les 365 jours d’avant servent de référence ; sans date, la première année connue."),
    )
    price = forms.DecimalField(
        label=_("Prix du kWh (centimes)"),
        required=False,
        min_value=0,
        max_value=CENTS_MOST,
        max_digits=8,
        decimal_places=4,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        help_text=_("Celui de votre facture, toutes taxes comprises."),
    )

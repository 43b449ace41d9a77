"""The forms of the pages of measures: where a device goes, a file, a correction."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from maillage.identity.actor import Actor
from maillage.telemetry import queries
from maillage.telemetry.actions import Installation
from maillage.telemetry.engine.calendar import ZONE
from maillage.telemetry.values.actions import Change

Groups = list[tuple[Any, Any]]


class InstallForm(forms.Form):
    """A registered device, and where it is put."""

    device = forms.ChoiceField(label=_("Appareil"))
    place = forms.ChoiceField(label=_("Lieu"), help_text=_("Un site, ou une pièce de ce site."))
    name = forms.CharField(label=_("Nom"), max_length=150, help_text=_("Ce que l’on lira : « Radiateur nord »."))
    solution = forms.ChoiceField(label=_("Usage"), required=False)

    def __init__(self, actor: Actor, solutions: Groups, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **kwargs)
        devices = [(one.pk, f"{one.name} ({one.pk.upper()})") for one in queries.devices_to_install(actor)]
        _choose(self, "device", [("", _("Choisir…")), *devices])
        _choose(self, "place", [("", _("Choisir…")), *_places(actor)])
        _choose(self, "solution", [("", _("Aucun")), *solutions])

    def installation(self) -> Installation:
        """What the valid form asks for."""
        site, _, space = self.cleaned_data["place"].partition(":")
        return Installation(
            dev_eui=self.cleaned_data["device"],
            site_id=int(site),
            name=self.cleaned_data["name"],
            space_id=int(space) if space else None,
            solution=self.cleaned_data["solution"],
        )


class ImportForm(forms.Form):
    """A file of values."""

    file = forms.FileField(label=_("Fichier CSV ou Parquet"))


class CommaFloatField(forms.FloatField):
    """A number with a comma or a point, whatever the page's language."""

    def to_python(self, value: Any) -> float | None:  # type: ignore[override]  # noqa: ANN401 - Django's own
        return super().to_python(value.replace(",", ".") if isinstance(value, str) else value)


class CorrectionForm(forms.Form):
    """What a datastream shall say of an instant; without a value, nothing."""

    at = forms.DateTimeField(
        label=_("Instant de la mesure"),
        help_text=_("Heure locale, comme dans le tableau ci-dessus."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "any"}),
    )
    value = CommaFloatField(label=_("Bonne valeur"), required=False, help_text=_("Vide : la mesure est retirée."))
    reason = forms.CharField(label=_("Raison"), max_length=300, help_text=_("Elle reste au journal."))

    def change(self) -> Change:
        """What the valid form asks for."""
        return Change(self.cleaned_data["at"].astimezone(ZONE), self.cleaned_data["value"])


def _places(actor: Actor) -> Groups:
    groups: Groups = []
    spaces = queries.spaces_by_site(actor)
    for site in queries.sites_to_equip(actor):
        rooms = [(f"{site.pk}:{space.pk}", f"{site.name} › {space.name}") for space in spaces.get(site.pk, [])]
        groups.append((site.name, [(f"{site.pk}", site.name), *rooms]))
    return groups


def _choose(form: forms.Form, name: str, choices: Groups) -> None:
    field = form.fields[name]
    if isinstance(field, forms.ChoiceField):
        field.choices = choices

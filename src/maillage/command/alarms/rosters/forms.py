"""What people type to say who is on call and when one works. What may be is the actions' affair."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from maillage.command.alarms.engine.oncall import Patience
from maillage.command.alarms.rosters.actions import Turn, Works
from maillage.identity.models import Organisation, User
from maillage.territory.models import Site

_TIME = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
_DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class RosterForm(forms.Form):
    """A roster and how long it waits."""

    organisation = forms.TypedChoiceField(label=_("Organisme"), coerce=int)
    name = forms.CharField(label=_("Nom de l’astreinte"), max_length=100)
    escalate_min = forms.IntegerField(label=_("Prévenir le niveau suivant après"), initial=15)
    remind_min = forms.IntegerField(label=_("Rappeler toutes les"), initial=30)

    def __init__(self, owners: Sequence[Organisation], *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's own
        super().__init__(*args, **kwargs)
        _offer(self, "organisation", [(one.pk, one.name) for one in owners])

    @property
    def patience(self) -> Patience:
        typed = self.cleaned_data
        return Patience(timedelta(minutes=typed["escalate_min"]), timedelta(minutes=typed["remind_min"]))


class ShiftForm(forms.Form):
    """When somebody is on call."""

    person = forms.TypedChoiceField(label=_("Personne"), coerce=int)
    level = forms.IntegerField(label=_("Niveau"), initial=1, min_value=1, max_value=5)
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Jours"),
        coerce=int,
        choices=[(index + 1, name) for index, name in WEEKDAYS.items()],
        initial=[1, 2, 3, 4, 5, 6, 7],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choisissez au moins un jour.")},
    )
    start = forms.TimeField(label=_("De"), widget=_TIME, initial="08:00")
    until = forms.TimeField(
        label=_("À"), widget=_TIME, initial="08:00", help_text=_("La même heure : tout le jour et toute la nuit.")
    )
    first_day = forms.DateField(label=_("À partir du"), required=False, widget=_DATE)
    last_day = forms.DateField(label=_("Jusqu’au"), required=False, widget=_DATE)

    def __init__(self, people: Sequence[User], *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's own
        super().__init__(*args, **kwargs)
        _offer(self, "person", [(one.pk, one.full_name) for one in people])

    @property
    def turn(self) -> Turn:
        typed = self.cleaned_data
        return Turn(
            typed["person"],
            typed["level"],
            frozenset(typed["weekdays"]),
            typed["start"],
            typed["until"],
            typed["first_day"],
            typed["last_day"],
        )


class WorksForm(forms.Form):
    """Where and when one works."""

    where = forms.ChoiceField(label=_("Où"))
    starts_at = forms.DateTimeField(label=_("Début"))
    ends_at = forms.DateTimeField(label=_("Fin"))
    reason = forms.CharField(label=_("Motif"), max_length=200)

    def __init__(
        self,
        owners: Sequence[Organisation],
        sites: Sequence[Site],
        *args: Any,  # noqa: ANN401 - Django's own
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **kwargs)
        wholes = [(f"{one.pk}:", _("%(name)s (partout)") % {"name": one.name}) for one in owners]
        _offer(self, "where", [*wholes, *((f"{site.organisation_id}:{site.pk}", site.name) for site in sites)])
        for name in ("starts_at", "ends_at"):
            self.fields[name].widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    @property
    def works(self) -> Works:
        """Local times made aware."""
        typed = self.cleaned_data
        owner, _separator, site = typed["where"].partition(":")
        starts, ends = (_aware(typed[name]) for name in ("starts_at", "ends_at"))
        return Works(int(owner), starts, ends, typed["reason"], int(site) if site else None)


def _aware(moment: Any) -> Any:  # noqa: ANN401 - a datetime, as Django's field gives it
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def _offer(form: forms.Form, name: str, choices: Sequence[tuple[Any, Any]]) -> None:
    field = form.fields[name]
    if isinstance(field, forms.ChoiceField):
        field.choices = list(choices)

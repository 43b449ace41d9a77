"""What people type: a value to ask of a room, a line of a weekly schedule. Bounds are the actions' affair."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from maillage.command.engine.schedule import AtClock, AtSun, Sun
from maillage.command.models import ScheduleEntry
from maillage.command.places import Equipment
from maillage.command.schedules.actions import Draft

_BEFORE = "before"
_AFTER = "after"
_OFFSET_MAX_MIN = 720


class DecimalField(forms.FloatField):
    """A number with a comma or a point, whatever the page's language: phones type either."""

    def to_python(self, value: Any) -> float | None:  # type: ignore[override]  # noqa: ANN401 - Django's own
        return super().to_python(value.replace(",", ".") if isinstance(value, str) else value)


class CommandForm(forms.Form):
    """``verb`` and, where it takes one, ``value``. ``token`` makes a double click one command."""

    verb = forms.CharField(max_length=48)
    value = DecimalField(
        required=False,
        error_messages={"invalid": _("Écrivez un nombre, par exemple 19 ou 19,5.")},
    )
    token = forms.UUIDField(required=False)
    confirmed = forms.BooleanField(required=False)


class ScheduleForm(forms.Form):
    """One weekly line."""

    verb = forms.ChoiceField(label=_("Action"), widget=forms.Select)
    value = DecimalField(label=_("Consigne"), required=False)
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Jours"),
        coerce=int,
        choices=[(index + 1, name) for index, name in WEEKDAYS.items()],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choisissez au moins un jour.")},
    )
    anchor = forms.ChoiceField(
        label=_("Moment"),
        choices=[
            ("clock", _("à une heure fixe")),
            ("sunrise", _("selon le lever du soleil")),
            ("sunset", _("selon le coucher du soleil")),
        ],
    )
    clock_time = forms.TimeField(
        label=_("Heure"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"required": _("Indiquez l’heure."), "invalid": _("Écrivez l’heure ainsi : 08:30.")},
    )
    offset_minutes = forms.IntegerField(
        label=_("Décalage"),
        initial=0,
        min_value=0,
        max_value=_OFFSET_MAX_MIN,
        help_text=_("En minutes, par rapport au lever ou au coucher du soleil."),
        error_messages={
            "required": _("Indiquez le décalage : 0 s’il n’y en a pas."),
            "max_value": _("Le décalage va de 0 à %(limit_value)s minutes."),
            "min_value": _("Écrivez un nombre positif, puis choisissez « avant » ou « après »."),
        },
    )
    direction = forms.ChoiceField(label=_("Sens"), choices=[(_AFTER, _("après")), (_BEFORE, _("avant"))])

    def __init__(self, one: Equipment, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's own
        super().__init__(*args, **kwargs)
        verb = self.fields["verb"]
        if isinstance(verb, forms.ChoiceField):
            verb.choices = [(code, offer.verb.label) for code, offer in one.offers.items()]
        self._require_only_what_the_moment_needs()
        self.unit = next((offer.limits.unit for offer in one.offers.values() if offer.limits), "")
        if not self.unit:
            del self.fields["value"]

    def _require_only_what_the_moment_needs(self) -> None:
        if not self.is_bound:
            return
        at_the_clock = self.data.get("anchor") == ScheduleEntry.Anchor.CLOCK
        self.fields["clock_time"].required = at_the_clock
        self.fields["offset_minutes"].required = self.fields["direction"].required = not at_the_clock

    def draft(self) -> Draft:
        """The line that was filled in."""
        values = self.cleaned_data
        return Draft(values["verb"], values.get("value"), frozenset(values["weekdays"]), self._moment())

    def _moment(self) -> AtClock | AtSun:
        values = self.cleaned_data
        if values["anchor"] == ScheduleEntry.Anchor.CLOCK:
            return AtClock(values["clock_time"])
        minutes = values.get("offset_minutes") or 0
        sign = -1 if values.get("direction") == _BEFORE else 1
        return AtSun(Sun(values["anchor"]), timedelta(minutes=sign * minutes))


def initial_of(entry: ScheduleEntry) -> dict[str, object]:
    """What the form shows of an entry that is to be changed."""
    return {
        "verb": entry.verb,
        "value": entry.value,
        "weekdays": list(entry.weekdays),
        "anchor": entry.anchor,
        "clock_time": entry.clock_time,
        "offset_minutes": abs(entry.offset_minutes),
        "direction": _BEFORE if entry.offset_minutes < 0 else _AFTER,
    }

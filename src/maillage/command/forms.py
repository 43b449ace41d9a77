"""What people type: a value to ask of a room, a line of a weekly schedule. Bounds are the actions' affair."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from maillage.command import registry
from maillage.command.engine.calendar import DayRule, Wanted
from maillage.command.engine.local_time import instant
from maillage.command.engine.schedule import AtClock, AtSun, Sun
from maillage.command.models import REASON_LENGTH, ScheduleEntry
from maillage.command.openings.actions import Hours
from maillage.command.places import Equipment
from maillage.command.schedules.actions import Draft
from maillage.command.specials.actions import Plan

_BEFORE = "before"
_AFTER = "after"
_OFFSET_MAX_MIN = 720


HOLIDAY_CHOICES = [
    ("any", _("comme les autres jours")),
    ("never", _("jamais ces jours-là")),
    ("only", _("seulement ces jours-là")),
]
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
CLOCK = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


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
    hours = forms.IntegerField(required=False, min_value=0, max_value=72)
    reason = forms.CharField(required=False, max_length=REASON_LENGTH)
    exception = forms.BooleanField(required=False)
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
    ready = forms.BooleanField(
        label=_("La salle est à température à cette heure"),
        required=False,
        help_text=_("Le chauffage commence plus tôt, d’après ce que la salle a montré."),
    )
    school_holidays = forms.ChoiceField(label=_("Vacances scolaires"), choices=HOLIDAY_CHOICES, required=False)
    public_holidays = forms.ChoiceField(label=_("Jours fériés"), choices=HOLIDAY_CHOICES, required=False)
    first_day = forms.DateField(label=_("À partir du"), required=False, widget=DAY)
    last_day = forms.DateField(label=_("Jusqu’au"), required=False, widget=DAY)
    exception_reason = forms.CharField(
        label=_("Motif d’une exception à la loi"),
        required=False,
        max_length=REASON_LENGTH,
        help_text=_("Seulement pour dépasser 19 °C en moyenne ; il est inscrit au journal."),
    )

    def __init__(self, one: Equipment, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's own
        super().__init__(*args, **kwargs)
        verb = self.fields["verb"]
        if isinstance(verb, forms.ChoiceField):
            verb.choices = [(code, offer.verb.label) for code, offer in one.offers.items()]
        self._require_only_what_the_moment_needs()
        self.unit = next((offer.limits.unit for offer in one.offers.values() if offer.limits), "")
        if not self.unit:
            del self.fields["value"]
        solution = registry.solutions().get(one.state.thing.solution)
        if solution is None or solution.warms is None:
            del self.fields["ready"]
        if solution is None or not solution.ceilings:
            del self.fields["exception_reason"]

    def _require_only_what_the_moment_needs(self) -> None:
        if not self.is_bound:
            return
        at_the_clock = self.data.get("anchor") == ScheduleEntry.Anchor.CLOCK
        self.fields["clock_time"].required = at_the_clock
        self.fields["offset_minutes"].required = self.fields["direction"].required = not at_the_clock

    def draft(self) -> Draft:
        """The line that was filled in."""
        values = self.cleaned_data
        return Draft(
            verb=values["verb"],
            value=values.get("value"),
            weekdays=frozenset(values["weekdays"]),
            moment=self._moment(),
            days=DayRule(
                _wanted(values["school_holidays"]),
                _wanted(values["public_holidays"]),
                values["first_day"],
                values["last_day"],
            ),
            ready=bool(values.get("ready")),
            exception_reason=values.get("exception_reason", ""),
        )

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
        "ready": entry.ready,
        "school_holidays": entry.school_holidays,
        "public_holidays": entry.public_holidays,
        "first_day": entry.first_day,
        "last_day": entry.last_day,
        "exception_reason": entry.exception_reason,
    }


class SpecialForm(forms.Form):
    """An exceptional period for some of the equipment of a site, in local time."""

    label = forms.CharField(label=_("Nom"), max_length=150, help_text=_("Par exemple « Fête du village »."))
    things = forms.TypedMultipleChoiceField(
        label=_("Équipements"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choisissez au moins un équipement.")},
    )
    verb = forms.ChoiceField(label=_("Action"))
    value = DecimalField(label=_("Consigne"), required=False)
    first_day = forms.DateField(label=_("Début, le"), widget=DAY)
    first_time = forms.TimeField(label=_("à"), widget=CLOCK)
    last_day = forms.DateField(label=_("Fin, le"), widget=DAY)
    last_time = forms.TimeField(label=_("à"), widget=CLOCK)
    closed = forms.BooleanField(label=_("Le bâtiment est fermé pendant ce temps"), required=False)
    ready = forms.BooleanField(label=_("Les salles sont à température dès le début"), required=False)
    reason = forms.CharField(
        label=_("Motif d’une exception à la loi"),
        required=False,
        max_length=REASON_LENGTH,
        help_text=_("Seulement pour dépasser ce que la loi permet ; il est inscrit au journal."),
    )

    def __init__(self, actors: Sequence[Equipment], *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's own
        super().__init__(*args, **kwargs)
        things, verb = self.fields["things"], self.fields["verb"]
        if isinstance(things, forms.TypedMultipleChoiceField) and isinstance(verb, forms.ChoiceField):
            things.choices = [(one.id, one.name) for one in actors]
            verb.choices = list(
                {code: offer.verb.label for one in actors for code, offer in one.offers.items()}.items()
            )
        limits = [offer.limits for one in actors for offer in one.offers.values() if offer.limits]
        self.unit = limits[0].unit if limits else ""
        if not limits:
            del self.fields["value"]
            del self.fields["ready"]
            del self.fields["reason"]

    def plan(self, zone: ZoneInfo) -> Plan:
        """What was filled in; ``Invalid`` for a time that the change of clocks skips."""
        values = self.cleaned_data
        return Plan(
            label=values["label"],
            verb=values["verb"],
            value=values.get("value"),
            starts_at=instant(values["first_day"], values["first_time"], zone),
            ends_at=instant(values["last_day"], values["last_time"], zone),
            occupied=not values["closed"],
            ready=bool(values.get("ready")),
            reason=values.get("reason", ""),
        )


class OpeningForm(forms.Form):
    """Hours during which a building is used."""

    weekdays = forms.TypedMultipleChoiceField(
        label=_("Jours"),
        coerce=int,
        choices=[(index + 1, name) for index, name in WEEKDAYS.items()],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choisissez au moins un jour.")},
    )
    opens = forms.TimeField(label=_("De"), widget=CLOCK)
    closes = forms.TimeField(label=_("À"), widget=CLOCK)
    school_holidays = forms.ChoiceField(label=_("Vacances scolaires"), choices=HOLIDAY_CHOICES, initial="never")
    public_holidays = forms.ChoiceField(label=_("Jours fériés"), choices=HOLIDAY_CHOICES, initial="never")

    def hours(self) -> Hours:
        """What was filled in."""
        values = self.cleaned_data
        return Hours(
            weekdays=frozenset(values["weekdays"]),
            opens=values["opens"],
            closes=values["closes"],
            school_holidays=_wanted(values["school_holidays"]),
            public_holidays=_wanted(values["public_holidays"]),
        )


class BulkForm(forms.Form):
    """The same for many sites. ``what`` is a solution and one of its verbs: ``heating.set_temperature``."""

    what = forms.ChoiceField(label=_("Action"))
    site_kind = forms.ChoiceField(label=_("Sites"), required=False)
    value = DecimalField(label=_("Consigne"), required=False, help_text=_("Pour une température."))
    reason = forms.CharField(label=_("Motif"), required=False, max_length=REASON_LENGTH)
    exception = forms.BooleanField(
        label=_("Exception à la loi : je donne le motif, il est inscrit au journal."), required=False
    )
    token = forms.UUIDField(required=False)
    confirmed = forms.BooleanField(required=False)

    def __init__(self, kinds: Sequence[tuple[str, str]], *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **kwargs)
        what, site_kind = self.fields["what"], self.fields["site_kind"]
        if isinstance(what, forms.ChoiceField) and isinstance(site_kind, forms.ChoiceField):
            what.choices = [
                (f"{use.code}.{verb.code}", f"{use.label} : {verb.label}")
                for use in registry.solutions().values()
                for verb in use.verbs.values()
            ]
            site_kind.choices = [("", _("tous les sites")), *kinds]


def _wanted(word: str) -> Wanted:
    return "only" if word == "only" else "never" if word == "never" else "any"

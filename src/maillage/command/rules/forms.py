"""What people type to make a rule: guided, by choices, or as text in CEL. What may be is the actions' affair."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from maillage.command import queries as commands
from maillage.command.alarms.labels import SEVERITIES
from maillage.command.alarms.models import Roster
from maillage.command.forms import DecimalField
from maillage.command.notifications.models import Hook
from maillage.command.rules.actions import Draft, Hours, Order, Variable
from maillage.command.rules.engine.guided import Comparison, Guided, Quantifier
from maillage.command.rules.models import Rule
from maillage.telemetry.device_models import device_models
from maillage.telemetry.models import Datastream, Thing
from maillage.web.formats import unit_label

VARIABLES = 3
_SEPARATOR = "|"


@dataclass(frozen=True, slots=True)
class Choices:
    """What a rule may be made of: the measures and things of a site, the organisation's rosters and programs."""

    streams: Sequence[Datastream]
    rosters: Sequence[Roster]
    hooks: Sequence[Hook]

    @property
    def measures(self) -> list[tuple[int, str]]:
        return [(stream.pk, stream_label(stream)) for stream in self.streams]

    @property
    def orders(self) -> list[tuple[str, str]]:
        """``thing|verb`` → words."""
        things = {stream.thing_id: stream.thing for stream in self.streams}
        return [
            (
                f"{thing.pk}{_SEPARATOR}{verb}",
                f"{_place(thing)} : {offer.verb.label}",
            )
            for thing in things.values()
            for verb, offer in commands.offers(thing).items()
        ]


def stream_label(stream: Datastream) -> str:
    """« Classe 1 · Capteur — Température (°C) », in the active language."""
    thing = stream.thing
    model = None if thing.device is None else device_models().get(thing.device.model_key)
    measure = model.measures.get(stream.quantity) if model else None
    words = stream.quantity
    if measure is not None:
        words = measure.label_en if get_language() == "en" else measure.label
    unit = unit_label(stream.unit)
    return f"{_place(thing)} — {words}{f' ({unit})' if unit else ''}"


class RuleForm(forms.Form):
    """What every rule has, however its condition is written."""

    name = forms.CharField(
        label=_("Nom"), max_length=150, help_text=_("Ce que l’alarme dira : « Classe trop froide ».")
    )
    advice = forms.CharField(
        label=_("Que faire ?"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Un conseil, lu par la personne prévenue."),
    )
    severity = forms.ChoiceField(label=_("Gravité"), choices=list(SEVERITIES.items()), initial="warning")
    hold_min = DecimalField(
        label=_("Depuis au moins"),
        initial=10,
        min_value=0,
        help_text=_("La condition doit durer avant de sonner ; 0 : aussitôt."),
    )
    rest_min = DecimalField(
        label=_("Une seule alarme par"),
        initial=30,
        min_value=0,
        help_text=_("Si elle sonne de nouveau dans ce délai, c’est la même alarme : personne n’est prévenu deux fois."),
    )
    roster = forms.TypedChoiceField(label=_("Prévenir"), coerce=int, empty_value=None, required=False)
    hook = forms.TypedChoiceField(label=_("Programme à prévenir"), coerce=int, empty_value=None, required=False)
    raises_alarm = forms.BooleanField(label=_("Lever une alarme"), initial=True, required=False)
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Seulement ces jours"),
        coerce=int,
        required=False,
        choices=[(index + 1, name) for index, name in WEEKDAYS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    start = forms.TimeField(
        label=_("De"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    until = forms.TimeField(
        label=_("À"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("Laissez vide pour surveiller toujours. Une heure plus petite est celle du lendemain."),
    )
    order = forms.ChoiceField(label=_("Ordre à donner quand elle sonne"), required=False)
    order_value = DecimalField(label=_("Valeur de l’ordre"), required=False)

    def __init__(self, choices: Choices, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's own
        super().__init__(*args, **kwargs)
        self._choices = choices
        everybody = ("", _("les personnes de l’organisme, selon leurs préférences"))
        _offer(self, "roster", [everybody, *((one.pk, str(one)) for one in choices.rosters)])
        _offer(self, "hook", [("", _("aucun")), *((one.pk, str(one)) for one in choices.hooks)])
        _offer(self, "order", [("", _("aucun")), *choices.orders])
        if not choices.hooks:
            del self.fields["hook"]

    def draft(self) -> Draft:
        """What was typed, once valid."""
        raise NotImplementedError

    def _draft(self, variables: Iterable[Variable], condition: str, clear_condition: str) -> Draft:
        typed = self.cleaned_data
        return Draft(
            name=typed["name"],
            variables=tuple(variables),
            condition=condition,
            clear_condition=clear_condition,
            hold=timedelta(minutes=typed["hold_min"]),
            rest=timedelta(minutes=typed["rest_min"]),
            severity=typed["severity"],
            advice=typed["advice"],
            raises_alarm=typed["raises_alarm"],
            hours=self._hours(),
            orders=tuple(self._orders()),
            roster_id=typed["roster"],
            hook_id=typed.get("hook"),
        )

    def clean(self) -> dict[str, Any]:
        """Days and times go together."""
        typed: dict[str, Any] = super().clean() or {}
        given = [bool(typed.get("weekdays")), typed.get("start") is not None, typed.get("until") is not None]
        if any(given) and not all(given):
            self.add_error("weekdays", _("Pour surveiller à certaines heures, donnez les jours, le début et la fin."))
        return typed

    def _hours(self) -> Hours | None:
        typed = self.cleaned_data
        if not typed["weekdays"]:
            return None
        return Hours(frozenset(typed["weekdays"]), typed["start"], typed["until"])

    def _orders(self) -> list[Order]:
        chosen = self.cleaned_data["order"]
        if not chosen:
            return []
        thing, verb = chosen.split(_SEPARATOR)
        return [Order("raised", int(thing), verb, self.cleaned_data["order_value"])]


class GuidedForm(RuleForm):
    """By choices: these measures, above or below this. It writes the CEL."""

    measures = forms.TypedMultipleChoiceField(
        label=_("Mesures à surveiller"),
        coerce=int,
        widget=forms.SelectMultiple(attrs={"size": "6"}),
        help_text=_("Plusieurs : elles forment un groupe. Sur un ordinateur, Ctrl et clic."),
    )
    quantifier = forms.ChoiceField(
        label=_("Du groupe, il suffit de"),
        choices=[(Quantifier.ANY, _("l’une")), (Quantifier.ALL, _("toutes")), (Quantifier.COUNT, _("au moins…"))],
    )
    least = forms.IntegerField(label=_("au moins combien"), min_value=1, initial=1, required=False)
    comparison = forms.ChoiceField(
        label=_("Quand la mesure est"),
        choices=[(Comparison.ABOVE, _("au-dessus de")), (Comparison.BELOW, _("au-dessous de"))],
    )
    threshold = DecimalField(label=_("Seuil"), error_messages={"invalid": _("Écrivez un nombre, par exemple 16,5.")})
    margin = DecimalField(
        label=_("Marge de retour au calme"),
        initial=0,
        min_value=0,
        help_text=_("La mesure doit repasser le seuil d’autant pour que l’alarme cesse."),
    )

    def __init__(self, choices: Choices, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's own
        super().__init__(choices, *args, **kwargs)
        _offer(self, "measures", choices.measures)

    def draft(self) -> Draft:
        """The choices as CEL."""
        typed = self.cleaned_data
        ids = tuple(typed["measures"])
        guided = Guided(
            Comparison(typed["comparison"]),
            typed["threshold"],
            typed["margin"],
            Quantifier(typed["quantifier"]) if len(ids) > 1 else None,
            typed["least"] or 1,
        )
        variable = Variable(guided.alias, ids, is_group=guided.quantifier is not None)
        return self._draft([variable], guided.condition, guided.clear_condition)


class TextForm(RuleForm):
    """The condition as text, over up to three variables."""

    condition = forms.CharField(
        label=_("Elle sonne quand"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_(
            "En langage CEL : « mesure > 19.0 && autre < 5.0 » ; pour un groupe : « groupe.exists(m, m < 16.0) »."
        ),
    )
    clear_condition = forms.CharField(
        label=_("Elle cesse quand"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_("Vide : dès que la condition cesse."),
    )

    def __init__(self, choices: Choices, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's own
        super().__init__(choices, *args, **kwargs)
        for number in range(1, VARIABLES + 1):
            needed = number == 1
            self.fields[f"alias_{number}"] = forms.CharField(
                label=_("Nom de la variable"), max_length=32, required=needed
            )
            self.fields[f"measures_{number}"] = forms.TypedMultipleChoiceField(
                label=_("Mesures"),
                coerce=int,
                required=needed,
                choices=choices.measures,
                widget=forms.SelectMultiple(attrs={"size": "5"}),
            )
            self.fields[f"group_{number}"] = forms.BooleanField(label=_("C’est un groupe (une liste)"), required=False)

    @property
    def variables(self) -> list[tuple[int, list[forms.BoundField]]]:
        """The fields of each variable, to be drawn together."""
        names = ("alias", "measures", "group")
        return [(number, [self[f"{name}_{number}"] for name in names]) for number in range(1, VARIABLES + 1)]

    def draft(self) -> Draft:
        """As typed."""
        typed = self.cleaned_data
        variables = [
            Variable(typed[f"alias_{number}"], tuple(typed[f"measures_{number}"]), typed[f"group_{number}"])
            for number in range(1, VARIABLES + 1)
            if typed[f"alias_{number}"] or typed[f"measures_{number}"]
        ]
        return self._draft(variables, typed["condition"], typed["clear_condition"])


def initial_of(rule: Rule) -> dict[str, object]:
    """What the text form shows of a rule."""
    order = next(iter(rule.orders.all()), None)
    shown: dict[str, object] = {
        "name": rule.name,
        "advice": rule.advice,
        "severity": rule.severity,
        "hold_min": f"{rule.hold_s / 60:g}",
        "rest_min": f"{rule.rest_s / 60:g}",
        "roster": rule.roster_id,
        "hook": rule.hook_id,
        "raises_alarm": rule.raises_alarm,
        "weekdays": rule.weekdays,
        "start": rule.window_start,
        "until": rule.window_until,
        "order": f"{order.thing_id}{_SEPARATOR}{order.verb}" if order else "",
        "order_value": order.value if order else None,
        "condition": rule.condition,
        "clear_condition": rule.clear_condition,
    }
    for number, each in enumerate(rule.inputs.all(), start=1):
        shown[f"alias_{number}"] = each.alias
        shown[f"measures_{number}"] = [stream.pk for stream in each.datastreams.all()]
        shown[f"group_{number}"] = each.is_group
    return shown


def fits_the_form(rule: Rule) -> bool:
    """Whether the form can say all that the rule says: a rule made by the API may say more."""
    return len(rule.inputs.all()) <= VARIABLES and [one.turn for one in rule.orders.all()] in ([], ["raised"])


def _offer(form: forms.Form, name: str, choices: Sequence[tuple[Any, Any]]) -> None:
    field = form.fields[name]
    if isinstance(field, forms.ChoiceField):
        field.choices = list(choices)


def _place(thing: Thing) -> str:
    return f"{thing.space.name} · {thing.name}" if thing.space else thing.name

"""The editor's forms. Rules of selling are the actions' affair; a form only reads."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.forms import formset_factory
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from maillage.catalogue import editing, labels, queries
from maillage.catalogue.drafts import Draft, Sla
from maillage.catalogue.engine.eligibility import Audience
from maillage.catalogue.engine.price import Mode, PriceTerm, Rhythm
from maillage.catalogue.models import CODE_LENGTH, NAME_LENGTH, Offering, Specification
from maillage.catalogue.terms import NamedTerm
from maillage.kernel.errors import Invalid
from maillage.web import problems

_BLANK_PRICES = 2
_PRICES_MOST = 30
DATE = {"type": "date"}


def _choices(words: Mapping[str, Promise], *, empty: bool = False) -> list[tuple[str, str | Promise]]:
    return [*([("", "—")] if empty else []), *words.items()]


class NewOfferingForm(forms.Form):
    """What an offering keeps through its versions."""

    code = forms.SlugField(
        label=_("Code"),
        max_length=CODE_LENGTH,
        help_text=_("Dans l’adresse de la page : minuscules, chiffres, tirets."),
    )
    kind = forms.ChoiceField(label=_("Nature"), choices=[(kind, labels.KINDS[kind]) for kind in Offering.Kind.values])
    category = forms.ChoiceField(label=_("Rayon"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's own
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = [("", "—"), *((one.code, one.name) for one in queries.categories())]  # type: ignore[attr-defined]


class DraftForm(forms.Form):
    """What a version says, but its prices."""

    name = forms.CharField(label=_("Nom"), max_length=NAME_LENGTH)
    summary = forms.CharField(label=_("En une phrase"), max_length=300, required=False)
    description = forms.CharField(
        label=_("Description"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 4})
    )
    included = forms.CharField(
        label=_("Compris"), required=False, widget=forms.Textarea(attrs={"rows": 4}), help_text=_("Un point par ligne.")
    )
    excluded = forms.CharField(
        label=_("Non compris"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Un point par ligne."),
    )
    keywords = forms.CharField(
        label=_("Mots de recherche"), max_length=300, required=False, help_text=_("Ceux que les acheteurs emploient.")
    )
    picture = forms.ChoiceField(label=_("Dessin"), choices=_choices(labels.PICTURES), required=False)
    audiences = forms.MultipleChoiceField(
        label=_("S’adresse à"), choices=_choices(labels.AUDIENCES), required=False, widget=forms.CheckboxSelectMultiple
    )
    needs_fibre = forms.BooleanField(label=_("Demande la fibre"), required=False)
    needs_lora = forms.BooleanField(label=_("Demande le réseau LoRa"), required=False)
    estimator = forms.ChoiceField(
        label=_("Estimateur"), choices=_choices(labels.ESTIMATORS, empty=True), required=False
    )
    level = forms.ChoiceField(label=_("Formule"), choices=_choices(labels.LEVELS, empty=True), required=False)
    term_months = forms.IntegerField(label=_("Engagement"), min_value=0, max_value=240, initial=0)
    availability_percent = forms.DecimalField(
        label=_("Disponibilité"), required=False, min_value=0, max_value=100, decimal_places=2
    )
    answer_hours = forms.IntegerField(label=_("Réponse sous"), required=False, min_value=0, max_value=1000)
    repair_hours = forms.IntegerField(label=_("Rétablissement sous"), required=False, min_value=0, max_value=1000)
    support = forms.CharField(label=_("Assistance"), max_length=200, required=False)
    specifications = forms.MultipleChoiceField(
        label=_("Équipement"), required=False, widget=forms.CheckboxSelectMultiple
    )
    invented = forms.BooleanField(label=_("Prix inventés pour une démonstration"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's own
        super().__init__(*args, **kwargs)
        sheets = [(sheet.code, sheet.name) for sheet in queries.specifications()]
        self.fields["specifications"].choices = sheets  # type: ignore[attr-defined]

    def clean_included(self) -> tuple[str, ...]:
        return self._points("included")

    def clean_excluded(self) -> tuple[str, ...]:
        return self._points("excluded")

    def _points(self, name: str) -> tuple[str, ...]:
        points = tuple(editing.lines_of(self.cleaned_data[name]))
        if any(len(point) > 300 for point in points):  # noqa: PLR2004 - the column's length
            raise forms.ValidationError(_("Chaque point tient en 300 caractères."))
        return points

    def draft(self, terms: tuple[NamedTerm, ...]) -> Draft:
        """The draft that was filled in."""
        values = self.cleaned_data
        sla = Sla(values["availability_percent"], values["answer_hours"], values["repair_hours"], values["support"])
        plain = ("name", "summary", "description", "included", "excluded", "keywords", "picture", "estimator", "level")
        flags = ("needs_fibre", "needs_lora", "invented", "term_months")
        return Draft(
            **{name: values[name] for name in (*plain, *flags)},
            audiences=frozenset(Audience(one) for one in values["audiences"]),
            specifications=tuple(values["specifications"]),
            sla=sla,
            terms=terms,
        )


class PriceForm(forms.Form):
    """One line of the tariff; without a name it is left out."""

    code = forms.SlugField(required=False, max_length=CODE_LENGTH, widget=forms.HiddenInput)
    name = forms.CharField(label=_("Ligne"), max_length=NAME_LENGTH, required=False)
    rhythm = forms.ChoiceField(label=_("Quand"), choices=_choices(labels.RHYTHMS), initial=Rhythm.MONTHLY.value)
    unit = forms.ChoiceField(
        label=_("Pour"), choices=_choices({k: v for k, v in labels.UNITS.items() if k.isidentifier()})
    )
    tiers = forms.CharField(
        label=_("Prix HT, en euros"), max_length=300, required=False, help_text=_("12,50 ou « 0 : 1,20 ; 100 : 0,80 »")
    )
    mode = forms.ChoiceField(label=_("Paliers"), choices=_choices(labels.MODES), initial=Mode.GRADUATED.value)
    vat_percent = forms.DecimalField(label=_("TVA"), min_value=0, max_value=99, decimal_places=2, initial=20)
    indices = forms.CharField(
        label=_("Indices de révision"), max_length=300, required=False, help_text=_("code, part, valeur de départ")
    )
    first_on = forms.DateField(
        label=_("Première révision"), required=False, widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d")
    )
    every_months = forms.IntegerField(label=_("Puis tous les (mois)"), required=False, min_value=1, max_value=120)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        self.term: NamedTerm | None = None
        if values.get("name") and not self.errors:
            try:
                self.term = self._term(values)
            except Invalid as error:
                raise forms.ValidationError(problems.sentence(error)) from error
        return values

    def _term(self, values: dict[str, Any]) -> NamedTerm:
        term = PriceTerm(
            values["code"] or values["name"][:CODE_LENGTH],
            Rhythm(values["rhythm"]),
            values["unit"],
            editing.tiers_from(values["tiers"]),
            Mode(values["mode"]),
            values["vat_percent"],
        )
        revision = editing.revision_from(values["indices"], values["first_on"], values["every_months"])
        return NamedTerm(values["name"], term, revision)


PriceForms = formset_factory(PriceForm, extra=_BLANK_PRICES, max_num=_PRICES_MOST)


class DayForm(forms.Form):
    """From which day."""

    day = forms.DateField(
        label=_("À partir du"),
        widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
        error_messages={"invalid": _("Écrivez la date ainsi : 2027-01-31."), "required": _("Indiquez la date.")},
    )


class IndexForm(forms.Form):
    """A new index."""

    code = forms.SlugField(label=_("Code"), max_length=CODE_LENGTH)
    name = forms.CharField(label=_("Nom"), max_length=NAME_LENGTH)
    source = forms.CharField(label=_("Source"), max_length=NAME_LENGTH, required=False)


class IndexValueForm(forms.Form):
    """One publication."""

    period = forms.DateField(
        label=_("Mois mesuré"), widget=forms.DateInput(attrs=DATE), help_text=_("Un jour quelconque du mois.")
    )
    value = forms.CharField(label=_("Valeur"), max_length=20)
    published_on = forms.DateField(label=_("Publiée le"), widget=forms.DateInput(attrs=DATE))


class SheetForm(forms.Form):
    """An equipment sheet."""

    name = forms.CharField(label=_("Nom"), max_length=NAME_LENGTH)
    brand = forms.CharField(label=_("Marque"), max_length=NAME_LENGTH, required=False)
    product_number = forms.CharField(label=_("Référence"), max_length=NAME_LENGTH, required=False)
    protocol = forms.CharField(label=_("Protocole"), max_length=NAME_LENGTH, required=False)
    battery_life_years = forms.DecimalField(
        label=_("Autonomie de la pile"), required=False, min_value=0, max_value=99, decimal_places=1
    )
    picture = forms.ChoiceField(label=_("Dessin"), choices=_choices(labels.PICTURES), required=False)
    description = forms.CharField(
        label=_("Description"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    characteristics = forms.CharField(
        label=_("Caractéristiques"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Une par ligne : « Alimentation : 2 piles AA »."),
    )
    documents = forms.CharField(
        label=_("Documents"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Un par ligne : son titre, puis son adresse en https."),
    )

    def clean_characteristics(self) -> list[list[str]]:
        return self._read(editing.pairs_from, "characteristics")

    def clean_documents(self) -> list[list[str]]:
        return self._read(editing.documents_from, "documents")

    def _read(self, reader: Callable[[str], list[list[str]]], name: str) -> list[list[str]]:
        try:
            return reader(self.cleaned_data[name])
        except Invalid as error:
            raise forms.ValidationError(problems.sentence(error)) from error


def initial_of(draft: Draft) -> dict[str, object]:
    """A draft as ``DraftForm`` shows it."""
    plain = ("name", "summary", "description", "keywords", "picture", "needs_fibre", "needs_lora", "estimator", "level")
    return {
        **{name: getattr(draft, name) for name in (*plain, "term_months", "invented")},
        "included": "\n".join(draft.included),
        "excluded": "\n".join(draft.excluded),
        "audiences": sorted(draft.audiences),
        "specifications": list(draft.specifications),
        "availability_percent": draft.sla.availability_percent,
        "answer_hours": draft.sla.answer_hours,
        "repair_hours": draft.sla.repair_hours,
        "support": draft.sla.support,
    }


def initial_price(one: NamedTerm) -> dict[str, object]:
    """A term as ``PriceForm`` shows it."""
    return {
        "code": one.term.code,
        "name": one.name,
        "rhythm": one.term.rhythm.value,
        "unit": one.term.unit,
        "tiers": editing.tiers_text(one.term.tiers),
        "mode": one.term.mode.value,
        "vat_percent": one.term.vat_percent,
        "indices": editing.revision_text(one.revision),
        "first_on": one.revision.first_on if one.revision else None,
        "every_months": one.revision.every_months if one.revision else None,
    }


def initial_sheet(sheet: Specification) -> dict[str, object]:
    """A sheet as ``SheetForm`` shows it."""
    plain = ("name", "brand", "product_number", "protocol", "battery_life_years", "picture", "description")
    return {
        **{name: getattr(sheet, name) for name in plain},
        "characteristics": "\n".join(f"{name} : {value}" for name, value in sheet.characteristics),
        "documents": "\n".join(f"{title} {url}" for title, url in sheet.documents),
    }

"""What a visitor types into a simulation."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from maillage.catalogue import labels
from maillage.catalogue.engine.budget import HIGHEST_FUNDING_PERCENT
from maillage.catalogue.engine.estimators.sizing import Estimator, Question

DEFAULT_FUNDING_PERCENT = 50
"""More than half of the programme is funded; the exact rate is the funders' affair."""


class SimulationForm(forms.Form):
    """One whole number a question, and the funding rate to reckon with."""

    def __init__(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's own
        super().__init__(*args, **kwargs)
        self.estimator = estimator
        for question in estimator.questions:
            self.fields[question.code] = _number(question)
        self.fields["funding"] = forms.IntegerField(
            label=_("Part de l’investissement financée"),
            min_value=0,
            max_value=HIGHEST_FUNDING_PERCENT,
            initial=DEFAULT_FUNDING_PERCENT,
            help_text=_("Hypothèse à ajuster : les financeurs décident sur dossier. Au plus 80 %."),
            error_messages=_errors(0, HIGHEST_FUNDING_PERCENT),
        )

    def answers(self) -> dict[str, int]:
        """The answers alone."""
        return {question.code: self.cleaned_data[question.code] for question in self.estimator.questions}

    @property
    def units(self) -> Mapping[str, str]:
        """The sign behind each field."""
        words = {q.code: str(labels.UNITS.get(q.unit, "")) for q in self.estimator.questions}
        return words | {"funding": "%"}


def _number(question: Question) -> forms.IntegerField:
    help_text = _("Facultatif : pour comparer avec ce que vous payez.") if question.code == "bill_year" else ""
    return forms.IntegerField(
        label=str(labels.QUESTIONS[question.code]),
        min_value=question.lowest,
        max_value=question.highest,
        initial=question.default,
        help_text=help_text,
        error_messages=_errors(question.lowest, question.highest),
    )


def _errors(lowest: int, highest: int) -> dict[str, Any]:
    words = _("Donnez un nombre entier de %(lowest)s à %(highest)s.") % {"lowest": lowest, "highest": highest}
    return dict.fromkeys(("required", "invalid", "min_value", "max_value"), words)

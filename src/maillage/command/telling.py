"""The journal's lines about commands and schedules in words: what a mayor reads, without codes or identifiers."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from maillage.command.labels import FACTS, SKIPPED, explain
from maillage.command.registry import solutions
from maillage.identity.labels import fact_label
from maillage.web import formats

_HIDDEN = frozenset(
    {"command", "entry", "by", "replaces", "detail_code", "value", "verb", "unit", "minimum", "maximum"}
)
_ANCHORS: Mapping[str, Promise] = {
    "clock": _("à heure fixe"),
    "sunrise": _("lever du soleil"),
    "sunset": _("coucher du soleil"),
}
_DAYS: Mapping[str, Promise] = {
    "only": _("seulement ces jours-là"),
    "never": _("sauf ces jours-là"),
    "any": _("comme les autres jours"),
}
_REGIMES: Mapping[str, Promise] = {
    "occupied": _("19 °C en moyenne pendant l’occupation"),
    "empty_day": _("bâtiment inoccupé plus de 24 heures"),
    "empty_long": _("bâtiment inoccupé 48 heures ou plus"),
}
_SKIPPED_OR_WAITING = frozenset({"schedule.skipped"})


def told(action: str, facts: Mapping[str, object]) -> list[tuple[str, str]]:
    """A line's facts: each a name, empty where the words need none, and its words."""
    return [*_first(facts), *_others(action, facts)]


def _first(facts: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    verb = facts.get("verb")
    if isinstance(verb, str):
        yield "", asked(verb, facts.get("value"))


def asked(verb: str, value: object) -> str:
    """« Régler la température : 19 °C », « Ouvrir »; a verb that no use declares is shown as it is."""
    declared = next((found for use in solutions().values() if (found := use.verbs.get(verb))), None)
    if declared is None:
        return verb
    unit = declared.parameter.unit if declared.parameter else ""
    if isinstance(value, int | float):
        return f"{declared.label} : {formats.quantity(value, unit)}"
    return str(declared.label)


def _others(action: str, facts: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    if isinstance(facts.get("replaces"), list) and facts["replaces"]:
        yield "", gettext("remplace la commande précédente")
    for name, fact in facts.items():
        if name in _HIDDEN or fact is None or fact in ("", False):
            continue
        words = _words(action, name, fact, facts)
        if words:
            yield str(FACTS.get(name) or fact_label(name)), words


def _words(action: str, name: str, fact: object, facts: Mapping[str, object]) -> str:
    if name == "cause":
        return _cause(action, str(fact), facts)
    if name in {"before", "after"} and isinstance(fact, dict):
        return ", ".join(f"{label} {words}".strip() for label, words in told(action, fact))
    if name == "weekdays" and isinstance(fact, list):
        return ", ".join(str(WEEKDAYS[day - 1]) for day in fact)
    if name in {"anchor", "school_holidays", "public_holidays", "lowered_by"}:
        table = {"anchor": _ANCHORS, "lowered_by": _REGIMES}.get(name, _DAYS)
        return str(table.get(str(fact), fact))
    if name in {"previous_value", "reported", "wished"} and isinstance(fact, int | float):
        return _state(str(facts.get("verb", "")), fact)
    return _plain(fact)


def _state(verb: str, value: float) -> str:
    """A reported value: of a setpoint with its unit; of what opens and closes it is no number to read."""
    declared = next((found for use in solutions().values() if (found := use.verbs.get(verb))), None)
    if declared is None or declared.parameter is None:
        return ""
    return formats.quantity(value, declared.parameter.unit)


def _cause(action: str, cause: str, facts: Mapping[str, object]) -> str:
    if action in _SKIPPED_OR_WAITING:
        return str(SKIPPED.get(cause, cause))
    return explain("failed", cause, facts)


def _plain(fact: object) -> str:
    if fact is True:
        return gettext("oui")
    if isinstance(fact, int | float):
        return formats.number(fact)
    text = str(fact)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return formats.instant(at) if at.tzinfo is not None else text

"""Every state and cause has words that a mayor understands, in both languages."""

import ast
from pathlib import Path

import pytest
from django.utils import translation

from maillage.command import labels
from maillage.command.engine.life import State
from maillage.solutions.access import manifest as access
from maillage.solutions.heating import manifest as heating
from maillage.telemetry import labels as telemetry_labels

PACKAGE = Path(labels.__file__).resolve().parents[1]
FACTS = {"value": 80, "minimum": 5, "maximum": 30, "unit": "Cel"}


def catalogue(folder):
    """Msgid → msgstr of a catalogue without continued lines; of plurals, the singular."""
    lines = (PACKAGE / folder / "locale/en/LC_MESSAGES/django.po").read_text(encoding="utf-8").splitlines()
    ids = [ast.literal_eval(line.removeprefix("msgid ")) for line in lines if line.startswith("msgid ")]
    singulars = [line.replace("msgstr[0]", "msgstr") for line in lines if line.startswith(("msgstr ", "msgstr[0] "))]
    words = [ast.literal_eval(line.removeprefix("msgstr ")) for line in singulars]
    return dict(zip(ids, words, strict=True))


def french(*tables):
    with translation.override("fr"):
        return {str(words) for table in tables for words in table.values()}


def test_every_state_says_where_the_command_is():
    for state in State:
        assert labels.STATES[state]
        assert labels.explain(state, "", {})


@pytest.mark.parametrize("cause", [*labels.CAUSES, "codec_threw", "codec_time_limit", "not_permitted"])
def test_every_cause_is_a_sentence(cause):
    words = labels.explain("failed", cause, {})
    assert words.endswith(".")
    assert "%(" not in words
    assert cause not in words


def test_bounds_are_told_with_their_unit():
    with translation.override("fr"):
        words = labels.explain("refused", "setpoint_out_of_bounds", FACTS)
    assert words == "80 °C est hors limites : demandez une valeur de 5 à 30 °C."


def test_an_unforeseen_cause_is_named_rather_than_hidden():
    assert "gremlins" in labels.explain("failed", "gremlins", {})


def test_missing_facts_hide_nothing():
    assert "—" in labels.explain("refused", "value_off_step", {})


def test_every_word_of_the_command_post_has_an_english_one():
    spoken = french(
        labels.STATES,
        labels.STATE_SENTENCES,
        labels.ORIGINS,
        labels.CAUSES,
        labels.SENTENCES,
        labels.ACTIONS,
        labels.FACTS,
        labels.SKIPPED,
        labels._REFUSALS,
        {"": labels._CODEC, " ": labels._UNKNOWN},
    )
    known = catalogue("command")
    assert {words for words in spoken if not known.get(words)} == set()


def test_every_word_of_telemetry_has_an_english_one():
    known = catalogue("telemetry")
    spoken = french(telemetry_labels.SENTENCES, telemetry_labels.ACTIONS, telemetry_labels.FACTS)
    assert {words for words in spoken if not known.get(words)} == set()


@pytest.mark.parametrize(("folder", "solution"), [("heating", heating.SOLUTION), ("access", access.SOLUTION)])
def test_every_word_of_a_solution_has_an_english_one(folder, solution):
    verbs = solution.verbs.values()
    spoken = [solution.label, *solution.quantities.values(), *(verb.label for verb in verbs)]
    spoken += [verb.parameter.label for verb in verbs if verb.parameter]
    spoken += [verb.asks_confirmation for verb in verbs if verb.asks_confirmation]
    known = catalogue(f"solutions/{folder}")
    with translation.override("fr"):
        assert {str(words) for words in spoken if not known.get(str(words))} == set()

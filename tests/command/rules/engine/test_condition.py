"""Conditions in CEL: checked when written, with the place of the error; bounded when evaluated."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.command.rules.engine.condition import Condition, ConditionFault, compiled
from maillage.command.rules.engine.guided import Comparison, Guided, Quantifier
from maillage.kernel.errors import Invalid

SINGLE = {"air": False, "rooms": True}
FINITE = st.floats(-1e6, 1e6)


def holds(text, **values):
    return compiled(text, {name: isinstance(value, list) for name, value in values.items()}).holds(values)


def test_a_condition_combines_measures():
    assert holds("air > 19.0 && humidity < 60.0", air=20.0, humidity=50.0)
    assert not holds("air > 19.0 && humidity < 60.0", air=20.0, humidity=70.0)


def test_a_group_is_asked_for_any_all_and_a_count():
    rooms = [15.0, 18.0, 14.0]
    assert holds("rooms.exists(t, t < 16.0)", rooms=rooms)
    assert not holds("rooms.all(t, t < 16.0)", rooms=rooms)
    assert holds("rooms.filter(t, t < 16.0).size() >= 2", rooms=rooms)


@pytest.mark.parametrize(
    ("text", "code", "facts"),
    [
        ("", "condition_empty", {}),
        ("air > ", "condition_syntax", {"line": 1, "column": 7}),
        ("air > 19.0 &&\n  oops > 2.0", "condition_unknown_name", {"line": 2, "column": 3, "name": "oops"}),
        ("air > 19", "condition_whole_number", {"line": 1, "column": 5}),
        ("air > 'warm'", "condition_types", {"line": 1, "column": 5, "types": "double, string"}),
        ("air + 1.0", "condition_not_a_question", {"type": "double"}),
        ("(" * 300 + "air" + ")" * 300 + " > 1.0", "condition_too_deep", {}),
        ("air > 1.0 || " * 100 + "true", "condition_too_long", {"longest": 1000}),
        ("air > 1.0\0", "condition_syntax", {"line": 1, "column": 10}),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text, code, facts):
    with pytest.raises(Invalid) as refused:
        compiled(text, SINGLE)
    assert refused.value.code == code
    assert facts.items() <= refused.value.facts.items()


@pytest.mark.parametrize("alias", ["", "Air", "1st", "a-b", "true", "in", "é", "x" * 40])
def test_a_name_that_cel_cannot_take_is_refused(alias):
    with pytest.raises(Invalid, match="alias_unfit"):
        compiled("true", {alias: False})


def test_a_condition_that_runs_away_is_stopped():
    deep = "rooms.all(a, rooms.all(b, rooms.all(c, rooms.all(d, true))))"
    with pytest.raises(ConditionFault) as stopped:
        holds(deep, rooms=[1.0] * 200)
    assert stopped.value.code == "runaway"


def test_a_condition_that_cannot_be_computed_is_a_fault_and_no_crash():
    with pytest.raises(ConditionFault) as fault:
        holds("rooms[5] > 1.0", rooms=[1.0])
    assert fault.value.code == "evaluation"


@given(st.text(max_size=80))
def test_any_text_is_a_condition_or_an_explained_refusal(text):
    with contextlib.suppress(Invalid):
        assert isinstance(compiled(text, SINGLE), Condition)


@given(
    st.sampled_from(Comparison),
    FINITE,
    st.floats(0, 100),
    st.sampled_from(Quantifier),
    st.lists(FINITE, min_size=1, max_size=8),
    st.integers(1, 8),
)
def test_what_the_guided_form_writes_means_what_was_chosen(comparison, threshold, margin, quantifier, values, least):
    guided = Guided(comparison, threshold, margin, quantifier, least)
    beyond = [value > threshold if comparison is Comparison.ABOVE else value < threshold for value in values]
    expected = {Quantifier.ANY: any(beyond), Quantifier.ALL: all(beyond), Quantifier.COUNT: sum(beyond) >= least}
    rings = compiled(guided.condition, {"mesures": True}).holds({"mesures": values})
    assert rings == expected[quantifier]
    if guided.clear_condition:
        clears = compiled(guided.clear_condition, {"mesures": True}).holds({"mesures": values})
        assert not (rings and clears)

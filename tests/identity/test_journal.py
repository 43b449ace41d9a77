"""The chain as pure values."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.identity.journal import GENESIS, Broken, Entry, canonical_json, entry_hash, verify

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
SCALARS = (
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False) | TEXT
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12
)
FACTS = st.dictionaries(TEXT, VALUES, max_size=4)


def chain(facts: list[dict[str, object]]) -> list[Entry]:
    entries, head = [], GENESIS
    for number, fact in enumerate(facts, start=1):
        fields = {"sequence": number, "facts": fact}
        entry = Entry(number, fields, head, entry_hash(head, fields))
        entries.append(entry)
        head = entry.hash
    return entries


def as_jsonb_gives_it_back(value: object) -> object:
    """PostgreSQL keeps numbers as exact decimals and writes them without exponent."""

    def plain(text: str) -> int | float:
        digits = format(Decimal(text), "f")
        return float(digits) if "." in digits else int(digits)

    return json.loads(json.dumps(value), parse_float=plain)


@given(VALUES)
def test_canonical_json_survives_a_stay_in_the_database(value):
    assert canonical_json(as_jsonb_gives_it_back(value)) == canonical_json(value)


@given(FACTS)
def test_canonical_json_does_not_depend_on_the_order_of_keys(facts):
    assert canonical_json(dict(reversed(facts.items()))) == canonical_json(facts)


@given(VALUES)
def test_canonical_json_is_json_and_its_own_canonical_form(value):
    assert canonical_json(json.loads(canonical_json(value))) == canonical_json(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "1"), (-0.0, "0"), (1e22, "1" + "0" * 22), (0.1, "0.1"), (100, "100"), (1e-7, "0.0000001"), ("é", '"é"')],
)
def test_one_value_has_one_spelling(value, text):
    assert canonical_json(value).decode() == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "a\0b", "\ud800"])
def test_what_the_database_would_refuse_is_refused_first(value):
    with pytest.raises(ValueError):
        canonical_json(value)


@pytest.mark.parametrize("value", [{1: 2}, Decimal(1), b"bytes", object()])
def test_what_json_cannot_say_is_refused(value):
    with pytest.raises(TypeError):
        canonical_json(value)


@given(st.lists(FACTS, max_size=6))
def test_an_untouched_chain_holds(facts):
    entries = chain(facts)
    verdict = verify(entries)
    assert verdict.broken is None
    assert verdict.checked == len(facts)
    assert verdict.head == (entries[-1].hash if entries else GENESIS)


@given(st.lists(FACTS, min_size=1, max_size=6), st.data())
def test_a_changed_fact_is_found_where_it_is(facts, data):
    entries = chain(facts)
    at = data.draw(st.integers(0, len(entries) - 1))
    entries[at] = replace(entries[at], fields={**entries[at].fields, "facts": {"changed": True, "at": at}})
    if entries[at].fields["facts"] != facts[at]:
        assert verify(entries).broken == Broken(at + 1, "content")


@given(st.lists(FACTS, min_size=2, max_size=6), st.data())
def test_a_removed_entry_is_found_at_the_gap(facts, data):
    entries = chain(facts)
    at = data.draw(st.integers(0, len(entries) - 2))
    del entries[at]
    assert verify(entries).broken == Broken(at + 2, "gap")


@given(st.lists(FACTS, min_size=2, max_size=6), st.data())
def test_a_changed_entry_with_its_hash_made_anew_breaks_the_next_link(facts, data):
    entries = chain(facts)
    at = data.draw(st.integers(0, len(entries) - 2))
    fields = {**entries[at].fields, "forged": True}
    entries[at] = replace(entries[at], fields=fields, hash=entry_hash(entries[at].previous_hash, fields))
    assert verify(entries).broken == Broken(at + 2, "link")


def test_a_chain_can_be_followed_from_the_middle():
    entries = chain([{"n": n} for n in range(5)])
    verdict = verify(entries[2:], after=(2, entries[1].hash))
    assert (verdict.checked, verdict.broken) == (3, None)

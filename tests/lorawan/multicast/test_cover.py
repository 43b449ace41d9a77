"""Which gateways speak to a group."""

from hypothesis import given
from hypothesis import strategies as st

from maillage.lorawan.multicast.cover import cover

FLOOR_DB = -12.5


def test_one_gateway_that_reaches_all_is_enough():
    heard = {"a": {"mast": 5.0, "roof": 9.0}, "b": {"mast": 2.0}, "c": {"mast": 0.0, "tower": 9.0}}
    assert cover(heard, FLOOR_DB) == ["mast"]


def test_a_weak_gateway_does_not_count_where_a_safe_one_is_needed():
    heard = {"a": {"mast": 5.0}, "b": {"mast": -12.0, "roof": 4.0}}
    assert cover(heard, FLOOR_DB) == ["mast", "roof"]


def test_a_device_that_none_reaches_safely_gets_its_best_one():
    assert cover({"a": {"mast": -14.0, "roof": -15.0}}, FLOOR_DB) == ["mast"]


def test_a_device_that_was_never_heard_needs_nobody():
    assert cover({"a": {}}, FLOOR_DB) == []


@given(st.dictionaries(st.integers(0, 20).map(str), st.dictionaries(st.sampled_from("ghijk"), st.floats(-20, 10))))
def test_everybody_who_was_heard_is_reached_and_no_gateway_is_named_twice(heard):
    chosen = cover(heard, FLOOR_DB)
    assert len(chosen) == len(set(chosen))
    assert all(not gateways or set(gateways) & set(chosen) for gateways in heard.values())

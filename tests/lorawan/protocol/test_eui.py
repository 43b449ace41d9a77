"""Identifiers as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.kernel.errors import Invalid
from maillage.lorawan.protocol.eui import eui_text, parse_eui, parse_key


@pytest.mark.parametrize(
    "text",
    [
        "70B3D57ED0000102",
        "70b3d57ed0000102",
        "70:B3:D5:7E:D0:00:01:02",
        " 70-B3-D5-7E D0.00_01.02 ",
        "0x70B3D57ED0000102",
    ],
)
def test_the_usual_ways_to_write_an_eui_are_understood(text):
    assert eui_text(parse_eui(text)) == "70B3D57ED0000102"


@given(st.binary(min_size=8, max_size=8))
def test_an_eui_is_read_as_it_is_shown(eui):
    assert parse_eui(eui_text(eui)) == eui


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "lorawan.eui.wrong_length"),
        ("70B3", "lorawan.eui.wrong_length"),
        ("70B3D57ED000010203", "lorawan.eui.wrong_length"),
        ("70B3D57ED000010G", "lorawan.eui.not_hexadecimal"),
        ("７0B3D57ED0000102", "lorawan.eui.not_hexadecimal"),
    ],
)
def test_a_wrong_eui_is_refused_with_what_to_change(text, code):
    with pytest.raises(Invalid) as refused:
        parse_eui(text)
    assert refused.value.code == code
    assert refused.value.facts["expected_digits"] == 16


def test_a_refused_key_is_not_repeated_in_the_error():
    with pytest.raises(Invalid) as refused:
        parse_key("deadbeef")
    assert "deadbeef" not in str(refused.value)

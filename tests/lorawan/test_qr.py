"""Labels of devices: TR005, read and written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.kernel.errors import Invalid
from maillage.lorawan.qr import LETTERS, DeviceTag, build_tag, parse_tag

# The example that TR005 itself prints.
EXAMPLE = "LW:D0:1122334455667788:AABBCCDDEEFF0011:AABB1122:OAABBCCDDEEFF:SYYWWNNNNNN:PFOOBAR:CAF2C"

euis = st.binary(min_size=8, max_size=8).map(bytes.hex)
words = st.text(st.sampled_from(sorted(LETTERS)), max_size=20)
tags = st.builds(
    DeviceTag,
    join_eui=euis,
    dev_eui=euis,
    profile_id=st.binary(min_size=4, max_size=4).map(lambda raw: raw.hex().upper()),
    owner_token=words.map(str.strip),
    serial_number=words.map(str.strip),
    proprietary=words.map(str.strip),
)


def test_the_example_of_the_recommendation_is_read():
    tag = parse_tag(EXAMPLE)
    assert tag == DeviceTag("1122334455667788", "aabbccddeeff0011", "AABB1122", "AABBCCDDEEFF", "YYWWNNNNNN", "FOOBAR")
    assert build_tag(tag) == EXAMPLE


@given(tags, st.booleans())
def test_what_is_written_is_read_again(tag, with_checksum):
    assert parse_tag(build_tag(tag, with_checksum=with_checksum)) == tag


@given(tags, st.data())
def test_a_letter_misread_is_noticed_by_the_checksum(tag, data):
    code = build_tag(tag)
    place = data.draw(st.integers(len("LW:D0:"), len(code) - 1))
    other = data.draw(st.sampled_from(sorted(LETTERS - {code[place]})))
    if code[place] == ":":
        return
    damaged = code[:place] + other + code[place + 1 :]
    if place == code.rindex(":") + 1:
        return  # the C itself: no checksum is left to judge by
    with pytest.raises(Invalid):
        parse_tag(damaged)


@given(st.text(max_size=120))
def test_any_text_is_read_or_refused_in_words(text):
    for code in (text, "LW:D0:" + text):
        try:
            assert parse_tag(code).dev_eui
        except Invalid as error:
            assert error.code.startswith("lorawan.qr.")  # noqa: PT017 - both ends are right


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("https://example.org/device/1", "lorawan.qr.not_tr005"),
        ("LW:D0:1122334455667788:AABBCCDDEEFF0011", "lorawan.qr.not_tr005"),
        ("LW:D0:11:AABBCCDDEEFF0011:AABB1122", "lorawan.qr.field"),
        ("LW:D0:1122334455667788:AABBCCDDEEFF0011:AABB", "lorawan.qr.field"),
        ("LW:D0:1122334455667788:AABBCCDDEEFF0011:AABB1122:O", "lorawan.qr.field"),
        ("LW:D0:1122334455667788:AABBCCDDEEFF0011:AABB1122:OA:OB", "lorawan.qr.field"),
        (EXAMPLE.replace("FOOBAR", "FOOBAZ"), "lorawan.qr.checksum"),
    ],
)
def test_a_code_that_is_none_says_what_is_wrong(code, problem):
    with pytest.raises(Invalid) as refused:
        parse_tag(code)
    assert refused.value.code == problem


def test_a_code_without_checksum_or_in_lower_case_is_read():
    bare = "LW:D0:1122334455667788:AABBCCDDEEFF0011:AABB1122"
    assert parse_tag(bare) == parse_tag(bare.lower()) == DeviceTag("1122334455667788", "aabbccddeeff0011", "AABB1122")
    assert parse_tag(EXAMPLE.lower()) == parse_tag(EXAMPLE)


def test_fields_of_other_makers_are_left_alone():
    assert parse_tag("LW:D0:1122334455667788:AABBCCDDEEFF0011:AABB1122:XABC:S12").serial_number == "12"


def test_the_owner_token_is_not_in_what_is_printed():
    assert "AABBCCDDEEFF'" not in repr(parse_tag(EXAMPLE))

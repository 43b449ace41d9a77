"""Bytes to frames."""

import pytest

from maillage.lorawan.protocol.errors import FrameError, FrameReason
from maillage.lorawan.protocol.eui import eui_text
from maillage.lorawan.protocol.frames import DataDownlink, DataUplink, JoinAccept, Proprietary, RejoinRequest
from maillage.lorawan.protocol.parse import parse_frame
from maillage.lorawan.protocol.types import dev_addr_text

HEADER = "4001020304{ctrl:02x}0500"


def test_the_fields_of_published_uplinks_are_read(vectors):
    for vector in vectors["data_uplinks"]:
        frame = parse_frame(bytes.fromhex(vector["phy"]))
        assert isinstance(frame, DataUplink)
        assert dev_addr_text(frame.dev_addr) == vector["dev_addr"]
        assert (frame.f_cnt_16, frame.f_port, frame.f_opts) == (vector["f_cnt"], vector["f_port"], b"")
        assert frame.confirmed == vector["phy"].startswith("80")


def test_a_published_acknowledgement_is_read(vectors):
    frame = parse_frame(bytes.fromhex(vectors["data_downlinks"][0]["phy"]))
    assert isinstance(frame, DataDownlink)
    assert frame.ack
    assert not any((frame.f_pending, frame.adr, frame.confirmed))


def test_the_identifiers_of_published_join_requests_are_read(vectors):
    for vector in vectors["join_requests"]:
        frame = parse_frame(bytes.fromhex(vector["phy"]))
        assert eui_text(frame.join_eui) == vector["join_eui"]
        assert eui_text(frame.dev_eui) == vector["dev_eui"]
        assert frame.dev_nonce == vector["dev_nonce"]


def test_options_and_flags_of_an_uplink_are_read():
    frame = parse_frame(bytes.fromhex(HEADER.format(ctrl=0xF2) + "0203" + "0a" + "ffee" + "01020304"))
    assert (frame.f_opts, frame.f_port, frame.frm_payload) == (b"\x02\x03", 10, b"\xff\xee")
    assert frame.adr
    assert frame.adr_ack_req
    assert frame.ack
    assert frame.class_b


def test_a_frame_may_end_after_its_options():
    frame = parse_frame(bytes.fromhex(HEADER.format(ctrl=1) + "02" + "01020304"))
    assert (frame.f_opts, frame.f_port, frame.frm_payload) == (b"\x02", None, b"")


def test_a_port_without_payload_is_read():
    frame = parse_frame(bytes.fromhex(HEADER.format(ctrl=0) + "05" + "01020304"))
    assert (frame.f_port, frame.frm_payload) == (5, b"")


def test_a_join_accept_stays_closed():
    assert parse_frame(b"\x20" + bytes(16)) == JoinAccept(bytes(16))
    assert parse_frame(b"\x20" + bytes(32)) == JoinAccept(bytes(32))


@pytest.mark.parametrize(("kind", "origin"), [(0, "010203"), (1, "0102030405060708"), (2, "010203")])
def test_the_rejoin_requests_of_1_1_are_told_apart(kind, origin):
    body = bytes.fromhex(f"c0{kind:02x}{origin}0807060504030201") + b"\x34\x12"
    frame = parse_frame(body + b"mic!")
    reversed_origin = bytes.fromhex(origin)[::-1]
    assert frame == RejoinRequest(kind, reversed_origin, bytes(range(1, 9)), 0x1234, body, b"mic!")


def test_a_proprietary_frame_keeps_its_body_whatever_its_major():
    assert parse_frame(b"\xe3own") == Proprietary(b"own")


@pytest.mark.parametrize(
    ("phy", "reason"),
    [
        ("", FrameReason.EMPTY),
        ("40" + "00" * 255, FrameReason.TOO_LONG),
        ("40", FrameReason.TRUNCATED),
        ("40" + "00" * 10, FrameReason.TRUNCATED),
        ("41" + "00" * 20, FrameReason.UNSUPPORTED_MAJOR),
        ("00" + "00" * 21, FrameReason.WRONG_LENGTH),
        ("00" + "00" * 23, FrameReason.WRONG_LENGTH),
        ("20" + "00" * 17, FrameReason.WRONG_LENGTH),
        ("40010203040f0500" + "01020304", FrameReason.F_OPTS_TRUNCATED),
        ("4001020304010500" + "02" + "00" + "ff" + "01020304", FrameReason.F_OPTS_WITH_PORT_0),
        ("c0", FrameReason.TRUNCATED),
        ("c003" + "00" * 20, FrameReason.UNKNOWN_REJOIN_TYPE),
        ("c000" + "00" * 18, FrameReason.WRONG_LENGTH),
    ],
)
def test_what_is_no_frame_is_refused_with_its_reason(phy, reason):
    with pytest.raises(FrameError) as refused:
        parse_frame(bytes.fromhex(phy))
    assert refused.value.reason is reason

"""Frames to bytes and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.lorawan.protocol.build import (
    DataContent,
    build_data_downlink,
    build_data_uplink,
    build_join_accept,
    build_join_request,
    open_join_accept,
)
from maillage.lorawan.protocol.crypto import SessionCrypto, join_mic
from maillage.lorawan.protocol.dl_settings import DLSettings
from maillage.lorawan.protocol.errors import FrameError, FrameReason
from maillage.lorawan.protocol.eui import parse_eui
from maillage.lorawan.protocol.frames import DataDownlink, DataUplink, JoinAccept
from maillage.lorawan.protocol.join import JoinAcceptContent
from maillage.lorawan.protocol.parse import parse_frame
from maillage.lorawan.protocol.types import Direction

KEYS = st.binary(min_size=16, max_size=16)
EUIS = st.binary(min_size=8, max_size=8)
WORDS = st.integers(0, 2**32 - 1)
FLAGS = st.booleans()
SESSION = SessionCrypto(bytes(range(16)), bytes(range(16, 32)))


@st.composite
def contents(draw):
    f_port = draw(st.none() | st.integers(0, 255))
    return DataContent(
        dev_addr=draw(WORDS),
        f_cnt=draw(WORDS),
        f_port=f_port,
        payload=draw(st.binary(max_size=227)) if f_port is not None else b"",
        f_opts=draw(st.binary(max_size=15)) if f_port != 0 else b"",
        confirmed=draw(FLAGS),
        ack=draw(FLAGS),
        adr=draw(FLAGS),
    )


def _read_back(content, frame, direction):
    assert frame.f_cnt_16 == content.f_cnt & 0xFFFF
    clear = (
        SESSION.crypt(direction, frame.dev_addr, content.f_cnt, frame.frm_payload, frame.f_port)
        if frame.f_port is not None
        else b""
    )
    return DataContent(
        frame.dev_addr,
        content.f_cnt,
        frame.f_port,
        clear,
        frame.f_opts,
        frame.confirmed,
        frame.ack,
        frame.adr,
    )


@given(contents(), FLAGS, FLAGS)
def test_an_uplink_is_read_as_it_was_built(content, adr_ack_req, class_b):
    frame = parse_frame(build_data_uplink(SESSION, content, adr_ack_req=adr_ack_req, class_b=class_b))
    assert isinstance(frame, DataUplink)
    assert SESSION.signs_uplink(frame, content.f_cnt)
    assert (frame.adr_ack_req, frame.class_b) == (adr_ack_req, class_b)
    assert _read_back(content, frame, Direction.UPLINK) == content


@given(contents(), FLAGS)
def test_a_downlink_is_read_as_it_was_built(content, f_pending):
    frame = parse_frame(build_data_downlink(SESSION, content, f_pending=f_pending))
    assert isinstance(frame, DataDownlink)
    assert SESSION.signs_downlink(frame, content.f_cnt)
    assert frame.f_pending == f_pending
    assert _read_back(content, frame, Direction.DOWNLINK) == content


@given(contents(), st.data())
def test_one_flipped_bit_breaks_the_mic(content, data):
    phy = bytearray(build_data_uplink(SESSION, content))
    bit = data.draw(st.integers(8, 8 * len(phy) - 1))
    phy[bit // 8] ^= 1 << bit % 8
    try:
        frame = parse_frame(bytes(phy))
    except FrameError:
        return
    assert not SESSION.signs_uplink(frame, content.f_cnt)


@given(EUIS, EUIS, st.integers(0, 0xFFFF), KEYS)
def test_a_join_request_is_read_as_it_was_built(join_eui, dev_eui, dev_nonce, key):
    frame = parse_frame(build_join_request(join_eui, dev_eui, dev_nonce, key))
    assert (frame.join_eui, frame.dev_eui, frame.dev_nonce) == (join_eui, dev_eui, dev_nonce)
    assert frame.mic == join_mic(key, frame.signed)


@given(
    st.builds(
        JoinAcceptContent,
        st.integers(0, 2**24 - 1),
        st.integers(0, 2**24 - 1),
        WORDS,
        st.builds(DLSettings, st.integers(0, 7), st.integers(0, 15), FLAGS),
        st.integers(1, 15),
        st.just(b"") | st.binary(min_size=16, max_size=16),
    ),
    KEYS,
)
def test_a_join_accept_is_opened_as_it_was_built(content, key):
    assert open_join_accept(parse_frame(build_join_accept(content, key)), key) == content


def test_published_frames_are_rebuilt_bit_for_bit(vectors):
    for vector in vectors["data_uplinks"]:
        session = SessionCrypto(bytes.fromhex(vector["nwk_s_key"]), bytes.fromhex(vector["app_s_key"]))
        frame = parse_frame(bytes.fromhex(vector["phy"]))
        content = DataContent(
            int(vector["dev_addr"], 16),
            vector["f_cnt"],
            vector["f_port"],
            bytes.fromhex(vector["clear"]),
            confirmed=frame.confirmed,
            adr=frame.adr,
        )
        assert build_data_uplink(session, content).hex() == vector["phy"]
    for vector in vectors["join_requests"]:
        built = build_join_request(
            parse_eui(vector["join_eui"]),
            parse_eui(vector["dev_eui"]),
            vector["dev_nonce"],
            bytes.fromhex(vector["app_key"]),
        )
        assert built.hex() == vector["phy"]


def test_published_join_accepts_are_opened_and_rebuilt(vectors):
    for vector in vectors["join_accepts"]:
        key = bytes.fromhex(vector["app_key"])
        content = open_join_accept(parse_frame(bytes.fromhex(vector["phy"])), key)
        assert (content.join_nonce, content.net_id) == (vector["join_nonce"], vector["net_id"])
        assert content.dev_addr == int(vector["dev_addr"], 16)
        as_published = JoinAcceptContent(
            content.join_nonce, content.net_id, content.dev_addr, DLSettings(0, 0), rx_delay_s=0
        )
        assert build_join_accept(as_published, key).hex() == vector["phy"]


def test_a_join_accept_for_another_device_is_refused():
    phy = build_join_accept(JoinAcceptContent(1, 2, 3, DLSettings(0, 0)), bytes(16))
    with pytest.raises(FrameError) as refused:
        open_join_accept(JoinAccept(phy[1:]), bytes(range(16)))
    assert refused.value.reason is FrameReason.WRONG_MIC


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (DataContent(2**32, 0), FrameReason.FIELD_OUT_OF_RANGE),
        (DataContent(1, 2**32), FrameReason.FIELD_OUT_OF_RANGE),
        (DataContent(1, -1), FrameReason.FIELD_OUT_OF_RANGE),
        (DataContent(1, 1, 256), FrameReason.FIELD_OUT_OF_RANGE),
        (DataContent(1, 1, f_opts=bytes(16)), FrameReason.F_OPTS_TOO_LONG),
        (DataContent(1, 1, payload=b"x"), FrameReason.PAYLOAD_WITHOUT_PORT),
        (DataContent(1, 1, 0, b"\x02", f_opts=b"\x02"), FrameReason.F_OPTS_WITH_PORT_0),
        (DataContent(1, 1, 1, bytes(243)), FrameReason.TOO_LONG),
    ],
)
def test_what_fits_in_no_frame_is_not_built(content, reason):
    for build in (build_data_uplink, build_data_downlink):
        with pytest.raises(FrameError) as refused:
            build(SESSION, content)
        assert refused.value.reason is reason


def test_a_join_request_needs_whole_euis():
    with pytest.raises(FrameError):
        build_join_request(bytes(7), bytes(8), 1, bytes(16))

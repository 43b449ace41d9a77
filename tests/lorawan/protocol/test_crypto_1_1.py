"""Sessions of 1.1 against published frames, and beside those of 1.0."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.lorawan.protocol.build import DataContent, build_data_downlink, build_data_uplink
from maillage.lorawan.protocol.crypto import SessionCrypto
from maillage.lorawan.protocol.crypto_1_1 import SessionCrypto11, SessionKeys11
from maillage.lorawan.protocol.errors import FrameError, FrameReason
from maillage.lorawan.protocol.parse import parse_frame
from maillage.lorawan.protocol.session import UplinkRadio
from maillage.lorawan.protocol.types import Direction

ZERO = bytes(16)
KEYS = SessionKeys11(bytes([1]) * 16, bytes([2]) * 16, bytes([3]) * 16, bytes([4]) * 16)
SESSION = SessionCrypto11(KEYS)
WORDS = st.integers(0, 2**32 - 1)
OCTETS = st.integers(0, 255)
RADIOS = st.builds(UplinkRadio, st.integers(0, 15), OCTETS, WORDS)


def session_of(vector):
    return SessionCrypto11(SessionKeys11(*(bytes.fromhex(vector[name]) for name in SessionKeys11._fields)))


def test_published_uplinks_are_verified_with_both_keys(vectors_1_1):
    for vector in vectors_1_1["data_uplinks"]:
        session, frame = session_of(vector), parse_frame(bytes.fromhex(vector["phy"]))
        sent = UplinkRadio(vector["data_rate"], vector["channel"], vector["conf_f_cnt"])
        assert session.signs_uplink(frame, vector["f_cnt"], sent)
        assert session.forwards_uplink(frame, vector["f_cnt"])
        assert not session.signs_uplink(frame, vector["f_cnt"], sent._replace(channel=4))
        assert not session.signs_uplink(frame, vector["f_cnt"] + 0x10000, sent)


def test_published_uplinks_are_decrypted(vectors_1_1):
    for vector in vectors_1_1["data_uplinks"]:
        if vector["clear"] is not None:
            session, frame = session_of(vector), parse_frame(bytes.fromhex(vector["phy"]))
            clear = session.crypt(Direction.UPLINK, frame.dev_addr, vector["f_cnt"], frame.frm_payload, frame.f_port)
            assert clear.hex() == vector["clear"]


def test_published_downlinks_are_verified_and_decrypted(vectors_1_1):
    for vector in vectors_1_1["data_downlinks"]:
        session, frame = session_of(vector), parse_frame(bytes.fromhex(vector["phy"]))
        f_cnt, way = vector["f_cnt"], Direction.DOWNLINK
        assert session.signs_downlink(frame, f_cnt, vector["conf_f_cnt"])
        assert session.crypt_f_opts(way, frame.dev_addr, f_cnt, frame.f_opts, frame.f_port).hex() == vector["f_opts"]
        if frame.f_port is not None:
            clear = session.crypt(way, frame.dev_addr, f_cnt, frame.frm_payload, frame.f_port)
            assert clear.hex() == vector["clear"]


def test_published_downlinks_are_rebuilt_bit_for_bit(vectors_1_1):
    for vector in vectors_1_1["data_downlinks"]:
        session, frame = session_of(vector), parse_frame(bytes.fromhex(vector["phy"]))
        content = DataContent(
            frame.dev_addr,
            vector["f_cnt"],
            frame.f_port,
            bytes.fromhex(vector["clear"]),
            bytes.fromhex(vector["f_opts"]),
        )
        assert build_data_downlink(session, content, conf_f_cnt=vector["conf_f_cnt"]).hex() == vector["phy"]


def test_published_mics_are_found(vectors_1_1):
    for vector in vectors_1_1["uplink_mics"]:
        key, msg = bytes.fromhex(vector["key"]), bytes.fromhex(vector["msg"])
        session = SessionCrypto11(SessionKeys11(key, key, ZERO, ZERO))
        mic = session.uplink_mic(int(vector["dev_addr"], 16), vector["f_cnt"], msg, UplinkRadio(0, 0))
        assert mic.hex() == vector["mic"]
    for vector in vectors_1_1["downlink_mics"]:
        key, msg = bytes.fromhex(vector["key"]), bytes.fromhex(vector["msg"])
        session = SessionCrypto11(SessionKeys11(ZERO, key, ZERO, ZERO))
        assert session.downlink_mic(int(vector["dev_addr"], 16), vector["f_cnt"], msg).hex() == vector["mic"]


@given(WORDS, WORDS, st.binary(max_size=15), st.binary(max_size=200), RADIOS, st.booleans())
def test_an_uplink_of_1_1_is_read_as_it_was_built(dev_addr, f_cnt, f_opts, payload, sent, ack):
    content = DataContent(dev_addr, f_cnt, 7, payload, f_opts, ack=ack)
    frame = parse_frame(build_data_uplink(SESSION, content, sent=sent))
    assert SESSION.signs_uplink(frame, f_cnt, sent)
    assert SESSION.crypt_f_opts(Direction.UPLINK, dev_addr, f_cnt, frame.f_opts, 7) == f_opts
    assert SESSION.crypt(Direction.UPLINK, dev_addr, f_cnt, frame.frm_payload, 7) == payload


@given(WORDS, st.none() | OCTETS, st.integers(1, 0xFFFF))
def test_an_acknowledgement_of_1_1_holds_for_one_frame_only(f_cnt, f_port, conf_f_cnt):
    content = DataContent(1, f_cnt, f_port, ack=True)
    frame = parse_frame(build_data_downlink(SESSION, content, conf_f_cnt=conf_f_cnt))
    assert SESSION.signs_downlink(frame, f_cnt, conf_f_cnt)
    assert not SESSION.signs_downlink(frame, f_cnt, conf_f_cnt - 1)


def test_without_acknowledgement_no_counter_is_bound():
    frame = parse_frame(build_data_downlink(SESSION, DataContent(1, 1), conf_f_cnt=9))
    assert SESSION.signs_downlink(frame, 1)


def test_port_0_uses_the_network_encryption_key():
    swapped = SessionCrypto11(KEYS._replace(app_s_key=KEYS.nwk_s_enc_key))
    assert SESSION.crypt(Direction.UPLINK, 1, 1, b"abc", 0) == swapped.crypt(Direction.UPLINK, 1, 1, b"abc", 9)


def test_the_two_downlink_counters_never_share_a_key_stream():
    of_network = SESSION.crypt_f_opts(Direction.DOWNLINK, 1, 1, bytes(15), None)
    assert of_network == SESSION.crypt_f_opts(Direction.DOWNLINK, 1, 1, bytes(15), 0)
    assert of_network != SESSION.crypt_f_opts(Direction.DOWNLINK, 1, 1, bytes(15), 1)


def test_releasing_the_contexts_of_1_1_changes_no_result():
    before = SESSION.uplink_mic(1, 1, bytes(12), UplinkRadio(5, 1)), SESSION.crypt(Direction.UPLINK, 1, 1, b"x", 0)
    SESSION.release()
    after = SESSION.uplink_mic(1, 1, bytes(12), UplinkRadio(5, 1)), SESSION.crypt(Direction.UPLINK, 1, 1, b"x", 0)
    assert after == before


def test_too_many_options_are_refused():
    with pytest.raises(FrameError) as refused:
        SESSION.crypt_f_opts(Direction.UPLINK, 1, 1, bytes(16), None)
    assert refused.value.reason is FrameReason.F_OPTS_TOO_LONG


@pytest.mark.parametrize(
    "session",
    [SessionCrypto(bytes(range(16)), bytes(range(16, 32))), SESSION],
    ids=["1.0", "1.1"],
)
def test_an_abp_device_needs_its_address_and_keys_and_nothing_else(session):
    """No join on either side: the same keys at both ends, counters from 0."""
    up = parse_frame(build_data_uplink(session, DataContent(0x260B1234, 0, 1, b"up"), sent=UplinkRadio(0, 0)))
    assert session.signs_uplink(up, 0, UplinkRadio(0, 0))
    down = parse_frame(build_data_downlink(session, DataContent(0x260B1234, 0, 1, b"down")))
    assert session.signs_downlink(down, 0)
    assert session.crypt(Direction.DOWNLINK, 0x260B1234, 0, down.frm_payload, 1) == b"down"

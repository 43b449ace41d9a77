"""Our cryptography against published frames."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.lorawan.protocol.crypto import (
    SessionCrypto,
    aes_cmac,
    decrypt_join_accept,
    derive_session_keys,
    encrypt_join_accept,
    join_mic,
)
from maillage.lorawan.protocol.errors import FrameError, FrameReason
from maillage.lorawan.protocol.parse import parse_frame
from maillage.lorawan.protocol.session import UplinkRadio
from maillage.lorawan.protocol.types import Direction

KEYS = st.binary(min_size=16, max_size=16)
COUNTERS = st.integers(0, 2**32 - 1)


def test_the_tags_of_rfc_4493_are_found(vectors):
    for vector in vectors["aes_cmac"]:
        key, message = bytes.fromhex(vector["key"]), bytes.fromhex(vector["message"])
        assert aes_cmac(key, message).hex() == vector["tag"]


def test_published_uplinks_are_verified_and_decrypted(vectors):
    for vector in vectors["data_uplinks"]:
        session = SessionCrypto(bytes.fromhex(vector["nwk_s_key"]), bytes.fromhex(vector["app_s_key"]))
        frame = parse_frame(bytes.fromhex(vector["phy"]))
        assert session.signs_uplink(frame, vector["f_cnt"])
        assert not session.signs_uplink(frame, vector["f_cnt"] + 0x10000)
        clear = session.crypt(Direction.UPLINK, frame.dev_addr, vector["f_cnt"], frame.frm_payload, frame.f_port)
        assert clear.hex() == vector["clear"]


def test_a_published_downlink_is_verified(vectors):
    for vector in vectors["data_downlinks"]:
        session = SessionCrypto(bytes.fromhex(vector["nwk_s_key"]), bytes(16))
        frame = parse_frame(bytes.fromhex(vector["phy"]))
        assert session.signs_downlink(frame, vector["f_cnt"])
        assert not session.signs_downlink(frame, vector["f_cnt"] + 1)


def test_published_join_requests_are_verified(vectors):
    for vector in vectors["join_requests"]:
        frame = parse_frame(bytes.fromhex(vector["phy"]))
        assert join_mic(bytes.fromhex(vector["app_key"]), frame.signed) == frame.mic


def test_published_session_keys_are_derived(vectors):
    for vector in vectors["session_keys"]:
        keys = derive_session_keys(
            bytes.fromhex(vector["app_key"]), vector["join_nonce"], vector["net_id"], vector["dev_nonce"]
        )
        assert keys.nwk_s_key.hex() == vector["nwk_s_key"]
        assert keys.app_s_key.hex() == vector["app_s_key"]


@given(KEYS, KEYS, st.sampled_from(Direction), COUNTERS, COUNTERS, st.binary(max_size=255), st.integers(0, 255))
def test_encrypting_twice_gives_the_payload_back(nwk, app, way, dev_addr, f_cnt, payload, port):
    session = SessionCrypto(nwk, app)
    hidden = session.crypt(way, dev_addr, f_cnt, payload, port)
    assert len(hidden) == len(payload)
    assert session.crypt(way, dev_addr, f_cnt, hidden, port) == payload


@given(KEYS, KEYS, COUNTERS, COUNTERS, st.binary(max_size=251))
def test_releasing_the_contexts_changes_no_result(nwk, app, dev_addr, f_cnt, message):
    session = SessionCrypto(nwk, app)
    before = session.uplink_mic(dev_addr, f_cnt, message), session.crypt(0, dev_addr, f_cnt, message, 1)
    session.release()
    assert (
        session.uplink_mic(dev_addr, f_cnt, message),
        session.crypt(0, dev_addr, f_cnt, message, 1),
    ) == before


@given(KEYS, st.sampled_from([16, 32]).flatmap(lambda n: st.binary(min_size=n, max_size=n)))
def test_a_join_accept_survives_encryption(key, plain):
    assert decrypt_join_accept(key, encrypt_join_accept(key, plain)) == plain


def test_the_two_directions_never_share_a_key_stream():
    session = SessionCrypto(bytes(16), bytes(16))
    assert session.crypt(Direction.UPLINK, 1, 1, bytes(16), 1) != session.crypt(Direction.DOWNLINK, 1, 1, bytes(16), 1)


def test_port_0_uses_the_network_key():
    nwk, app = bytes(16), bytes(range(16))
    assert SessionCrypto(nwk, app).crypt(Direction.UPLINK, 1, 1, b"abc", 0) == SessionCrypto(app, nwk).crypt(
        Direction.UPLINK, 1, 1, b"abc", 1
    )


def test_1_0_binds_no_acknowledged_counter_and_no_radio():
    session = SessionCrypto(bytes(16), bytes(16))
    assert session.downlink_mic(1, 1, b"x", 7) == session.downlink_mic(1, 1, b"x")
    assert session.uplink_mic(1, 1, b"x", UplinkRadio(1, 2, 3)) == session.uplink_mic(1, 1, b"x")
    assert session.crypt_f_opts(Direction.UPLINK, 1, 1, b"ab", None) == b"ab"


def test_a_key_of_another_length_is_refused():
    with pytest.raises(FrameError) as refused:
        SessionCrypto(bytes(15), bytes(16))
    assert refused.value.reason is FrameReason.FIELD_OUT_OF_RANGE


def test_a_payload_longer_than_a_frame_is_refused():
    with pytest.raises(FrameError) as refused:
        SessionCrypto(bytes(16), bytes(16)).crypt(Direction.UPLINK, 1, 1, bytes(256), 1)
    assert refused.value.reason is FrameReason.TOO_LONG

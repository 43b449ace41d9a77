"""Joins of 1.1: keys, JoinAccept, and the way back to 1.0."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.lorawan.protocol.build import build_join_accept
from maillage.lorawan.protocol.crypto import SessionCrypto, derive_session_keys
from maillage.lorawan.protocol.crypto_1_1 import SessionCrypto11
from maillage.lorawan.protocol.dl_settings import DLSettings
from maillage.lorawan.protocol.errors import FrameError, FrameReason
from maillage.lorawan.protocol.join import JoinAcceptContent
from maillage.lorawan.protocol.join_1_1 import (
    JoinQuestion,
    JoinReqType,
    RootKeys,
    build_join_accept_1_1,
    derive_root_keys,
    derive_session_keys_1_1,
    join_accept_mic_1_1,
    open_join_accept_1_1,
    open_session,
)
from maillage.lorawan.protocol.parse import parse_frame

JOIN_EUI, DEV_EUI = bytes(range(8)), bytes(range(8, 16))
ROOTS = derive_root_keys(bytes([1]) * 16, bytes([2]) * 16, DEV_EUI)
QUESTION = JoinQuestion(JoinReqType.JOIN, JOIN_EUI, 7)
ACCEPT = JoinAcceptContent(1, 2, 3, DLSettings(0, 0, opt_neg=True))
KINDS = st.sampled_from(JoinReqType)


def test_published_keys_of_a_1_1_join_are_derived(vectors_1_1):
    for vector in vectors_1_1["session_keys"]:
        root = bytes.fromhex(vector["root_key"])
        roots = derive_root_keys(root, root, bytes.fromhex(vector["dev_eui"]))
        assert roots.js_int_key.hex() == vector["js_int_key"]
        assert roots.js_enc_key.hex() == vector["js_enc_key"]
        question = JoinQuestion(JoinReqType.JOIN, bytes.fromhex(vector["join_eui"]), vector["dev_nonce"])
        keys = derive_session_keys_1_1(roots, vector["join_nonce"], question)
        for name, key in keys._asdict().items():
            assert key.hex() == vector[name]
        legacy = derive_session_keys(root, vector["join_nonce"], vector["net_id"], vector["dev_nonce"])
        assert (legacy.nwk_s_key.hex(), legacy.app_s_key.hex()) == (
            vector["legacy_nwk_s_key"],
            vector["legacy_app_s_key"],
        )


def test_published_join_accept_mics_are_found(vectors_1_1):
    for vector in vectors_1_1["join_accept_mics"]:
        question = JoinQuestion(JoinReqType(vector["kind"]), bytes.fromhex(vector["join_eui"]), vector["dev_nonce"])
        mic = join_accept_mic_1_1(bytes.fromhex(vector["js_int_key"]), question, bytes.fromhex(vector["msg"]))
        assert mic.hex() == vector["mic"]


def test_a_published_join_accept_of_1_1_is_opened(vectors_1_1):
    for vector in vectors_1_1["join_accepts"]:
        key = bytes.fromhex(vector["key"])
        question = JoinQuestion(JoinReqType.JOIN, bytes.fromhex(vector["join_eui"]), vector["dev_nonce"])
        content = open_join_accept_1_1(
            parse_frame(bytes.fromhex(vector["phy"])), RootKeys(key, key, key, key), question
        )
        assert (content.join_nonce, content.net_id) == (vector["join_nonce"], vector["net_id"])
        assert content.dev_addr == int(vector["dev_addr"], 16)
        assert content.dl_settings.opt_neg


@given(KINDS, st.booleans(), st.just(b"") | st.binary(min_size=16, max_size=16), st.integers(0, 0xFFFF))
def test_a_join_accept_of_1_1_is_opened_as_it_was_built(kind, opt_neg, cf_list, nonce):
    question = JoinQuestion(kind, JOIN_EUI, nonce)
    content = JoinAcceptContent(1, 2, 3, DLSettings(1, 3, opt_neg), 5, cf_list)
    frame = parse_frame(build_join_accept_1_1(content, ROOTS, question))
    assert open_join_accept_1_1(frame, ROOTS, question) == content


@pytest.mark.parametrize(
    "other",
    [
        JoinQuestion(JoinReqType.JOIN, JOIN_EUI, 8),
        JoinQuestion(JoinReqType.JOIN, DEV_EUI, 7),
        JoinQuestion(JoinReqType.REJOIN_0, JOIN_EUI, 7),
    ],
)
def test_a_join_accept_answers_one_request_only(other):
    frame = parse_frame(build_join_accept_1_1(ACCEPT, ROOTS, QUESTION))
    with pytest.raises(FrameError) as refused:
        open_join_accept_1_1(frame, ROOTS, other)
    assert refused.value.reason is FrameReason.WRONG_MIC


def test_a_rejoin_is_answered_under_the_join_servers_own_key():
    assert ROOTS.accept_key(JoinReqType.JOIN) == ROOTS.nwk_key
    assert ROOTS.accept_key(JoinReqType.REJOIN_2) == ROOTS.js_enc_key


def test_a_1_1_device_on_a_1_0_network_lives_under_1_0():
    content = JoinAcceptContent(1, 2, 3, DLSettings(0, 0))
    frame = parse_frame(build_join_accept(content, ROOTS.nwk_key))
    session = open_session(ROOTS, open_join_accept_1_1(frame, ROOTS, QUESTION), QUESTION)
    assert isinstance(session, SessionCrypto)
    keys = derive_session_keys(ROOTS.nwk_key, 1, 2, QUESTION.nonce)
    assert (session.nwk_s_key, session.app_s_key) == keys


def test_both_ends_of_a_1_1_join_open_the_same_session():
    device = open_session(ROOTS, ACCEPT, QUESTION)
    network = open_session(ROOTS, ACCEPT, QUESTION)
    assert isinstance(device, SessionCrypto11)
    assert device.keys == network.keys
    assert len(set(device.keys)) == 4

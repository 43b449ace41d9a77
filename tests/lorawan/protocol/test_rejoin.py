"""Rejoin-Requests and their counters; the two downlink counters of 1.1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.lorawan.protocol.down_counters import DownCounters
from maillage.lorawan.protocol.errors import FrameError, FrameReason
from maillage.lorawan.protocol.frames import RejoinRequest
from maillage.lorawan.protocol.parse import parse_frame
from maillage.lorawan.protocol.rejoin import (
    RejoinCounters,
    RejoinType,
    RejoinVerdict,
    build_rejoin_request,
    judge_rejoin_count,
    signs_rejoin,
)

PORTS = st.none() | st.integers(0, 255)


def test_published_rejoin_requests_are_built_and_verified(vectors_1_1):
    for vector in vectors_1_1["rejoin_requests"]:
        key, origin, dev_eui = (bytes.fromhex(vector[name]) for name in ("key", "origin", "dev_eui"))
        phy = build_rejoin_request(RejoinType(vector["kind"]), origin, dev_eui, vector["rj_count"], key)
        assert phy.hex() == vector["phy"]
        frame = parse_frame(phy)
        assert isinstance(frame, RejoinRequest)
        assert (frame.rejoin_type, frame.origin, frame.dev_eui) == (vector["kind"], origin, dev_eui)
        assert frame.rj_count == vector["rj_count"]
        assert signs_rejoin(key, frame)
        assert not signs_rejoin(bytes(range(16)), frame)


@pytest.mark.parametrize(("kind", "size"), [(0, 8), (1, 3), (2, 8)])
def test_a_rejoin_from_the_wrong_origin_is_refused(kind, size):
    with pytest.raises(FrameError) as refused:
        build_rejoin_request(RejoinType(kind), bytes(size), bytes(8), 0, bytes(16))
    assert refused.value.reason is FrameReason.FIELD_OUT_OF_RANGE


def test_a_rejoin_count_only_goes_up():
    assert judge_rejoin_count(0, None) is RejoinVerdict.FRESH
    assert judge_rejoin_count(5, 4) is RejoinVerdict.FRESH
    assert judge_rejoin_count(4, 4) is RejoinVerdict.REPLAYED
    assert judge_rejoin_count(3, 4) is RejoinVerdict.REPLAYED


@given(st.lists(st.sampled_from(RejoinType)))
def test_no_rejoin_count_is_sent_twice_in_a_session(kinds):
    counters, sent = RejoinCounters(), set()
    for kind in kinds:
        count = kind is RejoinType.RECOVERY, counters.next(kind)
        assert count not in sent
        sent.add(count)
        counters = counters.sent(kind)


def test_a_join_restarts_the_count_of_the_session_but_not_that_of_recovery():
    counters = RejoinCounters().sent(RejoinType.NEW_SESSION).sent(RejoinType.RECOVERY).joined()
    assert counters == RejoinCounters(rj_count0=0, rj_count1=1)


def test_a_rejoin_count_never_wraps():
    used_up = RejoinCounters(0xFFFF, 0xFFFF)
    assert all(used_up.next(kind) is None for kind in RejoinType)


@given(st.lists(PORTS))
def test_1_0_counts_all_downlinks_together(ports):
    counters = DownCounters()
    for number, f_port in enumerate(ports):
        assert counters.next(f_port) == number
        counters = counters.used(f_port, number)


@given(st.lists(PORTS))
def test_1_1_counts_application_downlinks_apart(ports):
    counters = DownCounters(is_1_1=True)
    for f_port in ports:
        counters = counters.used(f_port, counters.next(f_port))
    application = sum(1 for f_port in ports if f_port)
    assert (counters.a_f_cnt_down, counters.n_f_cnt_down) == (application, len(ports) - application)


def test_a_used_up_downlink_counter_ends_the_session():
    assert DownCounters(2**32, 0).next(1) is None
    assert DownCounters(2**32, 0, is_1_1=True).next(1) == 0

"""Frame counters, 16 bits on the air, 32 kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.lorawan.protocol.counters import (
    MAX_FCNT_GAP,
    Accepted,
    Exhausted,
    Repeated,
    Replayed,
    TooFar,
    judge_counter,
)

LAST = st.integers(0, 2**32 - 1)


@given(LAST, st.integers(1, MAX_FCNT_GAP))
def test_any_frame_within_the_gap_finds_its_full_counter(last, gap):
    new = last + gap
    verdict = judge_counter(new & 0xFFFF, last)
    assert verdict == (Accepted(new) if new < 2**32 else Exhausted(last))


@given(LAST)
def test_the_last_frame_again_is_a_repetition(last):
    assert judge_counter(last & 0xFFFF, last) == Repeated(last)


@given(LAST, st.integers(1, 0x8000))
def test_a_passed_counter_is_a_replay(last, back):
    earlier = last - back
    if earlier >= 0:
        assert judge_counter(earlier & 0xFFFF, last) == Replayed(earlier, last)


@given(LAST, st.integers(MAX_FCNT_GAP + 1, 0x7FFF))
def test_a_jump_over_the_gap_is_refused(last, gap):
    assert judge_counter((last + gap) & 0xFFFF, last) == TooFar(gap, last)


@given(st.integers(0, 0xFFFF), st.none() | LAST, st.integers(1, 0xFFFF))
def test_an_accepted_counter_always_moves_forward_within_the_gap(f_cnt_16, last, max_gap):
    verdict = judge_counter(f_cnt_16, last, max_gap)
    if isinstance(verdict, Accepted):
        assert verdict.f_cnt & 0xFFFF == f_cnt_16
        assert last is None or 0 < verdict.f_cnt - last <= max_gap


def test_the_first_frame_of_a_session_need_not_be_number_zero():
    assert judge_counter(0, None) == Accepted(0)
    assert judge_counter(MAX_FCNT_GAP, None) == Accepted(MAX_FCNT_GAP)
    assert judge_counter(MAX_FCNT_GAP + 1, None) == TooFar(MAX_FCNT_GAP + 1, None)


def test_the_counter_rolls_over_its_sixteen_bits():
    assert judge_counter(3, 0xFFFE) == Accepted(0x10003)


def test_a_counter_that_never_was_is_a_jump_not_a_replay():
    assert judge_counter(60_000, 5) == TooFar(59_995, 5)


@pytest.mark.parametrize("last", [2**32 - 1, 2**32 - 2])
def test_the_end_of_the_counter_asks_for_a_new_session(last):
    assert judge_counter(1, last) == Exhausted(last)


def test_half_way_around_the_sixteen_bits_a_counter_is_taken_for_passed():
    assert judge_counter(0, 0x8000) == Replayed(0, 0x8000)
    assert judge_counter(0xFFFF, 0x8000) == TooFar(0x7FFF, 0x8000)

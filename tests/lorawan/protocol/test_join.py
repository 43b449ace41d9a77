"""Join content and DevNonce rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.lorawan.protocol.dl_settings import DLSettings
from maillage.lorawan.protocol.errors import FrameError, FrameReason
from maillage.lorawan.protocol.join import (
    DevNonceVerdict,
    JoinAcceptContent,
    decode_cf_list,
    encode_cf_list,
    judge_increasing_dev_nonce,
    judge_random_dev_nonce,
)


def test_a_replayed_join_is_refused_under_both_rules():
    assert judge_increasing_dev_nonce(5, 5) is DevNonceVerdict.REUSED
    assert judge_increasing_dev_nonce(4, 5) is DevNonceVerdict.NOT_INCREASING
    assert judge_random_dev_nonce(5, {5, 9}) is DevNonceVerdict.REUSED


def test_a_fresh_join_is_accepted_under_both_rules():
    assert judge_increasing_dev_nonce(0, None) is DevNonceVerdict.FRESH
    assert judge_increasing_dev_nonce(6, 5) is DevNonceVerdict.FRESH
    assert judge_random_dev_nonce(4, {5, 9}) is DevNonceVerdict.FRESH


def test_a_delay_of_zero_means_one_second():
    assert JoinAcceptContent.decode(bytes(12)).rx_delay_s == 1


@given(st.lists(st.integers(1, 2**24 - 1), max_size=5))
def test_a_channel_list_is_read_as_it_was_written(steps):
    frequencies_hz = tuple(100 * step for step in steps)
    assert decode_cf_list(encode_cf_list(frequencies_hz)) == frequencies_hz


def test_a_channel_list_of_another_type_names_no_frequency():
    assert decode_cf_list(bytes(15) + b"\x01") == ()
    assert decode_cf_list(b"") == ()


@pytest.mark.parametrize("frequencies_hz", [(868_100_050,), (2**24 * 100,), (868_100_000,) * 6, (-100,)])
def test_a_channel_that_fits_in_no_list_is_refused(frequencies_hz):
    with pytest.raises(FrameError) as refused:
        encode_cf_list(frequencies_hz)
    assert refused.value.reason is FrameReason.FIELD_OUT_OF_RANGE


@pytest.mark.parametrize(
    "content",
    [
        JoinAcceptContent(2**24, 0, 0, DLSettings(0, 0)),
        JoinAcceptContent(0, 2**24, 0, DLSettings(0, 0)),
        JoinAcceptContent(0, 0, 2**32, DLSettings(0, 0)),
        JoinAcceptContent(0, 0, 0, DLSettings(8, 0)),
        JoinAcceptContent(0, 0, 0, DLSettings(0, 16)),
        JoinAcceptContent(0, 0, 0, DLSettings(0, 0), 16),
        JoinAcceptContent(0, 0, 0, DLSettings(0, 0), 1, bytes(15)),
    ],
)
def test_a_field_too_large_is_refused(content):
    with pytest.raises(FrameError):
        content.encode()


def test_content_of_a_wrong_length_is_refused():
    with pytest.raises(FrameError) as refused:
        JoinAcceptContent.decode(bytes(13))
    assert refused.value.reason is FrameReason.WRONG_LENGTH

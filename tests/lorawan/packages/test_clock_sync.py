"""The clock of a device, set right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.lorawan.packages.clock_sync import AppTimeAns, AppTimeReq, answer, time_correction_s

SECONDS = st.integers(0, (1 << 32) - 1)


@pytest.mark.parametrize(
    ("device_s", "network_s", "correction_s"),
    [(1000, 1000, 0), (1000, 1075, 75), (1075, 1000, -75), ((1 << 32) - 10, 5, 15), (5, (1 << 32) - 10, -15)],
)
def test_the_correction_goes_the_shorter_way_round(device_s, network_s, correction_s):
    assert time_correction_s(device_s, network_s) == correction_s


@given(SECONDS, SECONDS)
def test_a_device_that_adds_the_correction_has_the_right_time(device_s, network_s):
    found = answer(AppTimeReq(device_s, 3, answer_required=True), network_s)
    assert found.token == 3
    read = AppTimeAns.read(found.payload())
    assert (device_s + read.time_correction_s) % (1 << 32) == network_s


def test_a_right_clock_is_answered_only_if_the_device_asks_for_it():
    assert answer(AppTimeReq(50, 1, answer_required=False), 50) is None
    assert answer(AppTimeReq(50, 1, answer_required=True), 50) == AppTimeAns(0, 1)
    assert answer(AppTimeReq(50, 1, answer_required=False), 52) == AppTimeAns(2, 1)

"""The published method: its cases, and what must hold for every link."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.kernel.errors import Invalid
from maillage.lorawan.adr.algorithms import algorithm
from maillage.lorawan.adr.semtech import SemtechAdr, repetitions
from maillage.lorawan.adr.values import Limits, Link, Setting
from maillage.lorawan.regions.eu863_870 import EU863_870

LIMITS = Limits.of(EU863_870)
ADR = SemtechAdr(margin_db=10.0)

settings = st.builds(Setting, st.integers(0, 5), st.integers(0, 7), st.integers(1, 3))
snrs = st.floats(-30, 20)
losses = st.floats(0, 1)


def power_dbm(setting: Setting) -> int:
    return LIMITS.tx_powers_dbm[setting.tx_power]


def test_the_limits_of_eu868_are_sf12_to_sf7_and_eight_powers():
    assert (LIMITS.min_data_rate, LIMITS.max_data_rate) == (0, 5)
    assert LIMITS.required_snr_db == (-20.0, -17.5, -15.0, -12.5, -10.0, -7.5)
    assert LIMITS.tx_powers_dbm == (16, 14, 12, 10, 8, 6, 4, 2)


@pytest.mark.parametrize(
    ("data_rate", "tx_power", "snr_db", "expected"),
    [
        (0, 0, -10.0, (0, 0)),  # exactly what SF12 and the margin need: no step
        (0, 0, -7.1, (0, 0)),  # 2.9 dB spare: not a whole step
        (0, 0, -7.0, (1, 0)),  # 3 dB: one data rate
        (0, 0, 5.0, (5, 0)),  # 15 dB: five data rates
        (0, 0, 8.0, (5, 1)),  # 18 dB: five data rates, then 3 dB of power: the index that gives 2 of them
        (5, 0, 5.5, (5, 1)),  # SF7, 3 dB spare
        (5, 0, 8.5, (5, 3)),  # 6 dB spare: three steps of 2 dB
        (5, 7, 20.0, (5, 7)),  # nothing is left to lower
        (5, 3, 0.0, (5, 3)),  # 2.5 dB missing: not a whole step
        (5, 3, -0.5, (5, 1)),  # 3 dB missing: at least 3 dB more power
        (5, 1, -20.0, (5, 0)),  # far too weak: full power; the data rate is the device's own to lower
        (3, 0, -2.5, (3, 0)),  # SF9 has no spare dB
        (3, 2, 3.5, (5, 2)),  # 6 dB: two data rates, the power untouched
    ],
)
def test_the_published_steps(data_rate, tx_power, snr_db, expected):
    found = ADR.decide(Link(Setting(data_rate, tx_power), snr_db), LIMITS)
    assert (found.data_rate, found.tx_power) == expected


@pytest.mark.parametrize(
    ("lost_share", "expected"),
    [(0.0, (1, 1, 2)), (0.049, (1, 1, 2)), (0.05, (1, 2, 3)), (0.1, (2, 3, 3)), (0.29, (2, 3, 3)), (0.31, (3, 3, 3))],
)
def test_the_published_table_of_repetitions(lost_share, expected):
    assert tuple(repetitions(before, lost_share) for before in (1, 2, 3)) == expected


def test_a_rate_outside_the_limits_is_left_alone():
    fsk = Setting(7, 0, 1)
    assert ADR.decide(Link(fsk, 10.0), LIMITS) == fsk


def test_what_a_device_has_declined_is_not_asked_again():
    narrow = LIMITS.narrowed(3, 1)
    found = ADR.decide(Link(Setting(0, 0), 20.0), narrow)
    assert (found.data_rate, found.tx_power) == (3, 1)
    assert LIMITS.narrowed(-1, -1).tx_powers_dbm == (16,)


def test_a_profile_may_switch_the_network_s_hand_off_and_an_unknown_name_is_refused():
    slow = Setting(0, 0, 1)
    assert algorithm("off").decide(Link(slow, 20.0, 0.5), LIMITS) == slow
    assert algorithm("semtech", 5.0) == SemtechAdr(5.0)
    with pytest.raises(Invalid, match=r"adr\.unknown_algorithm"):
        algorithm("magic")


@given(settings, snrs, losses, st.floats(0, 20))
def test_no_setting_leaves_the_range_of_the_region(setting, snr_db, lost_share, margin_db):
    found = SemtechAdr(margin_db).decide(Link(setting, snr_db, lost_share), LIMITS)
    assert LIMITS.min_data_rate <= found.data_rate <= LIMITS.max_data_rate
    assert 0 <= found.tx_power < len(LIMITS.tx_powers_dbm)
    assert 1 <= found.nb_trans <= 3


@given(settings, snrs, losses)
def test_the_network_never_slows_a_device_down(setting, snr_db, lost_share):
    assert ADR.decide(Link(setting, snr_db, lost_share), LIMITS).data_rate >= setting.data_rate


@given(settings, snrs, st.floats(0, 20), st.floats(0, 20))
def test_a_greater_margin_is_never_faster_nor_weaker(setting, snr_db, one_db, other_db):
    small, great = (SemtechAdr(margin).decide(Link(setting, snr_db), LIMITS) for margin in sorted((one_db, other_db)))
    assert great.data_rate <= small.data_rate
    assert power_dbm(great) >= power_dbm(small)


@given(settings, st.floats(-45, 25))
def test_on_a_steady_link_it_settles_and_stays(setting, snr_at_full_power_db):
    """The SNR follows the power as it does on the air."""
    seen = [setting]
    for _ in range(8):
        loss_db = power_dbm(Setting(0, 0)) - power_dbm(seen[-1])
        seen.append(ADR.decide(Link(seen[-1], snr_at_full_power_db - loss_db), LIMITS))
    assert seen[-1] == seen[-2]
    assert all(later.data_rate >= earlier.data_rate for earlier, later in pairwise(seen))

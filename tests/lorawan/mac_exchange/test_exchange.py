"""What the network learns from uplinks and asks with downlinks, and that both ends stay together."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from maillage.lorawan.adr.history import EMPTY, remembered
from maillage.lorawan.adr.semtech import SemtechAdr
from maillage.lorawan.adr.values import Limits
from maillage.lorawan.mac_exchange.hearing import Hearing, Rhythm, learn
from maillage.lorawan.mac_exchange.planning import Occasion, asking, fitting, same_channels, wanted
from maillage.lorawan.mac_exchange.state import INITIAL, MAX_ATTEMPTS, QUIET_UPLINKS, MacState
from maillage.lorawan.protocol.dl_settings import DLSettings
from maillage.lorawan.protocol.mac.dev_status import DevStatusAns, DevStatusReq
from maillage.lorawan.protocol.mac.duty_cycle import DutyCycleAns, DutyCycleReq
from maillage.lorawan.protocol.mac.link_adr import LinkADRAns, LinkADRReq
from maillage.lorawan.protocol.mac.new_channel import NewChannelAns, NewChannelReq
from maillage.lorawan.protocol.mac.rx_param_setup import RXParamSetupAns, RXParamSetupReq
from maillage.lorawan.protocol.mac.rx_timing_setup import RXTimingSetupAns, RXTimingSetupReq
from maillage.lorawan.protocol.mac.stream import encode_commands
from maillage.lorawan.regions.catalogue import REGIONS
from maillage.lorawan.regions.eu863_870 import EU863_870

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RHYTHM = Rhythm()
LIMITS = Limits.of(EU863_870)
YES, MASK = LinkADRAns(True, True, True), 0x00FF
SLOW = MacState(data_rate=0, status_due_at=NOW + timedelta(days=1))
FAST = LinkADRReq(5, 2, MASK, 0, 1)


def told(*requests, mac=SLOW):
    return asking(mac, requests, NOW, RHYTHM)


def heard(data_rate, *commands, f_cnt=100):
    return Hearing(data_rate, f_cnt, NOW, commands)


def after(mac, data_rate, *commands, f_cnt=100):
    return learn(mac, 1, heard(data_rate, *commands, f_cnt=f_cnt), RHYTHM).mac


def uplinks(count, snr_db, first=0):
    history = EMPTY
    for number in range(first, first + count):
        history = remembered(history, number, snr_db)
    return history


def asked_of(mac, history, *, adr=True, f_cnt=100, at=NOW):
    return wanted(mac, Occasion(f_cnt, at, adr, history), SemtechAdr(), LIMITS, EU863_870)


def test_the_first_uplink_tells_the_data_rate_and_sets_the_day_of_the_first_question():
    found = learn(INITIAL, 1, Hearing(3, 0, NOW, (), share=0.5), RHYTHM)
    assert (found.mac.data_rate, found.mac.tx_power, found.mac.nb_trans) == (3, 0, 1)
    assert found.mac.status_due_at == NOW + timedelta(hours=12)


def test_a_good_link_is_asked_for_a_faster_rate_after_twenty_uplinks_and_not_before():
    assert asked_of(SLOW, uplinks(19, 8.0)) == []
    assert asked_of(SLOW, uplinks(20, 8.0)) == [LinkADRReq(5, 1, MASK, 0, 1)]


def test_a_device_with_its_adr_bit_off_is_left_alone():
    assert asked_of(SLOW, uplinks(20, 8.0), adr=False) == []


def test_an_accepted_request_becomes_the_state():
    found = after(told(FAST), 5, YES)
    assert (found.data_rate, found.tx_power, found.nb_trans, found.channels) == (5, 2, 1, None)
    assert (found.pending, found.attempts) == (b"", 0)


def test_a_device_that_says_yes_and_obeys_from_the_next_uplink_on_keeps_its_power():
    found = after(after(told(FAST), 0, YES), 5)
    assert (found.data_rate, found.tx_power) == (5, 2)


def test_an_answer_lost_is_seen_in_the_data_rate():
    found = after(told(FAST), 5)
    assert (found.data_rate, found.tx_power, found.attempts) == (5, 2, 0)


def test_a_device_stuck_at_dr0_is_asked_again_because_the_network_never_believes_what_it_does_not_hear():
    mac, history, asked = SLOW, uplinks(20, 8.0), 0
    for f_cnt in range(100, 100 + 2 * (MAX_ATTEMPTS + QUIET_UPLINKS)):
        requests = asked_of(mac, history, f_cnt=f_cnt)
        asked += bool(requests)
        mac = after(asking(mac, requests, NOW, RHYTHM) if requests else mac, 0, f_cnt=f_cnt + 1)
        assert mac.data_rate == 0
    assert asked == 2 * MAX_ATTEMPTS
    (request,) = asked_of(mac, history, f_cnt=f_cnt + QUIET_UPLINKS)
    assert after(told(request, mac=mac), 5, YES).data_rate == 5


def test_a_device_that_falls_back_is_at_full_power_and_is_brought_up_again():
    fast = replace(SLOW, data_rate=5, tx_power=4, nb_trans=2)
    fallen = after(fast, 0)
    assert (fallen.data_rate, fallen.tx_power, fallen.nb_trans) == (0, 0, 1)
    assert asked_of(fallen, uplinks(20, 8.0)) == [LinkADRReq(5, 1, MASK, 0, 1)]


def test_a_refused_rate_and_a_refused_power_are_not_asked_again():
    less_power = after(told(FAST), 0, LinkADRAns(False, True, True))
    assert asked_of(less_power, uplinks(20, 8.0)) == [LinkADRReq(5, 1, MASK, 0, 1)]
    slower = after(told(FAST), 0, LinkADRAns(True, False, True))
    assert asked_of(slower, uplinks(20, 8.0)) == [LinkADRReq(4, 3, MASK, 0, 1)]


def test_a_refusal_without_a_way_out_leaves_the_device_in_peace_for_a_while():
    mac = after(told(FAST), 0, LinkADRAns(True, True, False), f_cnt=7)
    assert asked_of(mac, uplinks(20, 8.0), f_cnt=7 + QUIET_UPLINKS - 1) == []
    assert asked_of(mac, uplinks(20, 8.0), f_cnt=7 + QUIET_UPLINKS) != []


def test_a_status_is_asked_when_due_and_again_an_hour_later_if_it_does_not_come():
    due = replace(SLOW, status_due_at=NOW)
    assert asked_of(due, EMPTY) == [DevStatusReq()]
    asked = told(DevStatusReq(), mac=due)
    assert asked_of(asked, EMPTY) == []
    assert asked_of(asked, EMPTY, at=NOW + timedelta(hours=1)) == [DevStatusReq()]
    found = learn(asked, 1, heard(0, DevStatusAns(254, -3)), RHYTHM)
    assert found.status == DevStatusAns(254, -3)
    assert found.mac.status_due_at == NOW + timedelta(days=1)


def test_windows_move_only_when_the_device_has_said_so():
    moved = RXParamSetupReq(DLSettings(2, 3), 869_525_000)
    silent = after(told(moved), 0)
    assert (silent.rx1_dr_offset, silent.rx2_data_rate) == (0, None)
    declined = after(told(moved), 0, RXParamSetupAns(True, True, False))
    assert declined.rx2_data_rate is None
    found = after(told(moved), 0, RXParamSetupAns(True, True, True))
    assert (found.rx1_dr_offset, found.rx2_data_rate, found.rx2_frequency_hz) == (2, 3, 869_525_000)


def test_the_delay_of_the_first_window_moves_with_its_answer():
    asked = told(RXTimingSetupReq(5))
    assert learn(asked, 1, heard(0), RHYTHM).rx1_delay_s == 1
    assert learn(asked, 1, heard(0, RXTimingSetupAns()), RHYTHM).rx1_delay_s == 5


def test_new_channels_are_added_to_a_mask_that_is_known():
    known = replace(SLOW, channels=MASK)
    asked = told(NewChannelReq(8, 865_100_000, 0, 5), NewChannelReq(3, 0, 0, 5), mac=known)
    found = after(asked, 0, NewChannelAns(True, True), NewChannelAns(True, True))
    assert found.channels == (MASK | 1 << 8) & ~(1 << 3)
    half = after(asked, 0, NewChannelAns(True, False), NewChannelAns(True, True))
    assert half.channels == MASK & ~(1 << 3)


def test_an_answer_that_nobody_asked_for_changes_nothing():
    unasked = (YES, RXTimingSetupAns(), DutyCycleAns(), NewChannelAns(True, True), RXParamSetupAns(True, True, True))
    found = learn(SLOW, 1, heard(0, *unasked), RHYTHM)
    assert (replace(found.mac, settling=0), found.rx1_delay_s) == (SLOW, 1)
    assert found.mac.settling == 1 << 0x05 | 1 << 0x08


def test_a_duty_cycle_is_acknowledged():
    assert after(told(DutyCycleReq(4)), 0, DutyCycleAns()).pending == b""


def test_what_does_not_fit_waits():
    assert fitting([FAST, DevStatusReq()], 15) == [FAST, DevStatusReq()]
    assert fitting([FAST, DevStatusReq()], 4) == [DevStatusReq()]
    assert fitting([FAST], 0) == []


REQUESTS = st.lists(
    st.sampled_from([FAST, LinkADRReq(2, 0, MASK, 0, 3), DevStatusReq(), RXTimingSetupReq(5), DutyCycleReq(1)]),
    max_size=3,
)
ANSWERS = st.lists(
    st.one_of(
        st.builds(LinkADRAns, st.booleans(), st.booleans(), st.booleans()),
        st.builds(DevStatusAns, st.integers(0, 255), st.integers(-32, 31)),
        st.just(RXTimingSetupAns()),
        st.builds(RXParamSetupAns, st.booleans(), st.booleans(), st.booleans()),
    ),
    max_size=4,
)


def test_the_channels_stay_as_they_are_in_every_kind_of_plan():
    assert same_channels(SLOW, EU863_870) == (0, 0x00FF)
    assert same_channels(replace(SLOW, channels=0x0107), EU863_870) == (0, 0x0107)
    assert same_channels(SLOW, REGIONS["US915/2"]) == (0, 0xFF00)


@given(st.lists(st.tuples(REQUESTS, ANSWERS, st.one_of(st.none(), st.integers(0, 7)), st.booleans()), max_size=30))
def test_whatever_is_answered_the_state_stays_legal_and_follows_what_is_heard(rounds):
    mac, delay_s = INITIAL, 1
    for f_cnt, (requests, answers, data_rate, is_sent) in enumerate(rounds):
        if is_sent and requests:
            mac = asking(mac, requests, NOW, RHYTHM)
            assert mac.pending == encode_commands(requests)
        found = learn(mac, delay_s, heard(data_rate, *answers, f_cnt=f_cnt), RHYTHM)
        mac, delay_s = found.mac, found.rx1_delay_s
        assert data_rate is None or mac.data_rate == data_rate
        assert 0 <= mac.tx_power <= 7
        assert 1 <= mac.nb_trans <= 15
        assert 0 <= mac.attempts <= MAX_ATTEMPTS
        assert delay_s in (1, 5)
        assert mac.pending == b""


@pytest.mark.parametrize("data_rate", range(6))
def test_every_request_of_the_plan_is_within_the_region(data_rate):
    for snr_db in range(-25, 15):
        for request in asked_of(replace(SLOW, data_rate=data_rate), uplinks(20, float(snr_db))):
            assert isinstance(request, LinkADRReq)
            assert data_rate <= request.data_rate <= 5
            assert EU863_870.tx_power_dbm(request.tx_power)

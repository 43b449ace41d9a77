import random

import pytest
from tests.lorawan.simulator.network import Network

from maillage.lorawan.gateways.semtech_udp.values import RxPacket
from maillage.lorawan.protocol.dl_settings import DLSettings
from maillage.lorawan.protocol.frames import DataUplink
from maillage.lorawan.protocol.mac.dev_status import DevStatusAns, DevStatusReq
from maillage.lorawan.protocol.mac.link_adr import LinkADRAns, LinkADRReq
from maillage.lorawan.protocol.mac.new_channel import NewChannelAns, NewChannelReq
from maillage.lorawan.protocol.mac.rx_param_setup import RXParamSetupAns, RXParamSetupReq
from maillage.lorawan.protocol.mac.rx_timing_setup import RXTimingSetupAns, RXTimingSetupReq
from maillage.lorawan.protocol.mac.stream import encode_commands, parse_commands
from maillage.lorawan.protocol.parse import parse_frame
from maillage.lorawan.protocol.types import Direction
from maillage.lorawan.regions.data_rate import LoRaDataRate
from maillage.lorawan.regions.eu863_870 import EU863_870
from maillage.lorawan.simulator.device import EndDevice, Heard, Identity, Ignored, Joined

WHO = Identity(bytes.fromhex("70b3d57ed0000001"), bytes.fromhex("70b3d57ed0000000"), bytes(range(16)))
SF7, SF12 = LoRaDataRate(7, 125_000), LoRaDataRate(12, 125_000)
RX2_HZ = 869_525_000


def heard(sent):
    """The packet a gateway makes of a transmission, its counter being the test's clock."""
    return RxPacket(round(sent.end_s * 1e6), sent.frequency_hz, sent.data_rate, -80, 7.0, sent.phy_payload)


def joined(*, class_c=False):
    device = EndDevice(WHO, EU863_870, 5, random.Random(1), class_c=class_c)
    network = Network({WHO.dev_eui: WHO.app_key})
    sent = device.join(0, 0.0)
    answer = network.take(heard(sent))
    outcome = device.hear(answer.phy_payload, sent.end_s + 5, answer.frequency_hz, answer.data_rate)
    assert isinstance(outcome, Joined)
    return device, network, outcome.dev_addr


def in_rx1(device, sent, phy_payload, late_s=0.0):
    return device.hear(phy_payload, sent.end_s + 1 + late_s, sent.frequency_hz, sent.data_rate)


def answers_after(device, network, dev_addr, *requests):
    """What the device answers to MAC commands, in its next uplink."""
    sent = device.uplink(1, b"x", 100.0)
    outcome = in_rx1(device, sent, network.downlink(dev_addr, f_opts=encode_commands(requests)))
    assert isinstance(outcome, Heard)
    frame = parse_frame(device.uplink(1, b"x", 200.0).phy_payload)
    return parse_commands(Direction.UPLINK, frame.f_opts).commands


def test_a_joined_device_and_the_network_read_each_other():
    device, network, dev_addr = joined()
    sent = device.uplink(2, b"hello", 20.0)
    network.take(heard(sent))
    assert network.received == [(dev_addr, 0, 2, b"hello")]
    outcome = in_rx1(device, sent, network.downlink(dev_addr, 10, b"good day"))
    assert outcome == Heard(10, b"good day", confirmed=False, acknowledges=False, more_pending=False)


def test_the_cflist_teaches_five_more_channels():
    device, *_ = joined()
    assert len(device.settings.usable_channels) == 8


def test_a_join_accept_for_another_device_is_not_heard():
    device = EndDevice(WHO, EU863_870, 5, random.Random(1))
    other = Network({WHO.dev_eui: bytes(16)})
    sent = device.join(0, 0.0)
    frame = parse_frame(sent.phy_payload)
    with pytest.raises(AssertionError):  # the network itself refuses the signature
        other.admit(frame, heard(sent))
    stranger = Network({WHO.dev_eui: WHO.app_key})
    accept = bytearray(stranger.take(heard(sent)).phy_payload)
    accept[5] ^= 1
    assert device.hear(bytes(accept), sent.end_s + 5, sent.frequency_hz, sent.data_rate) is Ignored.WRONG_MIC


@pytest.mark.parametrize(
    ("late_s", "frequency_shift_hz", "data_rate"),
    [(0.05, 0, SF7), (-0.05, 0, SF7), (0.0, 200_000, SF7), (0.0, 0, SF12), (1.0, 0, SF7)],
)
def test_outside_its_window_a_device_is_deaf(late_s, frequency_shift_hz, data_rate):
    device, network, dev_addr = joined()
    sent = device.uplink(2, b"x", 20.0)
    frame = network.downlink(dev_addr, 1, b"too bad")
    start_s = sent.end_s + 1 + late_s
    outcome = device.hear(frame, start_s, sent.frequency_hz + frequency_shift_hz, data_rate)
    assert outcome is Ignored.NOT_LISTENING


def test_the_second_window_is_two_seconds_after_at_its_own_settings():
    device, network, dev_addr = joined()
    sent = device.uplink(2, b"x", 20.0)
    outcome = device.hear(network.downlink(dev_addr, 1, b"rx2"), sent.end_s + 2, RX2_HZ, SF12)
    assert isinstance(outcome, Heard)


def test_a_frame_in_the_first_window_closes_the_second():
    device, network, dev_addr = joined()
    sent = device.uplink(2, b"x", 20.0)
    assert isinstance(in_rx1(device, sent, network.downlink(dev_addr, 1, b"rx1")), Heard)
    again = device.hear(network.downlink(dev_addr, 1, b"rx2"), sent.end_s + 2, RX2_HZ, SF12)
    assert again is Ignored.NOT_LISTENING


def test_a_replayed_downlink_changes_nothing():
    device, network, dev_addr = joined()
    frame = network.downlink(dev_addr, 1, b"once")
    first = device.uplink(2, b"x", 20.0)
    assert isinstance(in_rx1(device, first, frame), Heard)
    second = device.uplink(2, b"x", 40.0)
    assert in_rx1(device, second, frame) is Ignored.REPLAYED


def test_a_forged_downlink_changes_nothing():
    device, network, dev_addr = joined()
    sent = device.uplink(2, b"x", 20.0)
    forged = bytearray(network.downlink(dev_addr, 1, b"true"))
    forged[-1] ^= 1
    assert in_rx1(device, sent, bytes(forged)) is Ignored.WRONG_MIC
    assert isinstance(device.hear(network.downlink(dev_addr, 1, b"true"), sent.end_s + 2, RX2_HZ, SF12), Heard)


def test_noise_is_noise():
    device, *_ = joined()
    sent = device.uplink(2, b"x", 20.0)
    assert in_rx1(device, sent, b"\x60\x01") is Ignored.MALFORMED


def test_a_confirmed_downlink_is_acknowledged_by_the_next_uplink_only():
    device, network, dev_addr = joined()
    sent = device.uplink(2, b"x", 20.0)
    assert in_rx1(device, sent, network.downlink(dev_addr, 1, b"sure?", confirmed=True)).confirmed
    uplinks = [parse_frame(device.uplink(2, b"x", at).phy_payload) for at in (40.0, 60.0)]
    assert [frame.ack for frame in uplinks] == [True, False]


def test_a_class_c_device_listens_all_the_time_but_while_it_sends():
    device, network, dev_addr = joined(class_c=True)
    assert isinstance(device.hear(network.downlink(dev_addr, 1, b"now"), 77.7, RX2_HZ, SF12), Heard)
    sent = device.uplink(2, b"x", 80.0)
    during = device.hear(network.downlink(dev_addr, 1, b"now"), (sent.start_s + sent.end_s) / 2, RX2_HZ, SF12)
    assert during is Ignored.NOT_LISTENING


def test_a_class_a_device_does_not_listen_to_an_unexpected_downlink():
    device, network, dev_addr = joined()
    assert device.hear(network.downlink(dev_addr, 1, b"now"), 77.7, RX2_HZ, SF12) is Ignored.NOT_LISTENING


def test_the_duty_cycle_keeps_a_device_off_a_band_it_has_used():
    device, *_ = joined()
    device.uplink(2, bytes(40), 50.0)
    assert device.ready_s(50.5) == 50.5  # the other sub-band is free
    device.uplink(2, bytes(40), 50.5)
    assert 55 < device.ready_s(51.0) < 65


def test_a_new_join_forgets_the_old_session():
    device, *_ = joined()
    device.join(1, 100.0)
    assert device.session is None
    with pytest.raises(RuntimeError, match="join first"):
        device.uplink(1, b"x", 110.0)


def test_the_network_moves_the_data_rate():
    device, network, dev_addr = joined()
    assert answers_after(device, network, dev_addr, LinkADRReq(3, 2, 0x00FF)) == (LinkADRAns(True, True, True),)
    assert (device.settings.data_rate, device.settings.tx_power) == (3, 2)


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (LinkADRReq(3, 2, 0xFF00), LinkADRAns(True, False, False)),
        (LinkADRReq(14, 2, 0x00FF), LinkADRAns(True, False, True)),
        (LinkADRReq(3, 9, 0x00FF), LinkADRAns(False, True, True)),
        (RXParamSetupReq(DLSettings(0, 3), 100_000_000), RXParamSetupAns(True, True, False)),
        (NewChannelReq(0, 867_100_000, 0, 5), NewChannelAns(True, False)),
        (NewChannelReq(9, 867_100_000, 5, 0), NewChannelAns(False, True)),
    ],
)
def test_what_a_device_cannot_do_it_declines_and_changes_nothing(request_, answer):
    device, network, dev_addr = joined()
    before = device.settings
    assert answers_after(device, network, dev_addr, request_) == (answer,)
    assert device.settings == before


def test_a_device_tells_its_battery_and_how_well_it_heard():
    device, network, dev_addr = joined()
    (status,) = answers_after(device, network, dev_addr, DevStatusReq())
    assert status == DevStatusAns(230, 5)


def test_new_windows_are_used_and_confirmed_until_something_is_heard():
    device, network, dev_addr = joined()
    moved = RXParamSetupReq(DLSettings(2, 3), 869_525_000)
    expected = (RXParamSetupAns(True, True, True), RXTimingSetupAns())
    assert answers_after(device, network, dev_addr, moved, RXTimingSetupReq(5)) == expected
    sent = device.uplink(1, b"x", 300.0)
    frame = parse_frame(sent.phy_payload)
    assert isinstance(frame, DataUplink)
    assert parse_commands(Direction.UPLINK, frame.f_opts).commands == expected
    slower = EU863_870.data_rates[3]
    outcome = device.hear(network.downlink(dev_addr), sent.end_s + 5, sent.frequency_hz, slower)
    assert isinstance(outcome, Heard)
    assert parse_frame(device.uplink(1, b"x", 400.0).phy_payload).f_opts == b""


def test_a_new_channel_is_used_and_can_be_taken_away():
    device, network, dev_addr = joined()
    assert answers_after(device, network, dev_addr, NewChannelReq(8, 865_100_000, 0, 5)) == (NewChannelAns(True, True),)
    assert len(device.settings.usable_channels) == 9
    device.uplink(1, b"x", 500.0)
    assert answers_after(device, network, dev_addr, NewChannelReq(8, 0, 0, 5)) == (NewChannelAns(True, True),)
    assert len(device.settings.usable_channels) == 8


def test_commands_on_port_0_are_obeyed_and_are_no_message():
    device, network, dev_addr = joined()
    sent = device.uplink(1, b"x", 20.0)
    outcome = in_rx1(device, sent, network.downlink(dev_addr, 0, encode_commands([RXTimingSetupReq(3)])))
    assert outcome == Heard(None, b"", confirmed=False, acknowledges=False, more_pending=False)
    assert device.settings.rx1_delay_s == 3


def test_a_device_that_hears_nothing_asks_for_a_word_then_goes_back_step_by_step():
    device, network, dev_addr = joined()
    assert answers_after(device, network, dev_addr, LinkADRReq(5, 3, 0x00FF, 0, 2)) == (LinkADRAns(True, True, True),)
    asked, settings = [], []
    for number in range(300):
        sent = device.uplink(1, b"x", 1_000.0 + 100 * number)
        asked.append(parse_frame(sent.phy_payload).adr_ack_req)
        settings.append((device.settings.data_rate, device.settings.tx_power, device.settings.nb_trans))
    assert asked.index(True) == 62  # the 64th since the word: one carried the answer
    assert settings[93] == (5, 3, 2)
    assert [settings[94 + 32 * step] for step in range(7)] == [
        (5, 0, 2), (4, 0, 2), (3, 0, 2), (2, 0, 2), (1, 0, 2), (0, 0, 2), (0, 0, 1)
    ]  # fmt: skip
    assert not asked[-1]


def test_a_word_of_the_network_ends_the_search_for_it():
    device, network, dev_addr = joined()
    for number in range(64):
        sent = device.uplink(1, b"x", 1_000.0 + 100 * number)
    assert parse_frame(sent.phy_payload).adr_ack_req
    assert isinstance(in_rx1(device, sent, network.downlink(dev_addr)), Heard)
    assert not parse_frame(device.uplink(1, b"x", 10_000.0).phy_payload).adr_ack_req

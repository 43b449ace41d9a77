"""The MAC exchange in the server: what uplinks teach, what is asked with the answer, what is made durable."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.lorawan.radio_side import SF7
from tests.lorawan.server.conftest import START, waiting

from maillage.lorawan.adr.history import EMPTY
from maillage.lorawan.codecs.model import AdrProfile
from maillage.lorawan.codecs.registry import load_models
from maillage.lorawan.gateways.semtech_udp.values import RxPacket
from maillage.lorawan.mac_exchange.hearing import Rhythm
from maillage.lorawan.mac_exchange.state import MacState
from maillage.lorawan.mac_exchange.wishes import RadioWish, WishedChannel
from maillage.lorawan.protocol.build import DataContent, build_data_uplink
from maillage.lorawan.protocol.dl_settings import DLSettings
from maillage.lorawan.protocol.frames import DataDownlink
from maillage.lorawan.protocol.mac.dev_status import DevStatusAns, DevStatusReq
from maillage.lorawan.protocol.mac.dl_channel import DlChannelReq
from maillage.lorawan.protocol.mac.link_adr import LinkADRAns, LinkADRReq
from maillage.lorawan.protocol.mac.link_check import LinkCheckReq
from maillage.lorawan.protocol.mac.new_channel import NewChannelAns
from maillage.lorawan.protocol.mac.rx_param_setup import RXParamSetupAns, RXParamSetupReq
from maillage.lorawan.protocol.mac.rx_timing_setup import RXTimingSetupAns, RXTimingSetupReq
from maillage.lorawan.protocol.mac.stream import encode_commands, parse_commands
from maillage.lorawan.protocol.parse import parse_frame
from maillage.lorawan.protocol.types import Direction
from maillage.lorawan.regions.data_rate import LoRaDataRate
from maillage.lorawan.regions.eu863_870 import EU863_870
from maillage.lorawan.server.mac_desk import MacDesk

SF12 = LoRaDataRate(12, 125_000)
MODELS = load_models()
PERIOD_S = 600.0


class Exchange:
    """One device's uplinks, one after the other, each with what the server answers."""

    def __init__(self, bench) -> None:
        self.bench = bench
        self.desk = MacDesk(EU863_870, MODELS, Rhythm())
        self.device = bench.devices[0]
        self.session = bench.registry.devices[self.device.dev_eui].session
        self.at_s = 0.0

    def uplink(self, *commands, data_rate=SF12, snr_db=8.0, **options):
        options = {"adr": True, "f_opts": encode_commands(commands), **options}
        self.at_s += PERIOD_S
        at = START + timedelta(seconds=self.at_s)
        frame = self.device.uplink(**options)
        packet = RxPacket(0, 868_100_000, data_rate, -80.0, snr_db, frame)
        self.bench.sieve.heard(self.bench.near, packet, at, self.at_s)
        ((uplink,), _) = self.bench.close(self.at_s + 0.2)
        self.desk.heard(uplink)
        answer = self.bench.answering.to_uplink(uplink, at, self.at_s + 0.22, self.desk.requests(uplink))
        if answer is not None:
            self.desk.asked(self.session, answer.requests, at)
        return answer

    def many(self, count, **options):
        return [self.uplink(**options) for _ in range(count)]


@pytest.fixture
def exchange(bench):
    return Exchange(bench)


def commands_of(answer):
    frame = parse_frame(answer.phy_payload)
    assert isinstance(frame, DataDownlink)
    return parse_commands(Direction.DOWNLINK, frame.f_opts).commands


def test_after_twenty_good_uplinks_a_frame_of_its_own_asks_for_a_faster_rate(exchange):
    *before, answer = exchange.many(20)
    assert before == [None] * 19
    assert commands_of(answer) == (LinkADRReq(5, 1, 0x00FF, 0, 1),)
    (row,) = exchange.desk.take_changed()
    assert (row.dev_eui, row.mac.data_rate) == (exchange.device.dev_eui, 0)
    assert row.mac.pending == encode_commands(commands_of(answer))


def test_the_answer_is_applied_made_durable_and_the_history_begins_anew(exchange):
    exchange.many(20)
    exchange.desk.take_changed()
    assert exchange.uplink(LinkADRAns(True, True, True), data_rate=SF7) is None
    (row,) = exchange.desk.take_changed()
    assert (row.mac.data_rate, row.mac.tx_power, row.mac.pending) == (5, 1, b"")
    assert len(exchange.session.adr_history) == 5
    assert exchange.desk.take_changed() == []


def test_a_request_that_is_not_answered_is_sent_again_with_a_bound(exchange):
    exchange.many(19)
    sent = exchange.many(30)
    assert [answer is not None for answer in sent] == [True] * 3 + [False] * 27


def test_a_link_as_it_should_be_is_asked_nothing_and_looked_at_again_later(exchange):
    assert exchange.many(20, snr_db=-10.0) == [None] * 20
    assert exchange.session.adr_history == EMPTY


def test_a_device_with_its_adr_bit_off_or_a_fixed_profile_is_left_alone(exchange):
    assert exchange.many(40, adr=False) == [None] * 40
    assert exchange.session.adr_history == EMPTY


def test_a_model_may_choose_its_method(bench):
    exchange = Exchange(bench)
    exchange.desk = MacDesk(EU863_870, {"elsys-ers": fixed(MODELS["elsys-ers"])}, Rhythm())
    assert exchange.many(25) == [None] * 25


def fixed(model):
    return replace(model, adr=AdrProfile("off"))


def test_adr_ack_req_is_answered_by_an_empty_frame(exchange, bench):
    frame = build_data_uplink(
        exchange.device.crypto, DataContent(exchange.device.dev_addr, 0, adr=True), adr_ack_req=True
    )
    uplink = bench.uplink(frame)
    exchange.desk.heard(uplink)
    answer = bench.answer(uplink)
    assert commands_of(answer) == ()


def test_the_status_is_asked_once_a_day_and_its_answer_reported(exchange):
    answers = exchange.many(int(86_400 / PERIOD_S) + 1, snr_db=-10.0)
    asked = [answer for answer in answers if answer is not None]
    assert commands_of(asked[0]) == (DevStatusReq(),)
    exchange.uplink(DevStatusAns(254, 7))
    (report,) = exchange.desk.take_reports()
    assert (report.dev_eui, report.battery, report.margin_db) == (exchange.device.dev_eui, 254, 7)
    assert exchange.session.mac.status_due_at == report.at + timedelta(days=1)


def test_the_payload_goes_first_when_both_do_not_fit(exchange, bench):
    exchange.many(19)
    bench.book.add(waiting(exchange.device.dev_eui, payload=bytes(51)))
    answer = exchange.uplink()
    assert (answer.downlink is not None, answer.requests) == (True, ())
    assert commands_of(exchange.uplink()) == (LinkADRReq(5, 1, 0x00FF, 0, 1),)


def test_payload_answers_and_requests_ride_together_when_they_fit(exchange, bench):
    exchange.many(19)
    bench.book.add(waiting(exchange.device.dev_eui))
    answer = exchange.uplink(LinkCheckReq(), confirmed=True)
    assert [type(command).__name__ for command in commands_of(answer)] == ["LinkCheckAns", "LinkADRReq"]
    assert answer.downlink is not None
    assert answer.requests == (LinkADRReq(5, 1, 0x00FF, 0, 1),)


def test_the_network_s_own_questions_leave_half_of_the_airtime_to_others(exchange, bench):
    exchange.many(19)
    for frequency_hz, budget_s in ((868_100_000, 36.0), (869_525_000, 360.0)):
        bench.ledger.book(bench.near.eui, frequency_hz, budget_s / 2, exchange.at_s)
    assert exchange.uplink() is None
    assert exchange.uplink(confirmed=True).requests == (LinkADRReq(5, 1, 0x00FF, 0, 1),)


def test_windows_that_the_device_has_agreed_to_are_used_from_then_on(exchange):
    moved = (RXParamSetupReq(DLSettings(2, 3), 868_500_000), RXTimingSetupReq(3))
    exchange.session.mac = MacState(5, pending=encode_commands(moved))
    answers = (RXParamSetupAns(True, True, True), RXTimingSetupAns())
    rx1, rx2 = exchange.uplink(*answers, data_rate=SF7, confirmed=True).opportunities
    assert (rx1.data_rate_index, rx1.tmst_us) == (3, 3_000_000)
    assert (rx2.data_rate_index, rx2.frequency_hz, rx2.tmst_us) == (3, 868_500_000, 4_000_000)
    (row,) = exchange.desk.take_changed()
    assert (row.rx1_delay_s, row.mac.rx1_dr_offset, row.mac.rx2_frequency_hz) == (3, 2, 868_500_000)


def test_what_a_device_was_told_to_repeat_is_no_replay_and_beyond_that_it_is(exchange, bench):
    frame = exchange.device.uplink()
    bench.uplink(frame, 1.0)
    exchange.session.mac = MacState(5, nb_trans=3)
    for number in range(1, 4):
        bench.hear(frame, 1.0 + 5.0 * number)
        assert bench.close(1.3 + 5.0 * number) == ([], [])
    assert bench.causes() == ["replayed_frame"]


def test_a_profile_moves_the_windows_and_the_settled_answer_is_owed_a_frame(bench):
    exchange = Exchange(bench)
    wish = RadioWish(rx1_delay_s=5, rx2_data_rate=3)
    exchange.desk = MacDesk(EU863_870, {"elsys-ers": replace(MODELS["elsys-ers"], radio=wish)}, Rhythm())
    asked = (RXTimingSetupReq(5), RXParamSetupReq(DLSettings(0, 3), 869_525_000))
    assert commands_of(exchange.uplink()) == asked
    assert commands_of(exchange.uplink()) == asked  # lost: asked again
    yes = (RXTimingSetupAns(), RXParamSetupAns(True, True, True))
    owed = exchange.uplink(*yes)
    assert commands_of(owed) == ()
    assert sorted(way.tmst_us for way in owed.opportunities) == [5_000_000, 6_000_000]
    assert exchange.uplink() is None


def test_what_the_region_forbids_is_never_asked_and_said_once(bench, caplog):
    wish = RadioWish(rx1_delay_s=16, rx1_dr_offset=7, rx2_data_rate=14, rx2_frequency_hz=915_000_000)
    exchange = Exchange(bench)
    exchange.desk = MacDesk(EU863_870, {"elsys-ers": replace(MODELS["elsys-ers"], radio=wish)}, Rhythm())
    assert exchange.uplink() is None
    assert [record.args[1] for record in caplog.records] == [
        "rx1_delay_s",
        "rx1_dr_offset",
        "rx2_data_rate",
        "rx2_frequency_hz",
    ]


def test_a_declined_setting_is_not_asked_again_and_kept_to_be_shown(bench):
    exchange = Exchange(bench)
    wish = RadioWish(channels=(WishedChannel(8, 865_100_000, 0, 5),))
    exchange.desk = MacDesk(EU863_870, {"elsys-ers": replace(MODELS["elsys-ers"], radio=wish)}, Rhythm())
    (asked,) = commands_of(exchange.uplink())
    assert exchange.uplink(NewChannelAns(True, False)) is None
    assert exchange.session.mac.refused == asked.encode()


def test_rx1_follows_a_channel_whose_downlinks_are_elsewhere(bench):
    exchange = Exchange(bench)
    exchange.session.mac = MacState(0, taught=DlChannelReq(0, 869_525_000).encode())
    rx1, _rx2 = exchange.uplink(confirmed=True).opportunities
    assert rx1.frequency_hz == 869_525_000


def test_a_profile_says_how_often_the_status_is_asked(bench):
    exchange = Exchange(bench)
    exchange.desk = MacDesk(EU863_870, {"elsys-ers": replace(MODELS["elsys-ers"], status_every_h=0)}, Rhythm())
    assert exchange.many(200, snr_db=-10.0) == [None] * 200
    exchange.desk = MacDesk(EU863_870, {"elsys-ers": replace(MODELS["elsys-ers"], status_every_h=1)}, Rhythm())
    asked = [answer for answer in exchange.many(10, snr_db=-10.0) if answer is not None]
    assert commands_of(asked[0]) == (DevStatusReq(),)

"""What a device gets back, when, and by which gateway."""

from datetime import timedelta

import pytest
from tests.lorawan.radio_side import SF7
from tests.lorawan.server.conftest import START, waiting

from maillage.lorawan.protocol.build import DataContent, build_data_uplink
from maillage.lorawan.protocol.frames import DataDownlink
from maillage.lorawan.protocol.mac.link_check import LinkCheckAns
from maillage.lorawan.protocol.mac.stream import parse_commands
from maillage.lorawan.protocol.parse import parse_frame
from maillage.lorawan.protocol.types import Direction
from maillage.lorawan.regions.data_rate import LoRaDataRate
from maillage.lorawan.server.answers import link_margin_db
from maillage.lorawan.server.downlinks import DownlinkState, FailureCause


def read(answer) -> DataDownlink:
    frame = parse_frame(answer.phy_payload)
    assert isinstance(frame, DataDownlink)
    return frame


def test_an_unconfirmed_uplink_gets_no_answer_when_nothing_waits(bench):
    assert bench.answer(bench.uplink(bench.devices[0].uplink())) is None


def test_a_confirmed_uplink_is_acknowledged_in_rx1_by_the_gateway_that_heard_best(bench):
    frame = bench.devices[0].uplink(confirmed=True)
    bench.hear(frame, 0.0, bench.near, snr_db=2.0, rssi_dbm=-70.0)
    bench.hear(frame, 0.1, bench.far, snr_db=9.0, rssi_dbm=-110.0)
    (uplink,), _ = bench.close(0.2)
    answer = bench.answer(uplink)
    first = answer.opportunities[0]
    assert read(answer).ack
    assert bench.devices[0].crypto.signs_downlink(read(answer), 0)
    assert (first.gateway_eui, first.frequency_hz, first.data_rate) == (bench.far.eui, 868_100_000, SF7)
    assert first.tmst_us == 100_000 + 1_000_000
    assert uplink.session.f_cnt_down == 1


def test_rx2_is_taken_when_rx1_cannot_be_met(bench):
    answer = bench.answer(bench.uplink(bench.devices[0].uplink(confirmed=True)), late_s=0.95)
    assert answer.opportunities[0].frequency_hz == 869_525_000
    assert answer.opportunities[0].tmst_us == 2_000_000


def test_no_counter_is_taken_when_both_windows_have_passed(bench):
    uplink = bench.uplink(bench.devices[0].uplink(confirmed=True))
    assert bench.answer(uplink, late_s=1.95) is None
    assert uplink.session.f_cnt_down == 0


def test_the_counter_of_the_microseconds_wraps(bench):
    frame = bench.devices[0].uplink(confirmed=True)
    bench.hear(frame, 4294.0)
    (uplink,), _ = bench.close(4294.2)
    assert bench.answer(uplink).opportunities[0].tmst_us == (4_294_000_000 + 1_000_000) % 2**32


def test_a_downlink_rides_with_the_acknowledgement_and_says_when_more_wait(bench):
    device = bench.devices[0]
    for number in (1, 2):
        bench.book.add(waiting(device.dev_eui, number))
    first = read(bench.answer(bench.uplink(device.uplink(confirmed=True), 0.0)))
    second = read(bench.answer(bench.uplink(device.uplink(), 10.0)))
    assert (first.ack, first.f_pending, first.f_port) == (True, True, 1)
    assert (second.ack, second.f_pending, second.f_cnt_16) == (False, False, 1)
    assert device.crypto.crypt(Direction.DOWNLINK, device.dev_addr, 1, second.frm_payload, 1) == b"\x0e\x13"


def test_the_duty_cycle_is_never_overbooked(bench):
    device, airtime_s = bench.devices[0], bench.plan.airtime_s(bench.plan.class_c(bench.near.eui), 12)
    sent, at_s = {"M": 0.0, "P": 0.0}, 0.0
    while (answer := bench.answer(bench.uplink(device.uplink(confirmed=True), at_s))) is not None:
        bench.transmitter.send(answer, START, at_s + 0.22)
        chance = bench.radio.sent[-1][1]
        band = bench.plan.region.sub_band(chance.frequency_hz).name
        sent[band] += bench.plan.airtime_s(chance, len(answer.phy_payload))
        at_s += 0.5
        bench.ledger.book(bench.near.eui, chance.frequency_hz, 10.0, at_s)  # others use the gateway, too
        sent[band] += 10.0
        if at_s > 300:
            pytest.fail("never refused")
    assert airtime_s < 2
    assert sent["M"] <= 36 + 10
    assert sent["P"] <= 360 + 10


def test_a_link_check_is_answered_with_margin_and_gateways(bench):
    uplink = bench.uplink(bench.devices[0].uplink(f_opts=b"\x02" * 15))
    commands = parse_commands(Direction.DOWNLINK, read(bench.answer(uplink)).f_opts).commands
    assert commands == (LinkCheckAns(margin_db=14, gateway_count=1),)


def test_the_time_is_told_as_of_the_end_of_the_uplink(bench):
    uplink = bench.uplink(bench.devices[0].uplink(f_opts=b"\x0d"), 5.0)
    (told,) = parse_commands(Direction.DOWNLINK, read(bench.answer(uplink)).f_opts).commands
    assert told.instant == START + timedelta(seconds=5)


def test_a_device_that_fears_to_be_alone_gets_an_empty_downlink(bench):
    device = bench.devices[0]
    asking = build_data_uplink(device.crypto, DataContent(device.dev_addr, 0, 5, b"\x01\x00\xe2"), adr_ack_req=True)
    frame = read(bench.answer(bench.uplink(asking)))
    assert (frame.f_port, frame.frm_payload) == (None, b"")


def test_a_payload_no_window_carries_fails_and_the_uplink_is_still_acknowledged(bench):
    device = bench.devices[0]
    bench.book.add(waiting(device.dev_eui, payload=bytes(243)))
    answer = bench.answer(bench.uplink(device.uplink(confirmed=True)))
    (change,) = bench.book.take_changes()
    assert (change.state, change.cause) == (DownlinkState.FAILED, FailureCause.PAYLOAD_TOO_LONG)
    assert "242" in change.detail
    assert read(answer).f_port is None


def test_a_class_c_device_is_reached_at_once_on_rx2(bench):
    device = bench.registry.devices[bench.devices[0].dev_eui]
    bench.book.add(waiting(device.dev_eui))
    assert bench.answering.at_once(device, START, 0.0) is None, "no gateway has heard it yet"
    device.best_gateway_eui = bench.near.eui
    (chance,) = bench.answering.at_once(device, START, 0.0).opportunities
    assert (chance.tmst_us, chance.frequency_hz, chance.data_rate.spreading_factor) == (None, 869_525_000, 12)


@pytest.mark.parametrize(
    ("snr_db", "factor", "margin_db"), [(7.0, 7, 14), (-20.0, 12, 0), (-30.0, 12, 0), (999, 7, 254)]
)
def test_the_margin_is_counted_from_the_floor_of_the_spreading_factor(snr_db, factor, margin_db):
    assert link_margin_db(snr_db, LoRaDataRate(factor, 125_000)) == margin_db


def test_a_class_c_device_waits_for_a_gateway_that_has_no_way_open(bench):
    device = bench.registry.devices[bench.devices[0].dev_eui]
    bench.book.add(waiting(device.dev_eui))
    device.best_gateway_eui = bench.near.eui
    bench.book.take_touched()
    bench.radio.is_reachable = False
    assert bench.answering.at_once(device, START, 0.0) is None
    assert (bench.book.take_changes(), device.session.f_cnt_down) == ([], 0)
    bench.radio.is_reachable = True
    bench.book.touch_waiting()
    assert bench.book.take_touched() == {device.dev_eui}
    assert bench.answering.at_once(device, START, 1.0) is not None

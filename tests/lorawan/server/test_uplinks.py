"""What the sieve accepts and refuses, as scenarios on the air."""

import pytest
from tests.lorawan.radio_side import FakeDevice

from maillage.lorawan.gateways.semtech_udp.values import CrcStatus
from maillage.lorawan.server.refusals import Cause


def test_copies_of_several_gateways_are_one_uplink_with_every_reception(bench):
    frame = bench.devices[0].uplink()
    bench.hear(frame, 0.00, bench.near, snr_db=2.0)
    bench.hear(frame, 0.05, bench.far, snr_db=9.0)
    bench.hear(frame, 0.06, bench.far, snr_db=9.0)  # the same datagram twice
    (uplink,), joins = bench.close(0.2)
    assert joins == []
    assert [(found.gateway.eui, found.snr_db) for found in uplink.received.receptions] == [
        (bench.near.eui, 2.0),
        (bench.far.eui, 9.0),
    ]
    assert (uplink.f_cnt, uplink.payload) == (0, bytes.fromhex("0100e2"))
    assert len(bench.accepted) == 1


def test_decoding_can_start_with_the_first_copy_before_the_window_closes(bench):
    bench.hear(bench.devices[0].uplink())
    assert len(bench.accepted) == 1
    assert bench.close(0.1) == ([], [])


def test_another_frame_with_the_same_counter_is_refused_inside_the_window(bench):
    device = bench.devices[0]
    bench.hear(device.frame(0, b"\x01\x00\xe2"), 0.0)
    bench.hear(device.frame(0, b"\x01\x00\xe3"), 0.05)
    uplinks, _ = bench.close(0.3)
    assert [found.payload for found in uplinks] == [b"\x01\x00\xe2"]


def test_a_replay_after_the_window_is_refused(bench):
    device = bench.devices[0]
    old = device.uplink()
    bench.uplink(old, 0.0)
    bench.uplink(device.uplink(), 5.0)
    bench.hear(old, 10.0)
    assert bench.close(11.0) == ([], [])
    assert bench.causes() == [Cause.REPLAYED_FRAME]


def test_a_late_copy_is_no_replay_and_is_not_answered(bench):
    frame = bench.devices[0].uplink(confirmed=True)
    bench.uplink(frame, 0.0)
    bench.hear(frame, 0.5, bench.far)
    assert bench.close(1.0) == ([], [])
    assert bench.causes() == []


def test_a_confirmed_uplink_sent_again_is_answered_again_but_only_so_often(bench):
    frame = bench.devices[0].uplink(confirmed=True)
    assert not bench.uplink(frame, 0.0).repeated
    again = [bench.uplink(frame, 3.0 * number) for number in range(1, bench.settings.max_repeat_answers + 1)]
    assert all(found.repeated for found in again)
    assert all(bench.answer(found) is not None for found in again)
    bench.hear(frame, 100.0)
    assert bench.close(101.0) == ([], [])
    assert bench.causes() == [Cause.REPLAYED_FRAME]
    assert len(bench.accepted) == 1, "sent again is not accepted again"


def test_devices_that_share_an_address_are_told_apart_by_the_mic(bench):
    third = FakeDevice(3)
    bench.add(third, dev_addr=bench.devices[0].dev_addr)
    frame = bench.devices[0].uplink()
    assert bench.uplink(frame).session.device.dev_eui == bench.devices[0].dev_eui
    assert bench.registry.candidates(bench.devices[0].dev_addr)[0].device.dev_eui == bench.devices[0].dev_eui


def test_counters_are_32_bits_long(bench):
    device = bench.devices[0]
    bench.registry.devices[device.dev_eui].session.f_cnt_up = 0x1_FFFF
    assert bench.uplink(device.frame(0x2_0000)).f_cnt == 0x2_0000


def a_stranger(bench):
    return FakeDevice(99).uplink()


def a_wrong_signature(bench):
    return bench.devices[0].uplink()[:-1] + b"\x00"


def a_gap(bench):
    return bench.devices[0].frame(20_000)


def a_downlink(bench):
    return bytes((0x60,)) + bench.devices[0].uplink()[1:]


@pytest.mark.parametrize(
    ("frame", "cause"),
    [
        (a_stranger, Cause.UNKNOWN_DEV_ADDR),
        (a_wrong_signature, Cause.WRONG_MIC),
        (a_gap, Cause.F_CNT_GAP),
        (a_downlink, Cause.UNEXPECTED_FRAME),
        (lambda _: b"\x40\x01", Cause.MALFORMED_FRAME),
        (lambda _: FakeDevice(99).join_request(1), Cause.UNKNOWN_DEVICE),
        (lambda bench: bench.devices[0].join_request(1)[:-1] + b"\x00", Cause.JOIN_WRONG_MIC),
    ],
)
def test_what_is_refused_is_counted_once_whatever_the_number_of_copies(bench, frame, cause):
    built = frame(bench)
    bench.hear(built, 0.0, bench.near)
    bench.hear(built, 0.1, bench.far)
    assert bench.close(1.0) == ([], [])
    assert bench.causes() == [cause]


def test_a_frame_with_a_bad_crc_only_counts_at_its_gateway(bench):
    bench.hear(bench.devices[0].uplink(), crc=CrcStatus.FAIL)
    assert (bench.near.crc_error_count, bench.near.uplink_count) == (1, 0)
    assert bench.accepted == []


def test_frames_are_refused_before_they_count_when_too_many_wait(bench):
    object.__setattr__(bench.settings, "max_waiting_uplinks", 1)
    bench.hear(bench.devices[0].uplink())
    bench.hear(bench.devices[1].uplink())
    assert bench.causes() == [Cause.OVERLOADED]
    assert bench.registry.devices[bench.devices[1].dev_eui].session.f_cnt_up == -1

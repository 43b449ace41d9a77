"""Who is tried first when many share a DevAddr, and that everyone is tried."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st
from tests.lorawan.radio_side import FakeDevice

from maillage.lorawan.protocol.build import DataContent, build_data_uplink
from maillage.lorawan.server.crowd import Crowd

ADDRESS = 0x01000001


@dataclass(eq=False)
class Speaker:
    f_cnt_up: int


def test_who_is_expected_comes_first_then_who_repeats_then_who_has_lost_least():
    far, repeats, lost_two, expected, heard_last = (Speaker(f_cnt) for f_cnt in (50, 8, 5, 7, 7))
    crowd = Crowd([far, repeats, lost_two, expected, heard_last])
    assert list(crowd.in_order(8)) == [expected, heard_last, repeats, lost_two, far]


def test_who_has_just_spoken_waits_for_its_turn():
    first, second = Speaker(-1), Speaker(-1)
    crowd = Crowd([first, second])
    first.f_cnt_up = 0
    crowd.put(first)
    assert list(crowd.in_order(0)) == [second, first]


@given(st.lists(st.integers(-1, 0xFFFF_FFFF), max_size=30), st.integers(0, 0xFFFF), st.integers(0, 29))
def test_everyone_is_tried_once_and_who_has_left_is_not(counters, f_cnt_16, left):
    speakers = [Speaker(f_cnt) for f_cnt in counters]
    crowd = Crowd(speakers)
    for speaker in speakers[left : left + 1]:
        crowd.drop(speaker)
    stayed = set(speakers) - set(speakers[left : left + 1])
    tried = list(crowd.in_order(f_cnt_16))
    assert len(tried) == len(stayed)
    assert set(tried) == stayed == set(crowd.sessions)


def test_forty_devices_on_one_address_are_told_apart_and_leave_one_by_one(bench):
    fakes = [FakeDevice(number) for number in range(10, 50)]
    for fake in fakes:
        bench.add(fake, ADDRESS)
    for number, fake in enumerate(fakes * 3):
        frame = build_data_uplink(fake.crypto, DataContent(ADDRESS, number // len(fakes), 5, b"\x01"))
        assert bench.uplink(frame, 10.0 * number).session.device.dev_eui == fake.dev_eui
    for fake in fakes:
        bench.registry.remove_device(fake.dev_eui)
    left = {session.device.dev_eui for session in bench.registry.candidates(ADDRESS)}
    assert left == {bench.devices[0].dev_eui}


def test_a_foreign_frame_on_a_crowded_address_is_a_wrong_signature(bench):
    for number in range(10, 50):
        bench.add(FakeDevice(number), bench.devices[1].dev_addr)
    frame = bench.devices[1].frame(40_000)
    bench.hear(frame[:-1] + bytes((frame[-1] ^ 1,)))
    assert bench.causes() == ["wrong_mic"]

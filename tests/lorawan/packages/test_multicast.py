"""Keys and counters of a multicast group."""

from dataclasses import replace

import pytest

from maillage.lorawan.packages.multicast import (
    MulticastGroup,
    build_multicast,
    decrypt_mc_key,
    encrypt_mc_key,
    mc_ke_key,
    mc_root_key,
    mc_root_key_1_1,
    mc_session_keys,
    open_multicast,
)
from maillage.lorawan.protocol.errors import FrameError, FrameReason
from maillage.lorawan.protocol.parse import parse_frame

REST = bytes(range(2, 17))
MC_KEY, APP_KEY, GEN_APP_KEY, ROOT_KEY = (bytes((first,)) + REST for first in (1, 2, 3, 4))
MC_ADDR = 0x01020304


def group(next_f_cnt=0, max_f_cnt=100):
    return MulticastGroup(MC_ADDR, mc_session_keys(MC_KEY, MC_ADDR), next_f_cnt, max_f_cnt)


def test_keys_are_those_of_the_published_vectors():
    assert mc_root_key(GEN_APP_KEY).hex() == "55344e82570eaec8bf03b99962d1f445"
    assert mc_root_key_1_1(APP_KEY).hex() == "264fd859583fcc670241ac071cc9f5bb"
    assert mc_ke_key(ROOT_KEY).hex() == "9083bebf704257883160dbfcde33ad71"
    keys = mc_session_keys(MC_KEY, MC_ADDR)
    assert keys.app_s_key.hex() == "95cb4518ee375606735bbacbdce837fa"
    assert keys.nwk_s_key.hex() == "c3f6b388bad6c000b23291ad52c11c7b"


def test_the_key_of_a_group_travels_under_the_key_of_the_device():
    encrypted = encrypt_mc_key(bytes([1] * 16), bytes([2] * 16))
    assert list(encrypted) == [52, 55, 214, 226, 49, 215, 2, 65, 155, 81, 180, 148, 114, 113, 182, 17]
    assert decrypt_mc_key(bytes([1] * 16), encrypted) == bytes([2] * 16)


def test_every_member_reads_a_frame_and_nobody_reads_it_twice():
    server = member = group()
    crypto = server.crypto()
    for number in range(3):
        phy_payload, server = build_multicast(server, crypto, 201, bytes([number]) * 40)
        frame = parse_frame(phy_payload)
        payload, member = open_multicast(member, crypto, frame)
        assert payload == bytes([number]) * 40
        assert open_multicast(member, crypto, frame) is None
    assert member == server
    assert server.frames_left == 97


def test_a_member_that_missed_frames_goes_on_with_the_next():
    server = member = group(next_f_cnt=65_530, max_f_cnt=70_000)
    crypto = server.crypto()
    for _ in range(10):
        phy_payload, server = build_multicast(server, crypto, 5, b"now")
    payload, member = open_multicast(member, crypto, parse_frame(phy_payload))
    assert (payload, member.next_f_cnt) == (b"now", 65_540)


def test_a_group_whose_counter_is_spent_sends_and_hears_nothing():
    spent = group(next_f_cnt=100)
    with pytest.raises(FrameError):
        build_multicast(spent, spent.crypto(), 5, b"late")
    phy_payload, _ = build_multicast(replace(spent, max_f_cnt=101), spent.crypto(), 5, b"late")
    assert open_multicast(spent, spent.crypto(), parse_frame(phy_payload)) is None


def test_a_frame_for_others_is_passed_over_and_a_forged_one_is_named():
    server = group()
    phy_payload, _ = build_multicast(server, server.crypto(), 5, b"hello")
    assert open_multicast(replace(server, mc_addr=1), server.crypto(), parse_frame(phy_payload)) is None
    forged = phy_payload[:-1] + bytes([phy_payload[-1] ^ 1])
    with pytest.raises(FrameError) as refusal:
        open_multicast(server, server.crypto(), parse_frame(forged))
    assert refusal.value.reason is FrameReason.WRONG_MIC


def test_a_key_of_another_length_is_refused():
    with pytest.raises(FrameError):
        mc_root_key(b"short")

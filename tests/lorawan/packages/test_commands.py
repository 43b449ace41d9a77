"""Commands of the packages against published octets, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.lorawan.packages import clock_sync, fragmentation, multicast_setup
from maillage.lorawan.packages.command import PackageVersionAns, PackageVersionReq, encode_message, parse_message
from maillage.lorawan.protocol.errors import FrameError
from maillage.lorawan.protocol.mac.stream import RemainderReason
from maillage.lorawan.protocol.types import Direction

UP, DOWN = Direction.UPLINK, Direction.DOWNLINK
KEY = bytes((1, 2, 3, 4, 5, 6, 7, 8)) * 2
DESCRIPTOR = bytes((1, 2, 3, 4))
CLOCK, MULTICAST = clock_sync.COMMANDS, multicast_setup.COMMANDS
FRAG, FRAG_V1 = fragmentation.COMMANDS, fragmentation.COMMANDS_V1
TABLES = (CLOCK, MULTICAST, FRAG, FRAG_V1)

# The octets of the test suites of two public network servers, which agree with each other.
VECTORS = [
    (CLOCK, DOWN, "00", PackageVersionReq()),
    (CLOCK, UP, "000101", PackageVersionAns(1, 1)),
    (CLOCK, UP, "01000400001f", clock_sync.AppTimeReq(1024, 15, answer_required=True)),
    (CLOCK, DOWN, "01000400000f", clock_sync.AppTimeAns(1024, 15)),
    (CLOCK, DOWN, "020f", clock_sync.DeviceAppTimePeriodicityReq(15)),
    (CLOCK, UP, "020100040000", clock_sync.DeviceAppTimePeriodicityAns(not_supported=True, device_time_s=1024)),
    (CLOCK, DOWN, "0307", clock_sync.ForceDeviceResync(7)),
    (MULTICAST, DOWN, "0103", multicast_setup.McGroupStatusReq(0b0011)),
    (MULTICAST, DOWN, "010a", multicast_setup.McGroupStatusReq(0b1010)),
    (
        MULTICAST,
        UP,
        "012300040302010104030202",
        multicast_setup.McGroupStatusAns(2, ((0, 0x01020304), (1, 0x02020304))),
    ),
    (
        MULTICAST,
        UP,
        "014c03040302010201020304",
        multicast_setup.McGroupStatusAns(4, ((3, 0x01020304), (2, 0x04030201))),
    ),
    (
        MULTICAST,
        DOWN,
        "020204030201" + KEY.hex() + "64000000c8000000",
        multicast_setup.McGroupSetupReq(2, 0x01020304, KEY, 100, 200),
    ),
    (MULTICAST, UP, "0206", multicast_setup.McGroupSetupAns(2, failed=True)),
    (MULTICAST, DOWN, "0303", multicast_setup.McGroupDeleteReq(3)),
    (MULTICAST, UP, "0305", multicast_setup.McGroupDeleteAns(1, failed=True)),
    (
        MULTICAST,
        DOWN,
        "0402000400000f28768405",
        multicast_setup.McClassCSessionReq(2, 1024, 15, 868_100_000, 5),
    ),
    (
        MULTICAST,
        DOWN,
        "0503000400004f28768405",
        multicast_setup.McClassBSessionReq(3, 1024, 4, 15, 868_100_000, 5),
    ),
    (MULTICAST, UP, "0403010204", multicast_setup.McClassCSessionAns(3, time_to_start_s=262_657)),
    (
        MULTICAST,
        UP,
        "041e",
        multicast_setup.McClassCSessionAns(2, data_rate_error=True, frequency_error=True, group_undefined=True),
    ),
    (MULTICAST, UP, "0503000400", multicast_setup.McClassBSessionAns(3, time_to_start_s=1024)),
    (
        MULTICAST,
        UP,
        "051f",
        multicast_setup.McClassBSessionAns(3, data_rate_error=True, frequency_error=True, group_undefined=True),
    ),
    (FRAG, DOWN, "0105", fragmentation.FragSessionStatusReq(2, everybody=True)),
    (
        FRAG,
        UP,
        "010500c480",
        fragmentation.FragSessionStatusAns(3, 1024, 128, memory_error=True, no_session=True),
    ),
    (FRAG_V1, UP, "0101c2ff01", fragmentation.FragSessionStatusAnsV1(3, 513, 255, memory_error=True)),
    (
        FRAG,
        DOWN,
        "02310004800d4001020304800001020304",
        fragmentation.FragSessionSetupReq(
            3, 0b0001, 1024, 128, 64, DESCRIPTOR, 128, DESCRIPTOR, block_ack_delay=5, algorithm=1
        ),
    ),
    (
        FRAG_V1,
        DOWN,
        "02350102ff2c8101020304",
        fragmentation.FragSessionSetupReqV1(3, 0b0101, 513, 255, 129, DESCRIPTOR, 4, 5),
    ),
    (
        FRAG,
        UP,
        "028b",
        fragmentation.FragSessionSetupAns(2, algorithm_unsupported=True, not_enough_memory=True, wrong_descriptor=True),
    ),
    (FRAG, DOWN, "0303", fragmentation.FragSessionDeleteReq(3)),
    (FRAG, UP, "0307", fragmentation.FragSessionDeleteAns(3, failed=True)),
    (FRAG, UP, "0406", fragmentation.FragDataBlockReceivedReq(2, failed=True)),
    (FRAG, DOWN, "0402", fragmentation.FragDataBlockReceivedAns(2)),
    (FRAG, DOWN, "08008401020304", fragmentation.DataFragment(2, 1024, DESCRIPTOR)),
    (FRAG_V1, DOWN, "0801c2010203040506", fragmentation.DataFragment(3, 513, bytes(range(1, 7)))),
]


@pytest.mark.parametrize(("table", "direction", "octets", "command"), VECTORS)
def test_a_command_has_its_published_octets(table, direction, octets, command):
    assert command.encode().hex() == octets
    message = parse_message(table, direction, bytes.fromhex(octets))
    assert message.commands == (command,)
    assert message.remainder is None


@pytest.mark.parametrize(("table", "direction", "octets", "command"), VECTORS)
def test_a_command_cut_anywhere_is_left_over(table, direction, octets, command):
    data = bytes.fromhex(octets)
    shortest = 3 if isinstance(command, fragmentation.DataFragment) else len(data)
    for end in range(1, shortest):
        message = parse_message(table, direction, data[:end])
        assert message.commands == ()
        assert message.remainder.reason is RemainderReason.TRUNCATED


def test_several_commands_make_one_message():
    accepted = multicast_setup.McClassBSessionAns(3, time_to_start_s=262_657)
    refused = multicast_setup.McClassBSessionAns(3, frequency_error=True)
    message = parse_message(MULTICAST, UP, encode_message([accepted, refused, PackageVersionAns(2, 2)]))
    assert message.commands == (accepted, refused, PackageVersionAns(2, 2))


def test_an_unknown_command_ends_the_reading_but_keeps_what_came_before():
    message = parse_message(CLOCK, UP, bytes.fromhex("00010177ff"))
    assert message.commands == (PackageVersionAns(1, 1),)
    assert (message.remainder.reason, message.remainder.data) == (RemainderReason.UNKNOWN_COMMAND, b"\x77\xff")


@given(st.sampled_from(TABLES), st.sampled_from(Direction), st.binary(max_size=60))
def test_random_bytes_are_read_without_an_error(table, direction, data):
    message = parse_message(table, direction, data)
    for command in message.commands:
        assert isinstance(command, tuple(table[direction].values()))


@pytest.mark.parametrize(
    "command",
    [
        clock_sync.AppTimeReq(1 << 32, 0, answer_required=True),
        clock_sync.AppTimeAns(1 << 31, 0),
        clock_sync.AppTimeAns(-(1 << 31) - 1, 0),
        clock_sync.DeviceAppTimePeriodicityReq(16),
        clock_sync.ForceDeviceResync(8),
        multicast_setup.McGroupStatusReq(16),
        multicast_setup.McGroupStatusAns(1, ((0, 1), (0, 2))),
        multicast_setup.McGroupSetupReq(4, 1, KEY, 0, 1),
        multicast_setup.McGroupSetupReq(0, 1, KEY[1:], 0, 1),
        multicast_setup.McClassBSessionReq(0, 1000, 0, 0, 868_100_000, 0),
        multicast_setup.McClassCSessionReq(0, 0, 16, 868_100_000, 0),
        multicast_setup.McClassCSessionAns(0),
        multicast_setup.McClassCSessionAns(0, frequency_error=True, time_to_start_s=3),
        fragmentation.FragSessionStatusAns(0, 1 << 14, 0),
        fragmentation.FragSessionSetupReq(0, 0, 1, 1, 0, b"", 0, bytes(4)),
        fragmentation.DataFragment(4, 1, b""),
    ],
)
def test_a_field_that_does_not_fit_is_refused(command):
    with pytest.raises(FrameError):
        command.encode()


def test_a_setup_is_accepted_when_nothing_speaks_against_it():
    assert fragmentation.FragSessionSetupAns(3).accepted
    assert not fragmentation.FragSessionSetupAns(0, session_cnt_replayed=True).accepted


def test_sessions_last_what_their_exponents_say():
    assert multicast_setup.McClassCSessionReq(0, 0, 8, 868_100_000, 0).longest_s == 256
    assert multicast_setup.McClassBSessionReq(0, 0, 0, 3, 868_100_000, 0).longest_s == 1024
    assert clock_sync.DeviceAppTimePeriodicityReq(3).period_s == 1024

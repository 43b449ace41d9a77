"""MAC commands, alone and in a run."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.lorawan.protocol.dl_settings import DLSettings
from maillage.lorawan.protocol.errors import FrameError
from maillage.lorawan.protocol.mac.dev_status import DevStatusAns, DevStatusReq
from maillage.lorawan.protocol.mac.device_time import DeviceTimeAns, DeviceTimeReq
from maillage.lorawan.protocol.mac.duty_cycle import DutyCycleAns, DutyCycleReq
from maillage.lorawan.protocol.mac.link_adr import LinkADRAns, LinkADRReq
from maillage.lorawan.protocol.mac.link_check import LinkCheckAns, LinkCheckReq
from maillage.lorawan.protocol.mac.new_channel import NewChannelAns, NewChannelReq
from maillage.lorawan.protocol.mac.rx_param_setup import RXParamSetupAns, RXParamSetupReq
from maillage.lorawan.protocol.mac.rx_timing_setup import RXTimingSetupAns, RXTimingSetupReq
from maillage.lorawan.protocol.mac.stream import (
    CommandStream,
    Remainder,
    RemainderReason,
    encode_commands,
    parse_commands,
)
from maillage.lorawan.protocol.types import Direction

NIBBLE = st.integers(0, 15)
OCTET = st.integers(0, 255)
FLAG = st.booleans()
HZ = st.integers(0, 2**24 - 1).map(lambda step: 100 * step)

UPLINK = st.one_of(
    st.just(LinkCheckReq()),
    st.builds(LinkADRAns, FLAG, FLAG, FLAG),
    st.just(DutyCycleAns()),
    st.builds(RXParamSetupAns, FLAG, FLAG, FLAG),
    st.builds(DevStatusAns, OCTET, st.integers(-32, 31)),
    st.builds(NewChannelAns, FLAG, FLAG),
    st.just(RXTimingSetupAns()),
    st.just(DeviceTimeReq()),
)
DOWNLINK = st.one_of(
    st.builds(LinkCheckAns, OCTET, OCTET),
    st.builds(LinkADRReq, NIBBLE, NIBBLE, st.integers(0, 0xFFFF), st.integers(0, 7), NIBBLE),
    st.builds(DutyCycleReq, NIBBLE),
    st.builds(RXParamSetupReq, st.builds(DLSettings, st.integers(0, 7), NIBBLE), HZ),
    st.just(DevStatusReq()),
    st.builds(NewChannelReq, OCTET, HZ, NIBBLE, NIBBLE),
    st.builds(RXTimingSetupReq, st.integers(1, 15)),
    st.builds(DeviceTimeAns, st.integers(0, 2**32 - 1), OCTET),
)


@given(st.lists(UPLINK))
def test_what_a_device_says_is_read_as_it_was_written(commands):
    assert parse_commands(Direction.UPLINK, encode_commands(commands)) == CommandStream(tuple(commands))


@given(st.lists(DOWNLINK))
def test_what_the_network_says_is_read_as_it_was_written(commands):
    assert parse_commands(Direction.DOWNLINK, encode_commands(commands)) == CommandStream(tuple(commands))


@given(st.sampled_from(Direction), st.binary(max_size=255))
def test_any_bytes_give_commands_and_a_remainder(direction, data):
    stream = parse_commands(direction, data)
    rest = stream.remainder.data if stream.remainder else b""
    assert len(encode_commands(stream.commands)) + len(rest) == len(data)
    assert data.endswith(rest)


def test_an_unknown_command_ends_the_reading_and_keeps_what_came_before():
    stream = parse_commands(Direction.UPLINK, bytes.fromhex("0280ff0d"))
    assert stream == CommandStream(
        (LinkCheckReq(),), Remainder(RemainderReason.UNKNOWN_COMMAND, bytes.fromhex("80ff0d"))
    )
    assert stream.remainder.cid == 0x80


def test_a_cut_command_is_a_remainder():
    stream = parse_commands(Direction.UPLINK, bytes.fromhex("030706ff"))
    assert stream.commands == (LinkADRAns(power_ack=True, data_rate_ack=True, channel_mask_ack=True),)
    assert stream.remainder == Remainder(RemainderReason.TRUNCATED, bytes.fromhex("06ff"))


@pytest.mark.parametrize(
    ("direction", "octets", "command"),
    [
        (Direction.DOWNLINK, "0352ff0001", LinkADRReq(5, 2, 0x00FF, 0, 1)),
        (Direction.DOWNLINK, "0500d2ad84", RXParamSetupReq(DLSettings(0, 0), 869_525_000)),
        (Direction.DOWNLINK, "0703184f8450", NewChannelReq(3, 867_100_000, 0, 5)),
        (Direction.UPLINK, "06fe3f", DevStatusAns(254, -1)),
        (Direction.UPLINK, "06000a", DevStatusAns(0, 10)),
    ],
)
def test_the_octets_of_a_command_are_those_of_the_standard(direction, octets, command):
    assert parse_commands(direction, bytes.fromhex(octets)).commands == (command,)
    assert command.encode().hex() == octets


def test_reserved_bits_are_ignored():
    assert parse_commands(Direction.UPLINK, b"\x03\xff").commands[0].accepted
    assert parse_commands(Direction.DOWNLINK, b"\x08\xf0").commands == (RXTimingSetupReq(1),)


def test_a_partial_acceptance_is_no_acceptance():
    assert not LinkADRAns(power_ack=True, data_rate_ack=False, channel_mask_ack=True).accepted
    assert not RXParamSetupAns(rx1_dr_offset_ack=True, rx2_data_rate_ack=True, channel_ack=False).accepted
    assert not NewChannelAns(data_rate_range_ok=False, frequency_ok=True).accepted


def test_the_battery_is_a_share_of_full_or_unknown():
    assert DevStatusAns(127, 0).battery_percent == 50.0
    assert DevStatusAns(0, 0).battery_percent is None
    assert DevStatusAns(255, 0).battery_percent is None


def test_a_duty_cycle_is_a_power_of_two():
    assert DutyCycleReq(0).ratio == 1.0
    assert DutyCycleReq(7).ratio == 1 / 128


def test_device_time_counts_from_the_gps_epoch_without_leap_seconds():
    answer = DeviceTimeAns.at(datetime(2024, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC))
    assert answer == DeviceTimeAns(1_388_102_418, 128)
    assert answer.instant == datetime(2024, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_device_time_is_right_to_a_256th_of_a_second(instant):
    assert timedelta(0) <= instant - DeviceTimeAns.at(instant).instant <= timedelta(seconds=1 / 256)


@pytest.mark.parametrize(
    "command",
    [
        LinkADRReq(16, 0, 0),
        LinkADRReq(0, 0, 0x10000),
        LinkCheckAns(256, 0),
        DutyCycleReq(16),
        RXParamSetupReq(DLSettings(0, 0), 869_525_050),
        DevStatusAns(0, 32),
        NewChannelReq(0, 0, 16, 0),
        RXTimingSetupReq(16),
        DeviceTimeAns(2**32),
    ],
)
def test_a_field_that_does_not_fit_is_refused(command):
    with pytest.raises(FrameError):
        command.encode()

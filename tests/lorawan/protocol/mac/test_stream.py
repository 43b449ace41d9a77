"""MAC commands, alone and in a run."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.lorawan.protocol.dl_settings import DLSettings
from maillage.lorawan.protocol.errors import FrameError
from maillage.lorawan.protocol.mac.adr_param_setup import ADRParamSetupAns, ADRParamSetupReq
from maillage.lorawan.protocol.mac.beacon_freq import BeaconFreqAns, BeaconFreqReq
from maillage.lorawan.protocol.mac.beacon_timing import BeaconTimingAns, BeaconTimingReq
from maillage.lorawan.protocol.mac.dev_status import DevStatusAns, DevStatusReq
from maillage.lorawan.protocol.mac.device_mode import CLASS_C, DeviceModeConf, DeviceModeInd
from maillage.lorawan.protocol.mac.device_time import DeviceTimeAns, DeviceTimeReq
from maillage.lorawan.protocol.mac.dl_channel import DlChannelAns, DlChannelReq
from maillage.lorawan.protocol.mac.duty_cycle import DutyCycleAns, DutyCycleReq
from maillage.lorawan.protocol.mac.force_rejoin import ForceRejoinReq
from maillage.lorawan.protocol.mac.link_adr import LinkADRAns, LinkADRReq
from maillage.lorawan.protocol.mac.link_check import LinkCheckAns, LinkCheckReq
from maillage.lorawan.protocol.mac.new_channel import NewChannelAns, NewChannelReq
from maillage.lorawan.protocol.mac.ping_slot_channel import PingSlotChannelAns, PingSlotChannelReq
from maillage.lorawan.protocol.mac.ping_slot_info import PingSlotInfoAns, PingSlotInfoReq
from maillage.lorawan.protocol.mac.rejoin_param_setup import RejoinParamSetupAns, RejoinParamSetupReq
from maillage.lorawan.protocol.mac.rekey import RekeyConf, RekeyInd
from maillage.lorawan.protocol.mac.reset import ResetConf, ResetInd
from maillage.lorawan.protocol.mac.rx_param_setup import RXParamSetupAns, RXParamSetupReq
from maillage.lorawan.protocol.mac.rx_timing_setup import RXTimingSetupAns, RXTimingSetupReq
from maillage.lorawan.protocol.mac.stream import (
    COMMANDS,
    CommandStream,
    Remainder,
    RemainderReason,
    encode_commands,
    parse_commands,
)
from maillage.lorawan.protocol.mac.tx_param_setup import TXParamSetupAns, TXParamSetupReq
from maillage.lorawan.protocol.types import Direction
from maillage.lorawan.protocol.version import Version

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
    st.just(TXParamSetupAns()),
    st.builds(DlChannelAns, FLAG, FLAG),
    st.just(DeviceTimeReq()),
    st.builds(PingSlotInfoReq, st.integers(0, 7)),
    st.builds(PingSlotChannelAns, FLAG, FLAG),
    st.just(BeaconTimingReq()),
    st.builds(BeaconFreqAns, FLAG),
)
UPLINK_1_1 = UPLINK | st.one_of(
    st.builds(ResetInd, NIBBLE),
    st.builds(RekeyInd, NIBBLE),
    st.just(ADRParamSetupAns()),
    st.builds(RejoinParamSetupAns, FLAG),
    st.builds(DeviceModeInd, OCTET),
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
    st.builds(TXParamSetupReq, NIBBLE, FLAG, FLAG),
    st.builds(DlChannelReq, OCTET, HZ),
    st.just(PingSlotInfoAns()),
    st.builds(PingSlotChannelReq, HZ, NIBBLE),
    st.builds(BeaconTimingAns, st.integers(0, 0xFFFF), OCTET),
    st.builds(BeaconFreqReq, HZ),
)
DOWNLINK_1_1 = DOWNLINK | st.one_of(
    st.builds(ResetConf, NIBBLE),
    st.builds(RekeyConf, NIBBLE),
    st.builds(ADRParamSetupReq, NIBBLE, NIBBLE),
    st.builds(ForceRejoinReq, st.integers(0, 7), st.integers(0, 7), st.integers(0, 7), NIBBLE),
    st.builds(RejoinParamSetupReq, NIBBLE, NIBBLE),
    st.builds(DeviceModeConf, OCTET),
)
FROM_1_1_ON = ["0101", "0b01", "0c", "0f01", "2000"]


@given(st.lists(UPLINK))
def test_what_a_device_says_is_read_as_it_was_written(commands):
    assert parse_commands(Direction.UPLINK, encode_commands(commands)) == CommandStream(tuple(commands))


@given(st.lists(DOWNLINK))
def test_what_the_network_says_is_read_as_it_was_written(commands):
    assert parse_commands(Direction.DOWNLINK, encode_commands(commands)) == CommandStream(tuple(commands))


@given(st.lists(UPLINK_1_1))
def test_what_a_device_of_1_1_says_is_read_as_it_was_written(commands):
    stream = parse_commands(Direction.UPLINK, encode_commands(commands), Version.V1_1)
    assert stream == CommandStream(tuple(commands))


@given(st.lists(DOWNLINK_1_1))
def test_what_a_network_of_1_1_says_is_read_as_it_was_written(commands):
    stream = parse_commands(Direction.DOWNLINK, encode_commands(commands), Version.V1_1)
    assert stream == CommandStream(tuple(commands))


@pytest.mark.parametrize("version", [Version.V1_0_2, Version.V1_0_3, Version.V1_0_4])
@pytest.mark.parametrize("octets", FROM_1_1_ON)
def test_what_only_1_1_knows_is_no_command_before(version, octets):
    data = bytes.fromhex(octets)
    assert parse_commands(Direction.UPLINK, data, version).remainder == Remainder(RemainderReason.UNKNOWN_COMMAND, data)
    assert parse_commands(Direction.UPLINK, data, Version.V1_1).remainder is None


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize("direction", Direction)
def test_every_command_has_its_place_under_its_own_identifier(version, direction):
    for cid, command in COMMANDS[version][direction].items():
        assert cid == command.CID
        assert command.read(bytes(command.PAYLOAD_BYTES)).encode()[0] == cid


@given(st.sampled_from(Direction), st.binary(max_size=255), st.sampled_from(Version))
def test_any_bytes_give_commands_and_a_remainder(direction, data, version):
    stream = parse_commands(direction, data, version)
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
        (Direction.DOWNLINK, "0925", TXParamSetupReq(5, uplink_dwell_limited=False, downlink_dwell_limited=True)),
        (Direction.DOWNLINK, "0a03184f84", DlChannelReq(3, 867_100_000)),
        (Direction.DOWNLINK, "0c65", ADRParamSetupReq(6, 5)),
        (Direction.DOWNLINK, "0e231a", ForceRejoinReq(3, 2, 2, 3)),
        (Direction.DOWNLINK, "0f12", RejoinParamSetupReq(1, 2)),
        (Direction.DOWNLINK, "11d2ad8403", PingSlotChannelReq(869_525_000, 3)),
        (Direction.DOWNLINK, "12010203", BeaconTimingAns(0x0201, 3)),
        (Direction.DOWNLINK, "13d2ad84", BeaconFreqReq(869_525_000)),
        (Direction.UPLINK, "0101", ResetInd()),
        (Direction.UPLINK, "0a02", DlChannelAns(uplink_frequency_exists=True, channel_frequency_ok=False)),
        (Direction.UPLINK, "0b01", RekeyInd()),
        (Direction.UPLINK, "1004", PingSlotInfoReq(4)),
        (Direction.UPLINK, "1102", PingSlotChannelAns(data_rate_ok=True, frequency_ok=False)),
        (Direction.UPLINK, "2002", DeviceModeInd(CLASS_C)),
        (Direction.UPLINK, "06fe3f", DevStatusAns(254, -1)),
        (Direction.UPLINK, "06000a", DevStatusAns(0, 10)),
    ],
)
def test_the_octets_of_a_command_are_those_of_the_standard(direction, octets, command):
    assert parse_commands(direction, bytes.fromhex(octets), Version.V1_1).commands == (command,)
    assert command.encode().hex() == octets


def test_reserved_bits_are_ignored():
    assert parse_commands(Direction.UPLINK, b"\x03\xff").commands[0].accepted
    assert parse_commands(Direction.DOWNLINK, b"\x08\xf0").commands == (RXTimingSetupReq(1),)


def test_a_partial_acceptance_is_no_acceptance():
    assert not LinkADRAns(power_ack=True, data_rate_ack=False, channel_mask_ack=True).accepted
    assert not RXParamSetupAns(rx1_dr_offset_ack=True, rx2_data_rate_ack=True, channel_ack=False).accepted
    assert not NewChannelAns(data_rate_range_ok=False, frequency_ok=True).accepted
    assert not DlChannelAns(uplink_frequency_exists=True, channel_frequency_ok=False).accepted
    assert not PingSlotChannelAns(data_rate_ok=False, frequency_ok=True).accepted
    assert BeaconFreqAns(frequency_ok=True).accepted


def test_the_battery_is_a_share_of_full_or_unknown():
    assert DevStatusAns(127, 0).battery_percent == 50.0
    assert DevStatusAns(0, 0).battery_percent is None
    assert DevStatusAns(255, 0).battery_percent is None


def test_exponents_are_told_as_quantities():
    assert (ADRParamSetupReq(6, 5).ack_limit, ADRParamSetupReq(6, 5).ack_delay) == (64, 32)
    assert (RejoinParamSetupReq(0, 0).max_time_s, RejoinParamSetupReq(0, 0).max_uplinks) == (1024, 16)
    assert ForceRejoinReq(2, 0, 0, 0).retry_delay_s == 128
    assert TXParamSetupReq(5, uplink_dwell_limited=True, downlink_dwell_limited=True).max_eirp_dbm == 16
    assert BeaconTimingAns(100).earliest_ms == 3_000


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
        ResetInd(16),
        ADRParamSetupReq(16, 0),
        ForceRejoinReq(8, 0, 0, 0),
        RejoinParamSetupReq(0, 16),
        DeviceModeInd(256),
        TXParamSetupReq(16, uplink_dwell_limited=False, downlink_dwell_limited=False),
        DlChannelReq(256, 0),
        PingSlotInfoReq(8),
        PingSlotChannelReq(0, 16),
        BeaconTimingAns(2**16),
        BeaconFreqReq(1),
    ],
)
def test_a_field_that_does_not_fit_is_refused(command):
    with pytest.raises(FrameError):
        command.encode()

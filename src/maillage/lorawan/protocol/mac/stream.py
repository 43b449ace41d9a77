"""A run of MAC commands, as carried by FOpts or by FRMPayload on port 0 (LoRaWAN L2 1.0.4, §5; 1.1, §5).

Commands carry no length: after one that is not known, nothing more can be read. What is left is a value,
not an error, because the commands before it are valid and must be obeyed. Which commands are known depends on
the version: identifiers that 1.1 gave a meaning are reserved in 1.0.x. Within 1.0.x the revisions never
contradict one another, and devices use commands of a later one than they declare, so one table serves all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from maillage.lorawan.protocol.mac.adr_param_setup import ADRParamSetupAns, ADRParamSetupReq
from maillage.lorawan.protocol.mac.beacon_freq import BeaconFreqAns, BeaconFreqReq
from maillage.lorawan.protocol.mac.beacon_timing import BeaconTimingAns, BeaconTimingReq
from maillage.lorawan.protocol.mac.command import MacCommand
from maillage.lorawan.protocol.mac.dev_status import DevStatusAns, DevStatusReq
from maillage.lorawan.protocol.mac.device_mode import DeviceModeConf, DeviceModeInd
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
from maillage.lorawan.protocol.mac.tx_param_setup import TXParamSetupAns, TXParamSetupReq
from maillage.lorawan.protocol.types import Direction
from maillage.lorawan.protocol.version import Version

_UPLINK_1_0: tuple[type[MacCommand], ...] = (
    LinkCheckReq,
    LinkADRAns,
    DutyCycleAns,
    RXParamSetupAns,
    DevStatusAns,
    NewChannelAns,
    RXTimingSetupAns,
    TXParamSetupAns,
    DlChannelAns,
    DeviceTimeReq,
    PingSlotInfoReq,
    PingSlotChannelAns,
    BeaconTimingReq,
    BeaconFreqAns,
)
_DOWNLINK_1_0: tuple[type[MacCommand], ...] = (
    LinkCheckAns,
    LinkADRReq,
    DutyCycleReq,
    RXParamSetupReq,
    DevStatusReq,
    NewChannelReq,
    RXTimingSetupReq,
    TXParamSetupReq,
    DlChannelReq,
    DeviceTimeAns,
    PingSlotInfoAns,
    PingSlotChannelReq,
    BeaconTimingAns,
    BeaconFreqReq,
)
_UPLINK_1_1: tuple[type[MacCommand], ...] = (
    *_UPLINK_1_0,
    ResetInd,
    RekeyInd,
    ADRParamSetupAns,
    RejoinParamSetupAns,
    DeviceModeInd,
)
_DOWNLINK_1_1: tuple[type[MacCommand], ...] = (
    *_DOWNLINK_1_0,
    ResetConf,
    RekeyConf,
    ADRParamSetupReq,
    ForceRejoinReq,
    RejoinParamSetupReq,
    DeviceModeConf,
)


def _by_cid(commands: tuple[type[MacCommand], ...]) -> Mapping[int, type[MacCommand]]:
    return {command.CID: command for command in commands}


_COMMANDS_1_0 = {Direction.UPLINK: _by_cid(_UPLINK_1_0), Direction.DOWNLINK: _by_cid(_DOWNLINK_1_0)}
_COMMANDS_1_1 = {Direction.UPLINK: _by_cid(_UPLINK_1_1), Direction.DOWNLINK: _by_cid(_DOWNLINK_1_1)}
COMMANDS: Mapping[Version, Mapping[Direction, Mapping[int, type[MacCommand]]]] = {
    version: _COMMANDS_1_1 if version.is_1_1 else _COMMANDS_1_0 for version in Version
}


class RemainderReason(StrEnum):
    UNKNOWN_COMMAND = "unknown_command"
    TRUNCATED = "truncated"


@dataclass(frozen=True, slots=True)
class Remainder:
    """The bytes that could not be read, from the identifier on."""

    reason: RemainderReason
    data: bytes

    @property
    def cid(self) -> int:
        return self.data[0]


@dataclass(frozen=True, slots=True)
class CommandStream:
    commands: tuple[MacCommand, ...]
    remainder: Remainder | None = None


_NOTHING = CommandStream(())


def parse_commands(direction: Direction, data: bytes, version: Version = Version.V1_0_4) -> CommandStream:
    """The commands in ``data`` in order, and what is left if one is unknown or cut. Raises nothing.

    In 1.1, ``data`` from FOpts is deciphered first.
    """
    if not data:
        return _NOTHING
    known, at = COMMANDS[version][direction], 0
    found: list[MacCommand] = []
    while at < len(data):
        kind = known.get(data[at])
        if kind is None:
            return CommandStream(tuple(found), Remainder(RemainderReason.UNKNOWN_COMMAND, data[at:]))
        end = at + 1 + kind.PAYLOAD_BYTES
        if end > len(data):
            return CommandStream(tuple(found), Remainder(RemainderReason.TRUNCATED, data[at:]))
        found.append(kind.read(data[at + 1 : end]))
        at = end
    return CommandStream(tuple(found))


def encode_commands(commands: Iterable[MacCommand]) -> bytes:
    """The run of bytes; the caller chooses FOpts (at most 15) or port 0."""
    return b"".join(command.encode() for command in commands)

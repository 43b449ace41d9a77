"""A run of MAC commands, as carried by FOpts or by FRMPayload on port 0 (LoRaWAN L2 1.0.4, §5).

Commands carry no length: after one that is not known, nothing more can be read. What is left is a value,
not an error, because the commands before it are valid and must be obeyed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from maillage.lorawan.protocol.mac.command import MacCommand
from maillage.lorawan.protocol.mac.dev_status import DevStatusAns, DevStatusReq
from maillage.lorawan.protocol.mac.device_time import DeviceTimeAns, DeviceTimeReq
from maillage.lorawan.protocol.mac.duty_cycle import DutyCycleAns, DutyCycleReq
from maillage.lorawan.protocol.mac.link_adr import LinkADRAns, LinkADRReq
from maillage.lorawan.protocol.mac.link_check import LinkCheckAns, LinkCheckReq
from maillage.lorawan.protocol.mac.new_channel import NewChannelAns, NewChannelReq
from maillage.lorawan.protocol.mac.rx_param_setup import RXParamSetupAns, RXParamSetupReq
from maillage.lorawan.protocol.mac.rx_timing_setup import RXTimingSetupAns, RXTimingSetupReq
from maillage.lorawan.protocol.types import Direction

_UPLINK: tuple[type[MacCommand], ...] = (
    LinkCheckReq,
    LinkADRAns,
    DutyCycleAns,
    RXParamSetupAns,
    DevStatusAns,
    NewChannelAns,
    RXTimingSetupAns,
    DeviceTimeReq,
)
_DOWNLINK: tuple[type[MacCommand], ...] = (
    LinkCheckAns,
    LinkADRReq,
    DutyCycleReq,
    RXParamSetupReq,
    DevStatusReq,
    NewChannelReq,
    RXTimingSetupReq,
    DeviceTimeAns,
)
COMMANDS: Mapping[Direction, Mapping[int, type[MacCommand]]] = {
    Direction.UPLINK: {kind.CID: kind for kind in _UPLINK},
    Direction.DOWNLINK: {kind.CID: kind for kind in _DOWNLINK},
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


def parse_commands(direction: Direction, data: bytes) -> CommandStream:
    """The commands in ``data`` in order, and what is left if one is unknown or cut. Raises nothing."""
    if not data:
        return _NOTHING
    known, at = COMMANDS[direction], 0
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

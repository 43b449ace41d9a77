"""What a network asks of a device, and what becomes of it."""

from dataclasses import dataclass

from maillage.kernel.errors import Invalid
from maillage.lorawan.protocol.mac.adr_param_setup import ADRParamSetupReq
from maillage.lorawan.protocol.mac.beacon_freq import BeaconFreqAns, BeaconFreqReq
from maillage.lorawan.protocol.mac.command import MacCommand
from maillage.lorawan.protocol.mac.dev_status import DevStatusReq
from maillage.lorawan.protocol.mac.dl_channel import DlChannelAns, DlChannelReq
from maillage.lorawan.protocol.mac.duty_cycle import DutyCycleReq
from maillage.lorawan.protocol.mac.link_adr import LinkADRAns, LinkADRReq
from maillage.lorawan.protocol.mac.new_channel import NewChannelAns, NewChannelReq
from maillage.lorawan.protocol.mac.ping_slot_channel import PingSlotChannelAns, PingSlotChannelReq
from maillage.lorawan.protocol.mac.rejoin_param_setup import RejoinParamSetupReq
from maillage.lorawan.protocol.mac.rx_param_setup import RXParamSetupAns, RXParamSetupReq
from maillage.lorawan.protocol.mac.rx_timing_setup import RXTimingSetupReq
from maillage.lorawan.protocol.mac.stream import COMMANDS
from maillage.lorawan.protocol.mac.tx_param_setup import TXParamSetupReq
from maillage.lorawan.protocol.types import Direction
from maillage.lorawan.protocol.version import Version

_ANSWERED = (
    LinkADRReq,
    DutyCycleReq,
    RXParamSetupReq,
    DevStatusReq,
    NewChannelReq,
    RXTimingSetupReq,
    TXParamSetupReq,
    DlChannelReq,
    ADRParamSetupReq,
    RejoinParamSetupReq,
    PingSlotChannelReq,
    BeaconFreqReq,
)
ANSWERED_CIDS = frozenset(request.CID for request in _ANSWERED)
"""Identifiers of the requests that a device answers; ForceRejoin it obeys without a word."""

_Judged = LinkADRAns | RXParamSetupAns | NewChannelAns | DlChannelAns | PingSlotChannelAns | BeaconFreqAns


@dataclass(frozen=True, slots=True)
class Request:
    """One command, or a LinkADR block, and how often it was sent."""

    commands: tuple[MacCommand, ...]
    attempts: int = 0

    @property
    def cid(self) -> int:
        return self.commands[0].CID

    @property
    def subject(self) -> tuple[int, int | None]:
        """What it sets: requests of one subject follow each other, they never travel together."""
        first = self.commands[0]
        return first.CID, first.channel_index if isinstance(first, DlChannelReq | NewChannelReq) else None

    def answer_bytes(self, version: Version) -> int:
        """What the answers take in an uplink, at most."""
        answer = COMMANDS[version][Direction.UPLINK][self.cid]
        return len(self.commands) * (1 + answer.PAYLOAD_BYTES)


@dataclass(frozen=True, slots=True)
class Accepted:
    request: Request
    answers: tuple[MacCommand, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    request: Request
    answers: tuple[MacCommand, ...]


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Sent often enough without an answer. The receive windows are certainly as before; anything else that it
    would set may have changed, if only the answers were lost.
    """

    request: Request


@dataclass(frozen=True, slots=True)
class Unasked:
    """An answer to nothing that was asked."""

    answer: MacCommand


Outcome = Accepted | Refused | GivenUp | Unasked


def made_request(version: Version, commands: tuple[MacCommand, ...]) -> Request:
    """One command that is answered, or several LinkADRReq; else ``Invalid``."""
    is_block = bool(commands) and all(isinstance(command, LinkADRReq) for command in commands)
    if len(commands) != 1 and not is_block:
        raise Invalid("lorawan.mac.not_one_request", commands=len(commands))
    command = commands[0]
    known = COMMANDS[version][Direction.DOWNLINK].get(command.CID)
    if not isinstance(command, _ANSWERED) or not isinstance(command, known or ()):
        raise Invalid("lorawan.mac.not_a_request", command=type(command).__name__, version=str(version))
    return Request(commands)


def judged(request: Request, answers: tuple[MacCommand, ...]) -> Accepted | Refused:
    """By the answers that came, at least one: all of a block say the same, one refusal refuses it."""
    if all(answer.accepted for answer in answers if isinstance(answer, _Judged)):
        return Accepted(request, answers)
    return Refused(request, answers)

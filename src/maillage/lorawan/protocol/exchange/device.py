"""The device's side of its MAC exchange: what its next uplink carries. Pure; how its radio obeys is its own.

Before each new uplink :func:`uplink`; after each downlink, once its radio obeyed, :func:`hear`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from maillage.lorawan.protocol.exchange.sticky import STICKY
from maillage.lorawan.protocol.mac.command import MacCommand
from maillage.lorawan.protocol.types import F_OPTS_MAX_BYTES
from maillage.lorawan.protocol.version import Version

MAX_ATTEMPTS = 64
"""ADR_ACK_LIMIT: uplinks without confirmation after which a device of 1.1 doubts its session (1.1, §5.10)."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the device repeats until it is confirmed, and how often it did."""

    command: MacCommand
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class DeviceExchange:
    """``sticky`` answers go in every uplink until a downlink in RX1 or RX2, ``once`` in the next only.
    ``given_up`` are questions that nobody confirmed.
    """

    version: Version
    sticky: tuple[MacCommand, ...] = ()
    once: tuple[MacCommand, ...] = ()
    questions: tuple[Question, ...] = ()
    given_up: tuple[MacCommand, ...] = ()
    max_attempts: int = MAX_ATTEMPTS


def insist(exchange: DeviceExchange, command: MacCommand) -> DeviceExchange:
    """Say it (RekeyInd, ResetInd, DeviceModeInd, PingSlotInfoReq) until it is confirmed; the last word counts."""
    others = tuple(one for one in exchange.questions if one.command.CID != command.CID)
    return replace(exchange, questions=(*others, Question(command)))


def uplink(
    exchange: DeviceExchange, room_bytes: int = F_OPTS_MAX_BYTES
) -> tuple[DeviceExchange, tuple[MacCommand, ...]]:
    """The commands of a new uplink: repeated answers first, which a payload must leave room for, then the others.

    Other answers that find no room are lost, as the standard has it: the network asks again.
    """
    tired = tuple(one for one in exchange.questions if one.attempts >= exchange.max_attempts)
    alive = tuple(one for one in exchange.questions if one not in tired)
    said: list[MacCommand] = []
    for command in (*exchange.sticky, *exchange.once, *(one.command for one in alive)):
        if room_bytes >= 1 + command.PAYLOAD_BYTES:
            said.append(command)
            room_bytes -= 1 + command.PAYLOAD_BYTES
    state = replace(
        exchange,
        once=(),
        questions=tuple(replace(one, attempts=one.attempts + (one.command in said)) for one in alive),
        given_up=exchange.given_up + tuple(one.command for one in tired),
    )
    return state, tuple(said)


def hear(
    exchange: DeviceExchange,
    commands: Iterable[MacCommand],
    answers: Iterable[MacCommand],
    *,
    in_rx1_or_rx2: bool = True,
) -> DeviceExchange:
    """After a downlink with those commands, which the device's radio answered so, in the order of the requests.

    Only a downlink in RX1 or RX2 proves that the network heard the last uplink.
    """
    confirmed = {command.CID for command in commands}
    due = tuple(answers)
    sticky_kinds = tuple(STICKY[exchange.version])
    return replace(
        exchange,
        sticky=(() if in_rx1_or_rx2 else exchange.sticky)
        + tuple(answer for answer in due if isinstance(answer, sticky_kinds)),
        once=exchange.once + tuple(answer for answer in due if not isinstance(answer, sticky_kinds)),
        questions=tuple(one for one in exchange.questions if one.command.CID not in confirmed),
    )

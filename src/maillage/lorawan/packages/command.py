"""What every command of a package is, and a message as a run of them (TS003, TS004 and TS005, each §3)."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from maillage.lorawan.protocol.errors import FrameError, FrameReason, fits
from maillage.lorawan.protocol.mac.stream import Remainder, RemainderReason
from maillage.lorawan.protocol.types import Direction

PACKAGE_VERSION_CID = 0x00


@dataclass(frozen=True, slots=True)
class PackageCommand(ABC):
    """A command as a value. Reserved bits are written 0 and ignored when read."""

    CID: ClassVar[int]

    @classmethod
    @abstractmethod
    def size(cls, data: bytes) -> int:
        """How many bytes follow the identifier, judged by those that do (``data`` may be shorter or longer)."""

    @abstractmethod
    def payload(self) -> bytes:
        """The bytes after the identifier. Raises ``FrameError`` when a field does not fit."""

    @classmethod
    @abstractmethod
    def read(cls, payload: bytes) -> Self:
        """The command of exactly :meth:`size` bytes; any such bytes have a meaning."""

    def encode(self) -> bytes:
        return bytes((self.CID,)) + self.payload()


@dataclass(frozen=True, slots=True)
class FixedCommand(PackageCommand):
    """A command whose size never changes."""

    PAYLOAD_BYTES: ClassVar[int]

    @classmethod
    def size(cls, data: bytes) -> int:  # noqa: ARG003 - it does not depend on them
        return cls.PAYLOAD_BYTES


@dataclass(frozen=True, slots=True)
class PackageVersionReq(FixedCommand):
    """The server asks which package answers on this port."""

    CID: ClassVar[int] = PACKAGE_VERSION_CID
    PAYLOAD_BYTES: ClassVar[int] = 0

    def payload(self) -> bytes:
        return b""

    @classmethod
    def read(cls, payload: bytes) -> Self:  # noqa: ARG003 - there is nothing to read
        return cls()


@dataclass(frozen=True, slots=True)
class PackageVersionAns(FixedCommand):
    CID: ClassVar[int] = PACKAGE_VERSION_CID
    PAYLOAD_BYTES: ClassVar[int] = 2

    package_identifier: int
    package_version: int

    def payload(self) -> bytes:
        return bytes((fits("PackageIdentifier", self.package_identifier, 8), fits("Version", self.package_version, 8)))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(payload[0], payload[1])


Commands = Mapping[Direction, Mapping[int, type[PackageCommand]]]
"""A version of a package: its commands by direction and identifier."""


def commands_of(uplink: Iterable[type[PackageCommand]], downlink: Iterable[type[PackageCommand]]) -> Commands:
    """The table of a package; PackageVersion belongs to all."""
    ups: tuple[type[PackageCommand], ...] = (PackageVersionAns, *uplink)
    downs: tuple[type[PackageCommand], ...] = (PackageVersionReq, *downlink)
    return {
        Direction.UPLINK: {kind.CID: kind for kind in ups},
        Direction.DOWNLINK: {kind.CID: kind for kind in downs},
    }


@dataclass(frozen=True, slots=True)
class Message:
    """The commands of a message in order, and what could not be read."""

    commands: tuple[PackageCommand, ...]
    remainder: Remainder | None = None


def parse_message(table: Commands, direction: Direction, data: bytes) -> Message:
    """As many commands as can be read; one unknown or cut ends the reading. Raises nothing."""
    found: list[PackageCommand] = []
    at = 0
    while at < len(data):
        kind = table[direction].get(data[at])
        if kind is None:
            return Message(tuple(found), Remainder(RemainderReason.UNKNOWN_COMMAND, data[at:]))
        begins = at + 1
        ends = begins + kind.size(data[begins:])
        if ends > len(data):
            return Message(tuple(found), Remainder(RemainderReason.TRUNCATED, data[at:]))
        found.append(kind.read(data[begins:ends]))
        at = ends
    return Message(tuple(found))


def encode_message(commands: Iterable[PackageCommand]) -> bytes:
    """The FRMPayload that carries the commands."""
    return b"".join(command.encode() for command in commands)


def exactly(name: str, value: bytes, size: int) -> bytes:
    """``value`` if it has that many bytes, else ``WRONG_LENGTH``."""
    if len(value) != size:
        raise FrameError(FrameReason.WRONG_LENGTH, f"{name} has {size} bytes, not {len(value)}")
    return value


def bits(*flags: bool) -> int:
    """Flags as an integer, the first in the lowest bit."""
    return sum(flag << index for index, flag in enumerate(flags))

"""What every MAC command is: a command identifier and a payload of fixed size (LoRaWAN L2 1.0.4, §5)."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self


@dataclass(frozen=True, slots=True)
class MacCommand(ABC):
    """A command as a value. Reserved bits are written 0 and ignored when read."""

    CID: ClassVar[int]
    PAYLOAD_BYTES: ClassVar[int]

    @abstractmethod
    def payload(self) -> bytes:
        """The bytes after the identifier. Raises ``FrameError`` when a field does not fit."""

    @classmethod
    @abstractmethod
    def read(cls, payload: bytes) -> Self:
        """The command of exactly ``PAYLOAD_BYTES`` bytes; any bytes of that length have a meaning."""

    def encode(self) -> bytes:
        return bytes((self.CID,)) + self.payload()


@dataclass(frozen=True, slots=True)
class EmptyCommand(MacCommand):
    """A command that is only its identifier."""

    PAYLOAD_BYTES: ClassVar[int] = 0

    def payload(self) -> bytes:
        return b""

    @classmethod
    def read(cls, payload: bytes) -> Self:  # noqa: ARG003 - there is nothing to read
        return cls()

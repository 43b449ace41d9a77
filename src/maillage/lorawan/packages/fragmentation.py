"""Fragmented data block transport: the commands. Sources: LoRa Alliance TS004-1.0.0 and TS004-2.0.0, §3.

Version 2 added the block's MIC and a session counter to the setup, moved the status octets and let devices report a
received block. A device's ``PackageVersionAns`` tells which table reads it. A device runs up to four sessions, 0 to 3.
"""

from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, Self

from maillage.lorawan.packages.command import FixedCommand, PackageCommand, bits, commands_of, exactly
from maillage.lorawan.protocol.errors import fits

PORT = 201
PACKAGE_IDENTIFIER = 3
VERSIONS = (1, 2)
_INDEX_MASK = 0x03
_FLAG = 0x04
_N_BITS = 14
_N_MASK = (1 << _N_BITS) - 1
_SETUP_V1 = Struct("<BHBBB4s")
_SETUP = Struct("<BHBBB4sH4s")
_DESCRIPTOR_BYTES = 4
_MIC_BYTES = 4
_FRAGMENT_HEAD_BYTES = 2


@dataclass(frozen=True, slots=True)
class FragSessionStatusReq(FixedCommand):
    """With ``everybody`` all answer, else only those that miss something."""

    CID: ClassVar[int] = 0x01
    PAYLOAD_BYTES: ClassVar[int] = 1

    frag_index: int
    everybody: bool

    def payload(self) -> bytes:
        return bytes((fits("FragIndex", self.frag_index, 2) << 1 | self.everybody,))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(payload[0] >> 1 & _INDEX_MASK, bool(payload[0] & 1))


@dataclass(frozen=True, slots=True)
class FragSessionStatusAns(FixedCommand):
    """``received`` counts every fragment, ``missing`` those still needed (255: that many or more)."""

    CID: ClassVar[int] = 0x01
    PAYLOAD_BYTES: ClassVar[int] = 4

    frag_index: int
    received: int
    missing: int
    memory_error: bool = False
    mic_error: bool = False
    no_session: bool = False

    def payload(self) -> bytes:
        flags = bits(self.memory_error, self.mic_error, self.no_session)
        return (
            bytes((flags,)) + _index_and_n(self.frag_index, self.received) + bytes((fits("Missing", self.missing, 8),))
        )

    @classmethod
    def read(cls, payload: bytes) -> Self:
        flags = payload[0]
        frag_index, received = _read_index_and_n(payload[1:3])
        return cls(frag_index, received, payload[3], bool(flags & 1), bool(flags & 2), bool(flags & 4))


@dataclass(frozen=True, slots=True)
class FragSessionStatusAnsV1(FixedCommand):
    """As version 2, its octets in another order and without MIC."""

    CID: ClassVar[int] = 0x01
    PAYLOAD_BYTES: ClassVar[int] = 4

    frag_index: int
    received: int
    missing: int
    memory_error: bool = False

    def payload(self) -> bytes:
        return _index_and_n(self.frag_index, self.received) + bytes(
            (fits("Missing", self.missing, 8), self.memory_error)
        )

    @classmethod
    def read(cls, payload: bytes) -> Self:
        frag_index, received = _read_index_and_n(payload[:2])
        return cls(frag_index, received, payload[2], bool(payload[3] & 1))


@dataclass(frozen=True, slots=True)
class FragSessionSetupReqV1(FixedCommand):
    """As version 2, without counter, acknowledgement and MIC."""

    CID: ClassVar[int] = 0x02
    PAYLOAD_BYTES: ClassVar[int] = 10

    frag_index: int
    groups: int
    data_fragments: int
    fragment_bytes: int
    padding_bytes: int
    descriptor: bytes
    block_ack_delay: int = 0
    algorithm: int = 0

    def payload(self) -> bytes:
        return _SETUP_V1.pack(
            fits("FragIndex", self.frag_index, 2) << 4 | fits("McGroupBitMask", self.groups, 4),
            fits("NbFrag", self.data_fragments, 16),
            fits("FragSize", self.fragment_bytes, 8),
            fits("FragAlgo", self.algorithm, 3) << 3 | fits("BlockAckDelay", self.block_ack_delay, 3),
            fits("Padding", self.padding_bytes, 8),
            exactly("Descriptor", self.descriptor, _DESCRIPTOR_BYTES),
        )

    @classmethod
    def read(cls, payload: bytes) -> Self:
        session, count, size, control, padding, descriptor = _SETUP_V1.unpack(payload)
        head = (session >> 4 & _INDEX_MASK, session & 0x0F, count, size, padding, descriptor)
        return cls(*head, control & 0b111, control >> 3 & 0b111)


@dataclass(frozen=True, slots=True)
class FragSessionSetupReq(FixedCommand):
    """Bit i of ``groups`` lets multicast group i carry fragments. ``padding_bytes`` fill up the last data fragment.

    ``session_cnt`` never goes back for a device; ``algorithm`` 0 is the code of ``parity``; with ``ack_reception`` the
    device reports the whole block, after a random part of 2^(``block_ack_delay`` + 4) seconds.
    """

    CID: ClassVar[int] = 0x02
    PAYLOAD_BYTES: ClassVar[int] = 16

    frag_index: int
    groups: int
    data_fragments: int
    fragment_bytes: int
    padding_bytes: int
    descriptor: bytes
    session_cnt: int
    mic: bytes
    ack_reception: bool = False
    block_ack_delay: int = 0
    algorithm: int = 0

    def payload(self) -> bytes:
        how = fits("FragAlgo", self.algorithm, 3) << 3 | fits("BlockAckDelay", self.block_ack_delay, 3)
        return _SETUP.pack(
            fits("FragIndex", self.frag_index, 2) << 4 | fits("McGroupBitMask", self.groups, 4),
            fits("NbFrag", self.data_fragments, 16),
            fits("FragSize", self.fragment_bytes, 8),
            self.ack_reception << 6 | how,
            fits("Padding", self.padding_bytes, 8),
            exactly("Descriptor", self.descriptor, _DESCRIPTOR_BYTES),
            fits("SessionCnt", self.session_cnt, 16),
            exactly("MIC", self.mic, _MIC_BYTES),
        )

    @classmethod
    def read(cls, payload: bytes) -> Self:
        session, count, size, control, padding, descriptor, session_cnt, mic = _SETUP.unpack(payload)
        head = (session >> 4 & _INDEX_MASK, session & 0x0F, count, size, padding, descriptor, session_cnt, mic)
        return cls(*head, bool(control & 0x40), control & 0b111, control >> 3 & 0b111)


@dataclass(frozen=True, slots=True)
class FragSessionSetupAns(FixedCommand):
    """Unless all are false, no session began. ``session_cnt_replayed`` is version 2's."""

    CID: ClassVar[int] = 0x02
    PAYLOAD_BYTES: ClassVar[int] = 1

    frag_index: int
    algorithm_unsupported: bool = False
    not_enough_memory: bool = False
    index_unsupported: bool = False
    wrong_descriptor: bool = False
    session_cnt_replayed: bool = False

    @property
    def accepted(self) -> bool:
        return not self.payload()[0] & 0x1F

    def payload(self) -> bytes:
        flags = bits(
            self.algorithm_unsupported,
            self.not_enough_memory,
            self.index_unsupported,
            self.wrong_descriptor,
            self.session_cnt_replayed,
        )
        return bytes((fits("FragIndex", self.frag_index, 2) << 6 | flags,))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        status = payload[0]
        return cls(status >> 6, *(bool(status >> bit & 1) for bit in range(5)))


@dataclass(frozen=True, slots=True)
class _IndexOnly(FixedCommand):
    PAYLOAD_BYTES: ClassVar[int] = 1

    frag_index: int

    def payload(self) -> bytes:
        return bytes((fits("FragIndex", self.frag_index, 2),))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(payload[0] & _INDEX_MASK)


@dataclass(frozen=True, slots=True)
class _IndexAndFailure(FixedCommand):
    PAYLOAD_BYTES: ClassVar[int] = 1

    frag_index: int
    failed: bool

    def payload(self) -> bytes:
        return bytes((fits("FragIndex", self.frag_index, 2) | (_FLAG if self.failed else 0),))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(payload[0] & _INDEX_MASK, bool(payload[0] & _FLAG))


@dataclass(frozen=True, slots=True)
class FragSessionDeleteReq(_IndexOnly):
    CID: ClassVar[int] = 0x03


@dataclass(frozen=True, slots=True)
class FragSessionDeleteAns(_IndexAndFailure):
    """``failed``: there was no such session."""

    CID: ClassVar[int] = 0x03


@dataclass(frozen=True, slots=True)
class FragDataBlockReceivedReq(_IndexAndFailure):
    """The device has the whole block; ``failed``: and its MIC is wrong. Repeated until answered (version 2)."""

    CID: ClassVar[int] = 0x04


@dataclass(frozen=True, slots=True)
class FragDataBlockReceivedAns(_IndexOnly):
    CID: ClassVar[int] = 0x04


@dataclass(frozen=True, slots=True)
class DataFragment(PackageCommand):
    """Fragment ``n`` (from 1) of a session. It takes the rest of its message."""

    CID: ClassVar[int] = 0x08

    frag_index: int
    n: int
    data: bytes

    @classmethod
    def size(cls, data: bytes) -> int:
        return max(len(data), _FRAGMENT_HEAD_BYTES)

    def payload(self) -> bytes:
        return _index_and_n(self.frag_index, self.n) + self.data

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(*_read_index_and_n(payload[:2]), payload[2:])


COMMANDS_V1 = commands_of(
    (FragSessionStatusAnsV1, FragSessionSetupAns, FragSessionDeleteAns),
    (FragSessionStatusReq, FragSessionSetupReqV1, FragSessionDeleteReq, DataFragment),
)
COMMANDS = commands_of(
    (FragSessionStatusAns, FragSessionSetupAns, FragSessionDeleteAns, FragDataBlockReceivedReq),
    (FragSessionStatusReq, FragSessionSetupReq, FragSessionDeleteReq, FragDataBlockReceivedAns, DataFragment),
)


def _index_and_n(frag_index: int, n: int) -> bytes:
    return (fits("FragIndex", frag_index, 2) << _N_BITS | fits("N", n, _N_BITS)).to_bytes(2, "little")


def _read_index_and_n(octets: bytes) -> tuple[int, int]:
    both = int.from_bytes(octets, "little")
    return both >> _N_BITS, both & _N_MASK

"""Remote multicast setup. Sources: LoRa Alliance TS005-1.0.0 and TS005-2.0.0, whose octets are the same but for
``start_missed``, a bit reserved in version 1.

A device holds up to four groups, 0 to 3. Session times are GPS seconds modulo 2^32.
"""

from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, Self

from maillage.lorawan.packages.command import FixedCommand, PackageCommand, bits, commands_of, exactly
from maillage.lorawan.protocol.errors import FrameError, FrameReason, fits
from maillage.lorawan.protocol.frequency import read_frequency_hz, write_frequency_hz

PORT = 200
PACKAGE_IDENTIFIER = 2
VERSIONS = (1, 2)
_GROUP_MASK = 0x03
_GROUPS_MASK = 0x0F
_FLAG = 0x04
_KEY_BYTES = 16
_SETUP = Struct("<BI16sII")
_SESSION = Struct("<BIB3sB")
_BEACON_PERIOD_S = 128
_GROUP_ENTRY_BYTES = 5
_REFUSALS_MASK = 0x1C
_ACCEPTED_BYTES = 4


@dataclass(frozen=True, slots=True)
class McGroupStatusReq(FixedCommand):
    """Bit i of ``groups`` asks about group i."""

    CID: ClassVar[int] = 0x01
    PAYLOAD_BYTES: ClassVar[int] = 1

    groups: int

    def payload(self) -> bytes:
        return bytes((fits("ReqGroupMask", self.groups, 4),))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(payload[0] & _GROUPS_MASK)


@dataclass(frozen=True, slots=True)
class McGroupStatusAns(PackageCommand):
    """``addresses``: (group, McAddr) of those asked about that fitted in the answer; ``total_groups`` are defined."""

    CID: ClassVar[int] = 0x01

    total_groups: int
    addresses: tuple[tuple[int, int], ...]

    @classmethod
    def size(cls, data: bytes) -> int:
        return 1 + _GROUP_ENTRY_BYTES * ((data[0] & _GROUPS_MASK).bit_count() if data else 0)

    def payload(self) -> bytes:
        mask = 0
        for group, _ in self.addresses:
            bit = 1 << fits("McGroupID", group, 2)
            if mask & bit:
                raise FrameError(FrameReason.FIELD_OUT_OF_RANGE, f"group {group} stands twice in one answer")
            mask |= bit
        entries = (bytes((group,)) + fits("McAddr", addr, 32).to_bytes(4, "little") for group, addr in self.addresses)
        return bytes((fits("NbTotalGroups", self.total_groups, 3) << 4 | mask,)) + b"".join(entries)

    @classmethod
    def read(cls, payload: bytes) -> Self:
        entries = range(1, len(payload), _GROUP_ENTRY_BYTES)
        addresses = ((payload[at] & _GROUP_MASK, int.from_bytes(payload[at + 1 : at + 5], "little")) for at in entries)
        return cls(payload[0] >> 4 & 0b111, tuple(addresses))


@dataclass(frozen=True, slots=True)
class McGroupSetupReq(FixedCommand):
    """``mc_key_encrypted`` is McKey under the device's McKEKey.

    Frames count from ``min_f_cnt`` to below ``max_f_cnt``.
    """

    CID: ClassVar[int] = 0x02
    PAYLOAD_BYTES: ClassVar[int] = 29

    group: int
    mc_addr: int
    mc_key_encrypted: bytes
    min_f_cnt: int
    max_f_cnt: int

    def payload(self) -> bytes:
        return _SETUP.pack(
            fits("McGroupID", self.group, 2),
            fits("McAddr", self.mc_addr, 32),
            exactly("McKey_encrypted", self.mc_key_encrypted, _KEY_BYTES),
            fits("minMcFCount", self.min_f_cnt, 32),
            fits("maxMcFCount", self.max_f_cnt, 32),
        )

    @classmethod
    def read(cls, payload: bytes) -> Self:
        group, *others = _SETUP.unpack(payload)
        return cls(group & _GROUP_MASK, *others)


@dataclass(frozen=True, slots=True)
class _GroupAns(FixedCommand):
    """An answer that names a group and tells whether it failed."""

    PAYLOAD_BYTES: ClassVar[int] = 1

    group: int
    failed: bool

    def payload(self) -> bytes:
        return bytes((fits("McGroupID", self.group, 2) | (_FLAG if self.failed else 0),))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(payload[0] & _GROUP_MASK, bool(payload[0] & _FLAG))


@dataclass(frozen=True, slots=True)
class McGroupSetupAns(_GroupAns):
    """``failed``: the device has no place for that group (IDerror)."""

    CID: ClassVar[int] = 0x02


@dataclass(frozen=True, slots=True)
class McGroupDeleteReq(FixedCommand):
    CID: ClassVar[int] = 0x03
    PAYLOAD_BYTES: ClassVar[int] = 1

    group: int

    def payload(self) -> bytes:
        return bytes((fits("McGroupID", self.group, 2),))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(payload[0] & _GROUP_MASK)


@dataclass(frozen=True, slots=True)
class McGroupDeleteAns(_GroupAns):
    """``failed``: the group was not defined (McGroupUndefined)."""

    CID: ClassVar[int] = 0x03


@dataclass(frozen=True, slots=True)
class McClassCSessionReq(FixedCommand):
    """Listen as class C from ``session_time_s`` on, for at most 2^``time_out`` seconds."""

    CID: ClassVar[int] = 0x04
    PAYLOAD_BYTES: ClassVar[int] = 10

    group: int
    session_time_s: int
    time_out: int
    frequency_hz: int
    data_rate: int

    @property
    def longest_s(self) -> int:
        return 1 << self.time_out

    def payload(self) -> bytes:
        return _session(
            self.group, self.session_time_s, fits("TimeOut", self.time_out, 4), self.frequency_hz, self.data_rate
        )

    @classmethod
    def read(cls, payload: bytes) -> Self:
        group, session_time_s, time_out, frequency, data_rate = _SESSION.unpack(payload)
        return cls(group & _GROUP_MASK, session_time_s, time_out & 0x0F, read_frequency_hz(frequency), data_rate)


@dataclass(frozen=True, slots=True)
class McClassBSessionReq(FixedCommand):
    """Open ping slots every 2^``periodicity`` seconds from ``session_time_s`` on, where a beacon period begins.

    The session lasts at most 2^``time_out`` beacon periods.
    """

    CID: ClassVar[int] = 0x05
    PAYLOAD_BYTES: ClassVar[int] = 10

    group: int
    session_time_s: int
    periodicity: int
    time_out: int
    frequency_hz: int
    data_rate: int

    @property
    def longest_s(self) -> int:
        return _BEACON_PERIOD_S << self.time_out

    def payload(self) -> bytes:
        if self.session_time_s % _BEACON_PERIOD_S:
            raise FrameError(FrameReason.FIELD_OUT_OF_RANGE, "a class B session begins with a beacon period (128 s)")
        timing = fits("Periodicity", self.periodicity, 3) << 4 | fits("TimeOut", self.time_out, 4)
        return _session(self.group, self.session_time_s, timing, self.frequency_hz, self.data_rate)

    @classmethod
    def read(cls, payload: bytes) -> Self:
        group, session_time_s, timing, frequency, data_rate = _SESSION.unpack(payload)
        frequency_hz = read_frequency_hz(frequency)
        return cls(group & _GROUP_MASK, session_time_s, timing >> 4 & 0b111, timing & 0x0F, frequency_hz, data_rate)


@dataclass(frozen=True, slots=True)
class _SessionAns(PackageCommand):
    """``time_to_start_s`` is how long the device will wait; None where it refused."""

    group: int
    data_rate_error: bool = False
    frequency_error: bool = False
    group_undefined: bool = False
    start_missed: bool = False
    time_to_start_s: int | None = None

    @property
    def refused(self) -> bool:
        """A missed start is told but leaves the time in place."""
        return self.data_rate_error or self.frequency_error or self.group_undefined

    @classmethod
    def size(cls, data: bytes) -> int:
        return 1 if data and data[0] & _REFUSALS_MASK else _ACCEPTED_BYTES

    def payload(self) -> bytes:
        if self.refused is not (self.time_to_start_s is None):
            raise FrameError(FrameReason.FIELD_OUT_OF_RANGE, "TimeToStart goes with an accepted session and no other")
        flags = bits(self.data_rate_error, self.frequency_error, self.group_undefined, self.start_missed)
        status = bytes((fits("McGroupID", self.group, 2) | flags << 2,))
        if self.time_to_start_s is None:
            return status
        return status + fits("TimeToStart", self.time_to_start_s, 24).to_bytes(3, "little")

    @classmethod
    def read(cls, payload: bytes) -> Self:
        status, wait = payload[0], payload[1:]
        return cls(
            status & _GROUP_MASK,
            bool(status & 0x04),
            bool(status & 0x08),
            bool(status & 0x10),
            bool(status & 0x20),
            int.from_bytes(wait, "little") if wait else None,
        )


@dataclass(frozen=True, slots=True)
class McClassCSessionAns(_SessionAns):
    CID: ClassVar[int] = 0x04


@dataclass(frozen=True, slots=True)
class McClassBSessionAns(_SessionAns):
    CID: ClassVar[int] = 0x05


COMMANDS = commands_of(
    (McGroupStatusAns, McGroupSetupAns, McGroupDeleteAns, McClassCSessionAns, McClassBSessionAns),
    (McGroupStatusReq, McGroupSetupReq, McGroupDeleteReq, McClassCSessionReq, McClassBSessionReq),
)


def _session(group: int, session_time_s: int, timing: int, frequency_hz: int, data_rate: int) -> bytes:
    return _SESSION.pack(
        fits("McGroupID", group, 2),
        fits("SessionTime", session_time_s, 32),
        timing,
        write_frequency_hz(frequency_hz),
        fits("DR", data_rate, 8),
    )

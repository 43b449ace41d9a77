"""Rejoin-Requests and their counters. Source: LoRaWAN 1.1, §6.2.4.

Type 0 asks for a new session or new radio settings, type 2 for new keys; both go to the serving network under
SNwkSIntKey and share RJcount0. Type 1 restores a device that lost its network; it goes to the join server under
JSIntKey and counts RJcount1.
"""

from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from hmac import compare_digest

from maillage.lorawan.protocol.crypto import join_mic
from maillage.lorawan.protocol.errors import FrameError, FrameReason, fits
from maillage.lorawan.protocol.eui import EUI64
from maillage.lorawan.protocol.frames import RejoinRequest
from maillage.lorawan.protocol.types import MType

RJ_COUNT_MAX = 0xFFFF
_EUI_BYTES = 8


class RejoinType(IntEnum):
    NEW_SESSION = 0
    RECOVERY = 1
    NEW_KEYS = 2


_ORIGIN_BYTES = {RejoinType.NEW_SESSION: 3, RejoinType.RECOVERY: 8, RejoinType.NEW_KEYS: 3}


def build_rejoin_request(kind: RejoinType, origin: bytes, dev_eui: EUI64, rj_count: int, key: bytes) -> bytes:
    """19 or 24 bytes. ``origin``, big-endian, is the NetID, or the JoinEUI of type 1; ``key`` is SNwkSIntKey, or
    JSIntKey of type 1.
    """
    if len(origin) != _ORIGIN_BYTES[kind] or len(dev_eui) != _EUI_BYTES:
        raise FrameError(FrameReason.FIELD_OUT_OF_RANGE, f"rejoin of type {kind} from {len(origin)} bytes")
    count = fits("RJcount", rj_count, 16).to_bytes(2, "little")
    signed = bytes((MType.REJOIN_REQUEST << 5, kind)) + origin[::-1] + dev_eui[::-1] + count
    return signed + join_mic(key, signed)


def signs_rejoin(key: bytes, frame: RejoinRequest) -> bool:
    return compare_digest(frame.mic, join_mic(key, frame.signed))


class RejoinVerdict(StrEnum):
    FRESH = "fresh"
    REPLAYED = "replayed"


def judge_rejoin_count(rj_count: int, last: int | None) -> RejoinVerdict:
    """A rejoin counts only above the ``last`` accepted one: since the session began for types 0 and 2, for ever
    with this JoinEUI for type 1.
    """
    return RejoinVerdict.FRESH if last is None or rj_count > last else RejoinVerdict.REPLAYED


@dataclass(frozen=True, slots=True)
class RejoinCounters:
    """The device's side: the next counts to send. RJcount1 outlives sessions and power cuts."""

    rj_count0: int = 0
    rj_count1: int = 0

    def next(self, kind: RejoinType) -> int | None:
        """The count to send; None once it reached 2^16 - 1, because it never wraps: the device joins instead."""
        count = self.rj_count1 if kind is RejoinType.RECOVERY else self.rj_count0
        return count if count < RJ_COUNT_MAX else None

    def sent(self, kind: RejoinType) -> "RejoinCounters":
        if kind is RejoinType.RECOVERY:
            return replace(self, rj_count1=self.rj_count1 + 1)
        return replace(self, rj_count0=self.rj_count0 + 1)

    def joined(self) -> "RejoinCounters":
        """After any JoinAccept: RJcount0 begins again."""
        return replace(self, rj_count0=0)

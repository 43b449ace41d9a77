"""The one error of the codec, and what is said of an item that was left out."""

from enum import StrEnum

from msgspec import Struct

_DETAIL_MAX = 160


class DatagramReason(StrEnum):
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    UNSUPPORTED_VERSION = "unsupported_version"
    UNKNOWN_TYPE = "unknown_type"
    TRAILING_BYTES = "trailing_bytes"
    NOT_JSON = "not_json"
    DUPLICATE_KEY = "duplicate_key"
    WRONG_FIELD = "wrong_field"
    UNKNOWN_DATA_RATE = "unknown_data_rate"
    BAD_BASE64 = "bad_base64"
    SIZE_MISMATCH = "size_mismatch"
    NO_SCHEDULE = "no_schedule"
    FIELD_OUT_OF_RANGE = "field_out_of_range"


class DatagramError(Exception):
    """Not a datagram of the protocol, or a value it cannot carry. ``reason`` is counted, ``detail`` read."""

    def __init__(self, reason: DatagramReason, detail: str = "") -> None:
        super().__init__(reason, detail[:_DETAIL_MAX])
        self.reason = reason
        self.detail = detail[:_DETAIL_MAX]

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else str(self.reason)


class Refusal(Struct, frozen=True):
    """An item of a datagram that was skipped while the rest was taken: ``rxpk[2]`` or ``stat``, and why."""

    item: str
    reason: DatagramReason
    detail: str

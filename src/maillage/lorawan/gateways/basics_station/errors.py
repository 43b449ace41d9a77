"""The one error of the protocol."""

from enum import StrEnum

_DETAIL_MAX = 160


class StationReason(StrEnum):
    NOT_JSON = "not_json"
    DUPLICATE_KEY = "duplicate_key"
    WRONG_FIELD = "wrong_field"
    BAD_IDENTITY = "bad_identity"
    BAD_HEX = "bad_hex"
    WRONG_LENGTH = "wrong_length"
    WRONG_TYPE = "wrong_type"
    UNKNOWN_DATA_RATE = "unknown_data_rate"
    TRUNCATED = "truncated"
    TRAILING_BYTES = "trailing_bytes"
    FIELD_OUT_OF_RANGE = "field_out_of_range"


class StationError(Exception):
    """Not a message of the protocol, or a value it cannot carry. ``reason`` is counted, ``detail`` read."""

    def __init__(self, reason: StationReason, detail: str = "") -> None:
        super().__init__(reason, detail[:_DETAIL_MAX])
        self.reason = reason
        self.detail = detail[:_DETAIL_MAX]

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else str(self.reason)

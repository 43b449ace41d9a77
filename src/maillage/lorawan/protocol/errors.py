"""The one error of this layer."""

from enum import StrEnum


class FrameReason(StrEnum):
    """Why a frame was refused, or could not be built."""

    EMPTY = "empty"
    TRUNCATED = "truncated"
    TOO_LONG = "too_long"
    WRONG_LENGTH = "wrong_length"
    UNSUPPORTED_MAJOR = "unsupported_major"
    UNKNOWN_REJOIN_TYPE = "unknown_rejoin_type"
    F_OPTS_TRUNCATED = "f_opts_truncated"
    F_OPTS_WITH_PORT_0 = "f_opts_with_port_0"
    F_OPTS_TOO_LONG = "f_opts_too_long"
    PAYLOAD_WITHOUT_PORT = "payload_without_port"
    FIELD_OUT_OF_RANGE = "field_out_of_range"
    WRONG_MIC = "wrong_mic"
    WRONG_CRC = "wrong_crc"


class FrameError(Exception):
    """Not a LoRaWAN frame, or a field that fits in none. ``reason`` is counted, ``detail`` is read."""

    def __init__(self, reason: FrameReason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else str(self.reason)


def fits(name: str, value: int, bits: int) -> int:
    """``value`` if it is an unsigned integer of ``bits`` bits, else ``FIELD_OUT_OF_RANGE``."""
    if not 0 <= value < 1 << bits:
        raise FrameError(FrameReason.FIELD_OUT_OF_RANGE, f"{name}={value} does not fit in {bits} bits")
    return value

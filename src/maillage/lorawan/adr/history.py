"""The last uplinks of a session under one setting: their counters and best SNR, 105 bytes at most, as one value.

The SNR is kept in quarters of a decibel, the resolution of the receivers themselves.
"""

from struct import Struct

KEPT_UPLINKS = 20

_ENTRY = Struct("<IB")
_SNR_AT = 4
_QUARTERS, _BIAS, _MAX = 4, 128, 255

EMPTY = b""


def remembered(history: bytes, f_cnt: int, snr_db: float) -> bytes:
    """With one uplink more, and without the oldest when there are more than ``KEPT_UPLINKS``."""
    level = min(max(round(snr_db * _QUARTERS) + _BIAS, 0), _MAX)
    return (history + _ENTRY.pack(f_cnt, level))[-KEPT_UPLINKS * _ENTRY.size :]


def is_full(history: bytes) -> bool:
    return len(history) >= KEPT_UPLINKS * _ENTRY.size


def max_snr_db(history: bytes) -> float:
    """The best of all uplinks kept. At least one is needed."""
    return (max(history[_SNR_AT :: _ENTRY.size]) - _BIAS) / _QUARTERS


def lost_share(history: bytes) -> float:
    """The share of uplinks that nobody heard between the first one kept and the last, 0..1."""
    first: int = _ENTRY.unpack_from(history)[0]
    last: int = _ENTRY.unpack_from(history, len(history) - _ENTRY.size)[0]
    sent = last - first + 1
    return max(0.0, 1.0 - len(history) // _ENTRY.size / sent)

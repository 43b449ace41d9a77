"""Identifiers and keys as people type them: EUI-64 and AES-128 keys, most significant byte first."""

import re

from maillage.kernel.errors import Invalid

EUI64 = bytes
"""Eight bytes, big-endian, as printed on the label (on the air the order is reversed)."""

_SEPARATORS = re.compile(r"[\s:.\-_]+")
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]*")
_EUI_BYTES = 8
_KEY_BYTES = 16


def parse_eui(text: str) -> EUI64:
    """``70B3D5-7ED0 0001:02``, with or without separators or ``0x``, to eight bytes; else ``Invalid``."""
    return _parse_hex(text, _EUI_BYTES, "lorawan.eui")


def parse_key(text: str) -> bytes:
    """An AES-128 key, same tolerance as :func:`parse_eui`. The facts of the error hold no key."""
    return _parse_hex(text, _KEY_BYTES, "lorawan.key")


def eui_text(eui: EUI64) -> str:
    """Sixteen upper-case hexadecimal digits, no separator."""
    return eui.hex().upper()


def _parse_hex(text: str, size: int, code: str) -> bytes:
    digits = _SEPARATORS.sub("", text).removeprefix("0x").removeprefix("0X")
    if not _HEXADECIMAL.fullmatch(digits):
        raise Invalid(f"{code}.not_hexadecimal", expected_digits=2 * size)
    if len(digits) != 2 * size:
        raise Invalid(f"{code}.wrong_length", expected_digits=2 * size, found_digits=len(digits))
    return bytes.fromhex(digits)

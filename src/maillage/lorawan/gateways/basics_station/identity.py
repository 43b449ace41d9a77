"""The ways a station writes a 64-bit identity: ``1:2:3:4`` (ID6), ``00-01-...-04`` (EUI), an integer.

Source: LoRa Basics Station 2.0.6, glossary: ID6 abbreviates four groups of 16 bits as RFC 4291 does eight.
"""

import re

from maillage.lorawan.gateways.basics_station.errors import StationError, StationReason
from maillage.lorawan.protocol.eui import EUI64

_GROUPS = 4
_EUI = re.compile(r"[0-9A-Fa-f]{2}(?:([-:])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){6}")
_PLAIN = re.compile(r"[0-9A-Fa-f]{16}")
_GROUP = re.compile(r"[0-9A-Fa-f]{1,4}")
_CATEGORY = re.compile(r"[A-Za-z][A-Za-z0-9_]*-")
_BITS = 1 << 64


def read_identity(value: str | int) -> EUI64:
    """Any of the forms; a category in front (``router-1:2:3:4``) is ignored. Raises ``BAD_IDENTITY``."""
    if isinstance(value, int):
        # Old stations write the integer signed.
        if not -(_BITS // 2) <= value < _BITS:
            raise StationError(StationReason.BAD_IDENTITY, "an integer of more than 64 bits")
        return (value % _BITS).to_bytes(8, "big")
    if _EUI.fullmatch(value) or _PLAIN.fullmatch(value):
        return bytes.fromhex(value.replace("-", "").replace(":", ""))
    category = _CATEGORY.match(value)
    return _read_id6(value[category.end() :] if category else value)


def read_eui(value: str) -> EUI64:
    """``00-01-02-03-04-05-06-07`` or ID6: the fields of devices. Raises ``BAD_IDENTITY``."""
    return read_identity(value)


def eui_dashes(eui: EUI64) -> str:
    """``00-01-02-03-04-05-06-07``, upper case."""
    return eui.hex("-").upper()


def id6(eui: EUI64) -> str:
    """The shortest form as Station writes it: one ``::`` for two or three groups of zeros in a row."""
    groups = [f"{int.from_bytes(eui[at : at + 2], 'big'):x}" for at in range(0, 8, 2)]
    match [group == "0" for group in groups]:
        case [True, True, True, _]:
            return f"::{groups[3]}"
        case [True, True, False, _]:
            return f"::{groups[2]}:{groups[3]}"
        case [False, True, True, True]:
            return f"{groups[0]}::"
        case [False, False, True, True]:
            return f"{groups[0]}:{groups[1]}::"
        case [False, True, True, False]:
            return f"{groups[0]}::{groups[3]}"
        case _:
            return ":".join(groups)


def _read_id6(text: str) -> EUI64:
    head, gap, tail = text.partition("::")
    before = head.split(":") if head else []
    after = tail.split(":") if tail else []
    missing = _GROUPS - len(before) - len(after)
    if (missing < 1 if gap else missing != 0) or not all(_GROUP.fullmatch(group) for group in before + after):
        raise StationError(StationReason.BAD_IDENTITY, text)
    groups = before + ["0"] * missing + after
    return b"".join(int(group, 16).to_bytes(2, "big") for group in groups)

"""The QR code on a device's label: LoRa Alliance TR005, schema D0. Pure.

``LW:D0:JoinEUI:DevEUI:ProfileID[:OOwnerToken][:SSerNum][:PProprietary][:CCheckSum]``, in the letters of a QR code's
alphanumeric mode. ProfileID is VendorID and VendorProfileID, four hexadecimal digits each. CheckSum is CRC-16/MODBUS
over all that stands before ``:C``, four hexadecimal digits; with TR005's own example::

    LW:D0:1122334455667788:AABBCCDDEEFF0011:AABB1122:OAABBCCDDEEFF:SYYWWNNNNNN:PFOOBAR:CAF2C
"""

import string
from dataclasses import dataclass, field

from maillage.kernel.errors import Invalid
from maillage.lorawan.protocol.eui import parse_eui

LETTERS = frozenset(string.digits + string.ascii_uppercase + " $%*+-./")
"""Those of the alphanumeric mode (ISO/IEC 18004), less the colon, which separates."""
LONGEST = 300
_PREFIX = "LW:D0:"
_CHECKSUM = ":C"
_MANDATORY = 3
_PROFILE_DIGITS = 8
_CRC_POLYNOMIAL, _CRC_START = 0xA001, 0xFFFF


@dataclass(frozen=True, slots=True)
class DeviceTag:
    """What a label says. EUIs are 16 lower-case, ``profile_id`` 8 upper-case hexadecimal digits; "" for what is not."""

    join_eui: str
    dev_eui: str
    profile_id: str
    owner_token: str = field(default="", repr=False)
    serial_number: str = ""
    proprietary: str = field(default="", repr=False)


def parse_tag(text: str) -> DeviceTag:
    """What the code says; lower case is taken for upper.

    Raises ``Invalid``: ``lorawan.qr.not_tr005``, ``lorawan.qr.field`` (fact ``field``), ``lorawan.qr.checksum``.
    """
    given = text.strip()
    code = given.upper()
    if not code.startswith(_PREFIX) or len(code) > LONGEST:
        raise Invalid("lorawan.qr.not_tr005")
    body, checksum = _without_checksum(code)
    if checksum and checksum not in {_checksum(body), _checksum(given[: len(body)])}:
        raise Invalid("lorawan.qr.checksum")
    fields = body[len(_PREFIX) :].split(":")
    if len(fields) < _MANDATORY:
        raise Invalid("lorawan.qr.not_tr005")
    optional = _optional(fields[_MANDATORY:])
    return DeviceTag(
        join_eui=_eui(fields[0], "JoinEUI"),
        dev_eui=_eui(fields[1], "DevEUI"),
        profile_id=_profile_id(fields[2]),
        owner_token=optional.get("O", ""),
        serial_number=optional.get("S", ""),
        proprietary=optional.get("P", ""),
    )


def build_tag(tag: DeviceTag, *, with_checksum: bool = True) -> str:
    """The code of a label. Raises ``Invalid`` ``lorawan.qr.field`` for what a code cannot hold."""
    optional = {"O": tag.owner_token, "S": tag.serial_number, "P": tag.proprietary}
    fields = [_eui(tag.join_eui, "JoinEUI").upper(), _eui(tag.dev_eui, "DevEUI").upper(), _profile_id(tag.profile_id)]
    fields += [letter + _text(value, letter) for letter, value in optional.items() if value]
    code = _PREFIX + ":".join(fields)
    return code + _CHECKSUM + _checksum(code) if with_checksum else code


def _without_checksum(code: str) -> tuple[str, str]:
    """The checksum, when there is one, is the last field."""
    body, _, last = code.rpartition(":")
    is_optional = body.count(":") >= _PREFIX.count(":") + _MANDATORY - 1
    return (body, last[1:]) if last.startswith("C") and is_optional else (code, "")


def _checksum(body: str) -> str:
    crc = _CRC_START
    for byte in body.encode():
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ _CRC_POLYNOMIAL if crc & 1 else crc >> 1
    return f"{crc:04X}"


def _optional(fields: list[str]) -> dict[str, str]:
    """By letter. Letters that TR005 does not name are left to whoever put them there; none may come twice."""
    found: dict[str, str] = {}
    for one in fields:
        letter, value = one[:1], _text(one[1:], one[:1] or "?")
        if letter in found:
            raise Invalid("lorawan.qr.field", field=letter)
        found[letter] = value
    return found


def _text(value: str, name: str) -> str:
    if not value or not set(value) <= LETTERS:
        raise Invalid("lorawan.qr.field", field=name)
    return value


def _eui(digits: str, name: str) -> str:
    try:
        return parse_eui(digits).hex()
    except Invalid as error:
        raise Invalid("lorawan.qr.field", field=name) from error


def _profile_id(digits: str) -> str:
    if len(digits) != _PROFILE_DIGITS or not set(digits) <= set("0123456789ABCDEFabcdef"):
        raise Invalid("lorawan.qr.field", field="ProfileID")
    return digits.upper()

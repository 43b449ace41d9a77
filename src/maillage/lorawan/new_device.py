"""A device to register, and how each of its fields is read from what a person typed. Pure."""

from dataclasses import dataclass, field

from maillage.kernel.errors import Invalid
from maillage.lorawan.protocol.eui import parse_eui, parse_key
from maillage.lorawan.qr import LETTERS

NAME_CHARACTERS = 150
OWNER_TOKEN_CHARACTERS = 64
_BLANK_EUIS = frozenset({"0" * 16, "f" * 16})
_BLANK_KEYS = frozenset({bytes(16), b"\xff" * 16})


@dataclass(frozen=True, slots=True)
class NewDevice:
    """Everything needed to let a device join (OTAA, LoRaWAN 1.0.x). EUIs are 16 lower-case hexadecimal digits."""

    dev_eui: str
    join_eui: str
    app_key: bytes = field(repr=False)
    model_key: str
    name: str
    organisation_id: int
    owner_token: str = field(default="", repr=False)


def read_dev_eui(text: str) -> str:
    """A DevEUI, with or without separators. Raises ``Invalid``, also for the blank ones of unprogrammed chips."""
    eui = parse_eui(text).hex()
    if eui in _BLANK_EUIS:
        raise Invalid("lorawan.eui.blank")
    return eui


def read_join_eui(text: str) -> str:
    """A JoinEUI (AppEUI before 1.0.4). Zero is allowed: makers do ship it."""
    return parse_eui(text).hex()


def read_gateway_eui(text: str) -> str:
    """A gateway's EUI-64."""
    return read_dev_eui(text)


def read_app_key(text: str) -> bytes:
    """An AES-128 key. Raises ``Invalid`` without the key in its facts, also for all zeros or all ones."""
    key = parse_key(text)
    if key in _BLANK_KEYS:
        raise Invalid("lorawan.key.blank")
    return key


def read_owner_token(text: str) -> str:
    """A TR005 owner token, upper case; empty for none. Raises ``Invalid`` for what no QR code can hold."""
    token = text.strip().upper()
    if len(token) > OWNER_TOKEN_CHARACTERS or not set(token) <= LETTERS:
        raise Invalid("lorawan.owner_token.unreadable", longest=OWNER_TOKEN_CHARACTERS)
    return token


def read_name(text: str) -> str:
    """A name of 1 to 150 printable characters."""
    name = " ".join(text.split())
    if not name:
        raise Invalid("lorawan.name.missing")
    if len(name) > NAME_CHARACTERS:
        raise Invalid("lorawan.name.too_long", longest=NAME_CHARACTERS, found=len(name))
    if not name.isprintable():
        raise Invalid("lorawan.name.unprintable")
    return name

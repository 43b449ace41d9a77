"""A device to register, and how each of its fields is read from what a person typed. Pure."""

import re
from dataclasses import dataclass, field

from maillage.kernel.errors import Invalid
from maillage.lorawan.protocol.eui import parse_eui, parse_key
from maillage.lorawan.protocol.types import F_CNT_MAX
from maillage.lorawan.qr import LETTERS

NAME_CHARACTERS = 150
OWNER_TOKEN_CHARACTERS = 64
_YES, _NO = frozenset({"oui", "yes", "1", "true"}), frozenset({"", "non", "no", "0", "false"})
_BLANK_EUIS = frozenset({"0" * 16, "f" * 16})
_BLANK_KEYS = frozenset({bytes(16), b"\xff" * 16})


@dataclass(frozen=True, slots=True)
class AbpSession:
    """The session that an ABP device was made with (LoRaWAN L2 1.0.4, §6.3).

    The last two keys are 1.1's, empty before; ``nwk_s_key`` is then FNwkSIntKey. The counters are the next ones, of
    the device and of the network. ``is_relaxed`` lets the device count from the beginning again.
    """

    dev_addr: int
    nwk_s_key: bytes = field(repr=False)
    app_s_key: bytes = field(repr=False)
    s_nwk_s_int_key: bytes = field(default=b"", repr=False)
    nwk_s_enc_key: bytes = field(default=b"", repr=False)
    f_cnt_up: int = 0
    f_cnt_down: int = 0
    is_relaxed: bool = False

    def __post_init__(self) -> None:
        if bool(self.s_nwk_s_int_key) != bool(self.nwk_s_enc_key):
            raise Invalid("lorawan.abp_keys_of_1_1")


@dataclass(frozen=True, slots=True)
class NewDevice:
    """Everything needed to let a device join, or, with ``abp``, to hear it at once: it then has neither JoinEUI nor
    root keys. One of 1.1 has a ``nwk_key``. EUIs are 16 lower-case hexadecimal digits.
    """

    dev_eui: str
    join_eui: str
    app_key: bytes = field(repr=False)
    model_key: str
    name: str
    organisation_id: int
    owner_token: str = field(default="", repr=False)
    nwk_key: bytes = field(default=b"", repr=False)
    abp: AbpSession | None = None


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


def read_optional_key(text: str) -> bytes:
    """As ``read_app_key``; empty for none."""
    return read_app_key(text) if text.strip() else b""


def read_dev_addr(text: str) -> int:
    """A DevAddr: eight hexadecimal digits, most significant first."""
    digits = re.sub(r"[\s:.\-_]", "", text).removeprefix("0x").removeprefix("0X")
    if not re.fullmatch(r"[0-9A-Fa-f]{8}", digits):
        raise Invalid("lorawan.dev_addr.unreadable", expected_digits=8)
    return int(digits, 16)


def read_f_cnt(text: str) -> int:
    """A frame counter, 0 for nothing written."""
    digits = text.strip() or "0"
    if not re.fullmatch(r"[0-9]{1,10}", digits) or int(digits) > F_CNT_MAX:
        raise Invalid("lorawan.f_cnt.unreadable", most=F_CNT_MAX)
    return int(digits)


def read_yes(text: str) -> bool:
    """« oui » or « non », in French or English, or 1 and 0; nothing written is no."""
    word = text.strip().casefold()
    if word in _YES or word in _NO:
        return word in _YES
    raise Invalid("lorawan.yes_or_no")


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

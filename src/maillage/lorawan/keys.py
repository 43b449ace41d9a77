"""Keys of devices and sessions at rest: wrapped by a key-encryption key (KEK) that is not in the database.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce; the device and the purpose are authenticated with the key, so
that a wrapped key moved to another row or column does not open. A wrapped key is::

    1 byte  version (1) | 4 bytes  id of the KEK | 12 bytes  nonce | key, as long as it was | 16 bytes  tag

The id of a KEK is the start of its SHA-256. Several KEKs may be known at once: the first wraps, every one unwraps. So
a KEK is replaced by putting the new one in front, wrapping all rows anew, and dropping the old one.
"""

import hashlib
import secrets
from collections.abc import Sequence
from enum import StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from maillage.kernel.errors import Conflict, Invalid

KEK_BYTES = 32
KEK_UNKNOWN = "lorawan.kek_unknown"
_VERSION = b"\x01"
_ID_BYTES, _NONCE_BYTES, _TAG_BYTES = 4, 12, 16
_HEAD_BYTES = len(_VERSION) + _ID_BYTES
_SEAL_BYTES = _HEAD_BYTES + _NONCE_BYTES + _TAG_BYTES
WRAPPED_KEY_BYTES = _SEAL_BYTES + 16
"""Length of a wrapped AES-128 key."""


class Purpose(StrEnum):
    """What a wrapped secret is: part of what is authenticated with it."""

    APP_KEY = "app_key"
    NWK_KEY = "nwk_key"
    NWK_S_KEY = "nwk_s_key"
    APP_S_KEY = "app_s_key"
    S_NWK_S_INT_KEY = "s_nwk_s_int_key"
    NWK_S_ENC_KEY = "nwk_s_enc_key"
    MC_KEY = "mc_key"
    OWNER_TOKEN = "owner_token"  # noqa: S105 - a name, not a token
    WEBHOOK_SECRET = "webhook_secret"  # noqa: S105 - a name, not a secret


class KeyRing:
    """The KEKs of an installation, the one that wraps first."""

    def __init__(self, keks: Sequence[bytes]) -> None:
        """Raises ``Invalid`` without any KEK, or with one that is not 32 bytes."""
        if not keks or any(len(kek) != KEK_BYTES for kek in keks):
            raise Invalid("lorawan.kek_unusable", expected_bytes=KEK_BYTES)
        self._ciphers = {_id_of(kek): AESGCM(kek) for kek in keks}
        self._current = _id_of(keks[0])
        self._head = _VERSION + self._current

    @property
    def current_id(self) -> str:
        """The id of the KEK that wraps, in hexadecimal."""
        return self._current.hex()

    def wrap(self, key: bytes, dev_eui: str, purpose: Purpose) -> bytes:
        """``key`` as it may be stored for this device and purpose."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return self._head + nonce + self._ciphers[self._current].encrypt(nonce, key, _bound(dev_eui, purpose))

    def unwrap(self, wrapped: bytes, dev_eui: str, purpose: Purpose) -> bytes:
        """The key. Raises ``Conflict``: ``lorawan.kek_unknown`` (fact ``kek``: its id) or ``lorawan.key_damaged``."""
        if len(wrapped) < _SEAL_BYTES or wrapped[:1] != _VERSION:
            raise Conflict("lorawan.key_damaged", dev_eui=dev_eui, what=purpose.value)
        cipher = self._ciphers.get(wrapped[1:_HEAD_BYTES])
        if cipher is None:
            raise Conflict(KEK_UNKNOWN, dev_eui=dev_eui, kek=kek_id(wrapped))
        nonce, sealed = wrapped[_HEAD_BYTES : _HEAD_BYTES + _NONCE_BYTES], wrapped[_HEAD_BYTES + _NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, sealed, _bound(dev_eui, purpose))
        except InvalidTag as error:
            raise Conflict("lorawan.key_damaged", dev_eui=dev_eui, what=purpose.value) from error

    def is_current(self, wrapped: bytes) -> bool:
        """Whether the KEK that wraps now has wrapped it."""
        return wrapped[:_HEAD_BYTES] == self._head


def kek_id(wrapped: bytes) -> str:
    """The id of the KEK that wrapped it, in hexadecimal."""
    return wrapped[1:_HEAD_BYTES].hex()


def _id_of(kek: bytes) -> bytes:
    return hashlib.sha256(kek).digest()[:_ID_BYTES]


def _bound(dev_eui: str, purpose: Purpose) -> bytes:
    return f"{dev_eui}:{purpose.value}".encode()

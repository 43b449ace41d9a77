"""NATS's keys and tokens, as far as an auth callout needs them. Pure.

Source: the NATS documentation, "Auth Callout", and ADR-14 and ADR-26 of nats-architecture-and-design: an nkey is a
prefix byte, 32 bytes of Ed25519 and a CRC-16/XMODEM, in base32; a token is a JWT signed ``ed25519-nkey``.
"""

import binascii
import hashlib
from base64 import b32decode, b32encode, urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from maillage.kernel.errors import Invalid

_ACCOUNT = 0
_SEED_BYTES = 32
_JWT_PARTS = 3
_HEADER = {"typ": "JWT", "alg": "ed25519-nkey"}
_ENCODER = msgspec.json.Encoder(order="sorted")


class AccountKey:
    """An account's key pair: it signs for whom connects. ``seed`` is 32 random bytes."""

    def __init__(self, seed: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = _nkey(_ACCOUNT, self._private.public_key().public_bytes_raw())

    def jwt(self, claims: dict[str, Any]) -> str:
        """The claims with their issuer and id, signed."""
        content = {**claims, "iss": self.public, "jti": ""}
        content["jti"] = b32encode(hashlib.sha256(_ENCODER.encode(content)).digest()).decode().rstrip("=")
        signed = f"{_part(_ENCODER.encode(_HEADER))}.{_part(_ENCODER.encode(content))}"
        return f"{signed}.{_part(self._private.sign(signed.encode()))}"


def claims_of(token: bytes) -> dict[str, Any]:
    """What a token says; its signature is not looked at. Raises ``Invalid`` for what is no token."""
    parts = token.split(b".")
    if len(parts) != _JWT_PARTS:
        raise Invalid("lorawan.mqtt_request_unreadable")
    try:
        return msgspec.json.decode(urlsafe_b64decode(parts[1] + b"=" * (-len(parts[1]) % 4)), type=dict[str, Any])
    except (binascii.Error, msgspec.MsgspecError, ValueError) as error:
        raise Invalid("lorawan.mqtt_request_unreadable") from error


def raw_key(nkey: str) -> bytes:
    """The 32 bytes of a public nkey. Raises ``ValueError`` when its check sum is wrong."""
    data = b32decode(nkey + "=" * (-len(nkey) % 8))
    if binascii.crc_hqx(data[:-2], 0) != int.from_bytes(data[-2:], "little"):
        raise ValueError("not an nkey")
    return data[1:-2]


def _nkey(prefix: int, raw: bytes) -> str:
    data = bytes([prefix]) + raw
    return b32encode(data + binascii.crc_hqx(data, 0).to_bytes(2, "little")).decode().rstrip("=")


def _part(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")

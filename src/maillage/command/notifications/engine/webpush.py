"""Web Push: a message encrypted for one browser (RFC 8291, RFC 8188 ``aes128gcm``) and signed by the server (RFC 8292).

Chance comes from outside: the salt and the one-time key are arguments.
"""

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

LONGEST_MESSAGE = 3000  # a push service takes 4,096 bytes with its header and padding (RFC 8030, section 7.2)
_RECORD_SIZE = 4096
_LAST_RECORD = b"\x02"
_TOKEN_LIFE = timedelta(hours=12)  # RFC 8292, section 2: at most 24 hours


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a browser is reached and the keys it gave: an uncompressed P-256 point and 16 secret bytes."""

    endpoint: str
    p256dh: bytes
    auth: bytes


def encrypted(message: bytes, browser: Browser, salt: bytes, one_time: ec.EllipticCurvePrivateKey) -> bytes:
    """The body of the request. ``salt`` is 16 random bytes, ``one_time`` a key made for this message.

    Raises ``ValueError`` for keys that are none.
    """
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), browser.p256dh)
    ours = public_point(one_time)
    shared = one_time.exchange(ec.ECDH(), theirs)
    keying = _hkdf(browser.auth, b"WebPush: info\0" + browser.p256dh + ours, 32, shared)
    content_key = _hkdf(salt, b"Content-Encoding: aes128gcm\0", 16, keying)
    nonce = _hkdf(salt, b"Content-Encoding: nonce\0", 12, keying)
    header = salt + _RECORD_SIZE.to_bytes(4, "big") + bytes([len(ours)]) + ours
    return header + AESGCM(content_key).encrypt(nonce, message + _LAST_RECORD, None)


def authorization(endpoint: str, contact: str, key: ec.EllipticCurvePrivateKey, now: datetime) -> str:
    """The ``Authorization`` header by which a push service knows us; ``contact`` is a ``mailto:`` or ``https:`` URI."""
    address = urlsplit(endpoint)
    claims = {
        "aud": f"{address.scheme}://{address.netloc}",
        "exp": int((now + _TOKEN_LIFE).timestamp()),
        "sub": contact,
    }
    signed = f"{_text(_json({'typ': 'JWT', 'alg': 'ES256'}))}.{_text(_json(claims))}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    token = f"{signed}.{_text(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
    return f"vapid t={token}, k={_text(public_point(key))}"


def public_point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public half as browsers take it: 65 bytes, uncompressed."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _hkdf(salt: bytes, info: bytes, length: int, secret: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")

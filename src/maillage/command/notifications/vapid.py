"""The key by which push services know this installation: made once, kept in its data folder (RFC 8292)."""

from base64 import urlsafe_b64encode
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from django.conf import settings

from maillage.command.notifications.engine.webpush import public_point
from maillage.kernel.errors import Unavailable


def signing_key() -> ec.EllipticCurvePrivateKey:
    """The installation's key; made at the first call."""
    return _key(settings.MESSAGING.vapid_key)


def application_server_key() -> str:
    """Its public half as a page hands it to the browser: base64url."""
    return urlsafe_b64encode(public_point(signing_key())).decode().rstrip("=")


@cache
def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Two processes may come here at once: the first to link its file decides for both."""
    try:
        if not path.exists():
            _make(path)
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError) as problem:
        raise Unavailable("vapid_key_unusable", path=str(path), reason=str(problem)) from problem
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise Unavailable("vapid_key_unusable", path=str(path), reason="not an elliptic curve key")
    return key


def _make(path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{public_point(key)[1:9].hex()}")
    fresh.touch(mode=0o600, exist_ok=False)
    try:
        fresh.write_bytes(pem)
        try:
            path.hardlink_to(fresh)
        except FileExistsError:
            return
    finally:
        fresh.unlink()

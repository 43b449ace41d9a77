"""Signed messages, as Standard Webhooks 1.0.0 describes them (https://www.standardwebhooks.com/). Pure.

The signature is HMAC-SHA256 over ``<id>.<timestamp>.<body>``; a secret is written ``whsec_`` and its base64.
"""

import hmac
from base64 import b64decode, b64encode
from binascii import Error as Base64Error

SECRET_PREFIX = "whsec_"  # noqa: S105 - how any secret begins
SECRET_BYTES = 32


def signed_headers(secret: bytes, message_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """What goes beside the body."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": f"v1,{signature(secret, message_id, timestamp_s, body)}",
    }


def signature(secret: bytes, message_id: str, timestamp_s: int, body: bytes) -> str:
    """In base64."""
    signed = f"{message_id}.{timestamp_s}.".encode() + body
    return b64encode(hmac.digest(secret, signed, "sha256")).decode()


def secret_text(secret: bytes) -> str:
    """As the receiver's library takes it."""
    return SECRET_PREFIX + b64encode(secret).decode()


def secret_from(text: str) -> bytes:
    """The other way round; raises ``ValueError`` for what is no secret."""
    if not text.startswith(SECRET_PREFIX):
        raise ValueError("not a webhook secret")
    try:
        return b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except Base64Error as error:
        raise ValueError("not a webhook secret") from error

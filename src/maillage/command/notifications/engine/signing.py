"""How a program outside knows that a call is ours, and that it is not an old one sent again."""

import hashlib
import hmac
from datetime import datetime

HEADER = "X-Maillage-Signature"


def signature(secret: str, body: bytes, now: datetime) -> str:
    """``t=<epoch seconds>,v1=<hex>``: HMAC-SHA256 of ``<epoch seconds>.<body>`` with the secret."""
    stamp = str(int(now.timestamp()))
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"

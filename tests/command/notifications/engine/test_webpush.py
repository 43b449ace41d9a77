"""Web Push against the worked example of RFC 8291, appendix A."""

import json
from base64 import urlsafe_b64decode
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from maillage.command.notifications.engine.webpush import Browser, authorization, encrypted, public_point


def decoded(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


BROWSER = Browser(
    "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
    decoded("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
    decoded("BTBZMqHH6r4Tts7J_aSIgg"),
)
ONE_TIME = ec.derive_private_key(
    int.from_bytes(decoded("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big"), ec.SECP256R1()
)
SALT = decoded("DGv6ra1nlYgDCS1FRnbzlw")
BODY = decoded(
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_the_worked_example_of_the_standard():
    assert encrypted(b"When I grow up, I want to be a watermelon", BROWSER, SALT, ONE_TIME) == BODY


def test_a_key_that_is_no_point_is_refused():
    with pytest.raises(ValueError, match=r".+"):
        encrypted(b"x", Browser("https://x", b"\x04" + bytes(64), bytes(16)), SALT, ONE_TIME)


def test_the_token_names_the_push_service_and_is_signed_by_our_key():
    now = datetime(2026, 3, 2, tzinfo=UTC)
    header = authorization(BROWSER.endpoint, "mailto:x@example.org", ONE_TIME, now)
    token, key = header.removeprefix("vapid t=").split(", k=")
    signed, signature = token.rsplit(".", 1)
    claims = json.loads(decoded(signed.split(".")[1]))
    assert (claims["aud"], claims["sub"]) == ("https://push.example.net", "mailto:x@example.org")
    assert 0 < claims["exp"] - now.timestamp() <= 24 * 3600
    raw = decoded(signature)
    halves = (int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(key))
    public.verify(encode_dss_signature(*halves), signed.encode(), ec.ECDSA(hashes.SHA256()))
    assert public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint) == public_point(ONE_TIME)

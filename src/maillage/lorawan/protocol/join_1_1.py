"""Joins and rejoins of 1.1: root keys, session keys, JoinAccept. Source: LoRaWAN 1.1, §6.1.1.3, §6.2.3, §6.2.5.

A 1.1 device may be answered by a 1.0 network (OptNeg 0): it then lives under 1.0 rules with keys from NwkKey.
"""

from dataclasses import dataclass
from enum import IntEnum
from hmac import compare_digest
from typing import NamedTuple

from maillage.lorawan.protocol.crypto import (
    SessionCrypto,
    aes_cmac,
    aes_encrypt,
    decrypt_join_accept,
    derive_session_keys,
    encrypt_join_accept,
    join_mic,
)
from maillage.lorawan.protocol.crypto_1_1 import SessionCrypto11, SessionKeys11
from maillage.lorawan.protocol.errors import FrameError, FrameReason, fits
from maillage.lorawan.protocol.eui import EUI64
from maillage.lorawan.protocol.frames import JoinAccept
from maillage.lorawan.protocol.join import JoinAcceptContent
from maillage.lorawan.protocol.types import MIC_BYTES, MType

_M_HDR = bytes((MType.JOIN_ACCEPT << 5,))
_F_NWK_S_INT, _APP_S, _S_NWK_S_INT, _NWK_S_ENC, _JS_ENC, _JS_INT = (bytes((label,)) for label in range(1, 7))


class JoinReqType(IntEnum):
    """Which request a JoinAccept answers (§6.2.3)."""

    REJOIN_0 = 0x00
    REJOIN_1 = 0x01
    REJOIN_2 = 0x02
    JOIN = 0xFF


@dataclass(frozen=True, slots=True)
class JoinQuestion:
    """The request that a JoinAccept answers; ``nonce`` is its DevNonce, or the RJcount of a rejoin."""

    kind: JoinReqType
    join_eui: EUI64
    nonce: int


class RootKeys(NamedTuple):
    """NwkKey and AppKey, and what the join server derives from NwkKey for one device."""

    nwk_key: bytes
    app_key: bytes
    js_int_key: bytes
    js_enc_key: bytes

    def accept_key(self, kind: JoinReqType) -> bytes:
        """What encrypts the JoinAccept (§6.2.3)."""
        return self.nwk_key if kind is JoinReqType.JOIN else self.js_enc_key


def derive_root_keys(nwk_key: bytes, app_key: bytes, dev_eui: EUI64) -> RootKeys:
    """With the join server's keys of the device (§6.1.1.4)."""
    seed = dev_eui[::-1] + bytes(7)
    return RootKeys(nwk_key, app_key, aes_encrypt(nwk_key, _JS_INT + seed), aes_encrypt(nwk_key, _JS_ENC + seed))


def derive_session_keys_1_1(roots: RootKeys, join_nonce: int, question: JoinQuestion) -> SessionKeys11:
    """Session keys of a join, or of a rejoin that renews them, with OptNeg set (§6.2.3)."""
    seed = (
        fits("JoinNonce", join_nonce, 24).to_bytes(3, "little")
        + question.join_eui[::-1]
        + fits("DevNonce", question.nonce, 16).to_bytes(2, "little")
        + bytes(2)
    )
    return SessionKeys11(
        aes_encrypt(roots.nwk_key, _F_NWK_S_INT + seed),
        aes_encrypt(roots.nwk_key, _S_NWK_S_INT + seed),
        aes_encrypt(roots.nwk_key, _NWK_S_ENC + seed),
        aes_encrypt(roots.app_key, _APP_S + seed),
    )


def open_session(roots: RootKeys, accept: JoinAcceptContent, question: JoinQuestion) -> SessionCrypto | SessionCrypto11:
    """The session that an accepted join begins, the same on both sides: of 1.1, or of 1.0 where OptNeg is 0."""
    if accept.dl_settings.opt_neg:
        return SessionCrypto11(derive_session_keys_1_1(roots, accept.join_nonce, question))
    return SessionCrypto(*derive_session_keys(roots.nwk_key, accept.join_nonce, accept.net_id, question.nonce))


def join_accept_mic_1_1(js_int_key: bytes, question: JoinQuestion, msg: bytes) -> bytes:
    """MIC of a JoinAccept with OptNeg; ``msg`` runs from MHDR to CFList, before encryption (§6.2.3)."""
    nonce = fits("DevNonce", question.nonce, 16).to_bytes(2, "little")
    return aes_cmac(js_int_key, bytes((question.kind,)) + question.join_eui[::-1] + nonce + msg)[:MIC_BYTES]


def build_join_accept_1_1(content: JoinAcceptContent, roots: RootKeys, question: JoinQuestion) -> bytes:
    """17 or 33 bytes. A 1.1 network sets OptNeg; without it the frame is one of 1.0 under NwkKey."""
    plain = content.encode()
    mic = _accept_mic(roots, question, plain, opt_neg=content.dl_settings.opt_neg)
    return _M_HDR + encrypt_join_accept(roots.accept_key(question.kind), plain + mic)


def open_join_accept_1_1(frame: JoinAccept, roots: RootKeys, question: JoinQuestion) -> JoinAcceptContent:
    """The device's side: decrypt and verify; ``WRONG_MIC`` when it was meant for another device or request."""
    clear = decrypt_join_accept(roots.accept_key(question.kind), frame.encrypted)
    plain, mic = clear[:-MIC_BYTES], clear[-MIC_BYTES:]
    content = JoinAcceptContent.decode(plain)
    if not compare_digest(mic, _accept_mic(roots, question, plain, opt_neg=content.dl_settings.opt_neg)):
        raise FrameError(FrameReason.WRONG_MIC, "join accept")
    return content


def _accept_mic(roots: RootKeys, question: JoinQuestion, plain: bytes, *, opt_neg: bool) -> bytes:
    if opt_neg:
        return join_accept_mic_1_1(roots.js_int_key, question, _M_HDR + plain)
    return join_mic(roots.nwk_key, _M_HDR + plain)

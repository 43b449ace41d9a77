"""AES-128 of LoRaWAN 1.0.x. Source: LoRaWAN L2 1.0.4, §4.3.3 (FRMPayload), §4.4 (MIC), §6.2 (join); RFC
4493 (CMAC).

A session keeps its CMAC and ECB contexts because setting up a key costs several times what using it costs.
They hold no state between calls (every message starts from a copy, ECB gets whole blocks), but one session
must not be used by two threads at once.
"""

from hmac import compare_digest
from struct import Struct
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.cmac import CMAC

from maillage.lorawan.protocol.errors import FrameError, FrameReason, fits
from maillage.lorawan.protocol.frames import DataDownlink, DataUplink
from maillage.lorawan.protocol.session import UplinkRadio
from maillage.lorawan.protocol.types import MIC_BYTES, PHY_PAYLOAD_MAX_BYTES, Direction

_KEY_BYTES = 16
_BLOCK_BYTES = 16
_B0 = Struct("<BHHBIIBB")
_A_WITHOUT_COUNTER = Struct("<BIBIIB")
# ``prefix.join(_A_COUNTERS[n])`` is the n blocks A_1..A_n, each the 15 common bytes and its number.
_A_COUNTERS = tuple(
    (b"", *(bytes((i,)) for i in range(1, blocks + 1))) for blocks in range(PHY_PAYLOAD_MAX_BYTES // _BLOCK_BYTES + 2)
)


class SessionKeys(NamedTuple):
    """The two session keys of 1.0.x."""

    nwk_s_key: bytes
    app_s_key: bytes


class SessionCrypto:
    """One session's MIC and FRMPayload, both ways; about 2 kB once both keys were used.

    Counters are 0..2^32 - 1, messages at most 255 bytes, as parsing and building guarantee.
    """

    __slots__ = ("_app_ecb", "_mac", "app_s_key", "nwk_s_key")

    def __init__(self, nwk_s_key: bytes, app_s_key: bytes) -> None:
        self.nwk_s_key = _checked_key(nwk_s_key)
        self.app_s_key = _checked_key(app_s_key)
        self._mac: CMAC | None = None
        self._app_ecb: CipherContext | None = None

    def uplink_mic(self, dev_addr: int, f_cnt: int, msg: bytes, _sent: UplinkRadio | None = None) -> bytes:
        """MIC of ``msg`` (MHDR to FRMPayload) under the full 32-bit counter."""
        return self._mic(_B0.pack(0x49, 0, 0, Direction.UPLINK, dev_addr, f_cnt, 0, len(msg)) + msg)

    def downlink_mic(self, dev_addr: int, f_cnt: int, msg: bytes, _conf_f_cnt: int = 0) -> bytes:
        """As uplink."""
        return self._mic(_B0.pack(0x49, 0, 0, Direction.DOWNLINK, dev_addr, f_cnt, 0, len(msg)) + msg)

    def signs_uplink(self, frame: DataUplink, f_cnt: int, _sent: UplinkRadio | None = None) -> bool:
        """Whether the frame's MIC is this session's for that full counter."""
        return compare_digest(frame.mic, self.uplink_mic(frame.dev_addr, f_cnt, frame.signed))

    def signs_downlink(self, frame: DataDownlink, f_cnt: int, _conf_f_cnt: int = 0) -> bool:
        return compare_digest(frame.mic, self.downlink_mic(frame.dev_addr, f_cnt, frame.signed))

    def crypt(self, direction: Direction, dev_addr: int, f_cnt: int, payload: bytes, port: int) -> bytes:
        """Encrypt or decrypt FRMPayload (the same operation): NwkSKey on port 0, AppSKey on every other."""
        size = len(payload)
        if size > PHY_PAYLOAD_MAX_BYTES:
            raise FrameError(FrameReason.TOO_LONG, f"FRMPayload of {size} bytes")
        prefix = _A_WITHOUT_COUNTER.pack(1, 0, direction, dev_addr, f_cnt, 0)
        blocks = prefix.join(_A_COUNTERS[(size + 15) >> 4])
        stream = (self._app() if port else _ecb_encryptor(self.nwk_s_key)).update(blocks)
        mixed = int.from_bytes(payload, "little") ^ int.from_bytes(stream[:size], "little")
        return mixed.to_bytes(size, "little")

    def crypt_f_opts(
        self, _direction: Direction, _dev_addr: int, _f_cnt: int, f_opts: bytes, _f_port: int | None
    ) -> bytes:
        """FOpts as they are: 1.0.x sends them in clear."""
        return f_opts

    def release(self) -> None:
        """Drop the cached contexts of a quiet session; they come back by themselves at the next use."""
        self._mac = None
        self._app_ecb = None

    def _mic(self, blocks: bytes) -> bytes:
        if self._mac is None:
            self._mac = CMAC(AES128(self.nwk_s_key))
        mac = self._mac.copy()
        mac.update(blocks)
        return mac.finalize()[:MIC_BYTES]

    def _app(self) -> CipherContext:
        if self._app_ecb is None:
            self._app_ecb = _ecb_encryptor(self.app_s_key)
        return self._app_ecb


def join_mic(app_key: bytes, msg: bytes) -> bytes:
    """MIC of a JoinRequest, or of a JoinAccept before encryption; ``msg`` starts at MHDR (§6.2)."""
    return aes_cmac(app_key, msg)[:MIC_BYTES]


def aes_cmac(key: bytes, msg: bytes) -> bytes:
    """The full 16-byte tag of RFC 4493."""
    mac = CMAC(AES128(_checked_key(key)))
    mac.update(msg)
    return mac.finalize()


def encrypt_join_accept(app_key: bytes, plain: bytes) -> bytes:
    """The network *decrypts* to encrypt, so that a device needs only the encryption half of AES (§6.2)."""
    return _ecb(app_key).decryptor().update(plain)


def decrypt_join_accept(app_key: bytes, encrypted: bytes) -> bytes:
    return _ecb_encryptor(app_key).update(encrypted)


def derive_session_keys(app_key: bytes, join_nonce: int, net_id: int, dev_nonce: int) -> SessionKeys:
    """Session keys of a 1.0.x join (§6.2); ``join_nonce`` is the AppNonce of 1.0.3."""
    seed = (
        fits("JoinNonce", join_nonce, 24).to_bytes(3, "little")
        + fits("NetID", net_id, 24).to_bytes(3, "little")
        + fits("DevNonce", dev_nonce, 16).to_bytes(2, "little")
        + bytes(7)
    )
    stream = aes_encrypt(app_key, b"\x01" + seed + b"\x02" + seed)
    return SessionKeys(stream[:_KEY_BYTES], stream[_KEY_BYTES:])


def aes_encrypt(key: bytes, blocks: bytes) -> bytes:
    """AES-128 of whole blocks, each on its own: the standard's ``aes128_encrypt``."""
    return _ecb_encryptor(key).update(blocks)


def _ecb(key: bytes) -> Cipher[ECB]:
    return Cipher(AES128(_checked_key(key)), ECB())  # noqa: S305 - the standard prescribes single-block AES


def _ecb_encryptor(key: bytes) -> CipherContext:
    return _ecb(key).encryptor()


def _checked_key(key: bytes) -> bytes:
    if len(key) != _KEY_BYTES:
        raise FrameError(FrameReason.FIELD_OUT_OF_RANGE, f"a key has {_KEY_BYTES} bytes, not {len(key)}")
    return key

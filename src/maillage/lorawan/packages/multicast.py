"""A multicast group: its keys and its counter. Source: LoRa Alliance TS005-2.0.0, §4.2.6 (keys), §4.2 (counters).

All members share McAddr, McKey and one downlink counter. McKey travels to each member under that member's McKEKey.
"""

from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import ECB

from maillage.lorawan.packages.command import exactly
from maillage.lorawan.protocol.build import DataContent, build_data_downlink
from maillage.lorawan.protocol.counters import Accepted, judge_counter
from maillage.lorawan.protocol.crypto import SessionCrypto, SessionKeys
from maillage.lorawan.protocol.errors import FrameError, FrameReason, fits
from maillage.lorawan.protocol.frames import DataDownlink
from maillage.lorawan.protocol.types import Direction

_KEY_BYTES = 16


def mc_root_key(gen_app_key: bytes) -> bytes:
    """McRootKey of a 1.0.x device, from its GenAppKey."""
    return aes_block(gen_app_key, b"\x00")


def mc_root_key_1_1(app_key: bytes) -> bytes:
    """McRootKey of a 1.1 device, from its AppKey."""
    return aes_block(app_key, b"\x20")


def mc_ke_key(root_key: bytes) -> bytes:
    """McKEKey, under which a device receives the keys of its groups."""
    return aes_block(root_key, b"\x00")


def encrypt_mc_key(ke_key: bytes, mc_key: bytes) -> bytes:
    """The server *decrypts* to encrypt, so that a device needs only the encryption half of AES."""
    return _ecb(ke_key).decryptor().update(exactly("McKey", mc_key, _KEY_BYTES))


def decrypt_mc_key(ke_key: bytes, encrypted: bytes) -> bytes:
    """The device's side."""
    return _ecb(ke_key).encryptor().update(exactly("McKey_encrypted", encrypted, _KEY_BYTES))


def mc_session_keys(mc_key: bytes, mc_addr: int) -> SessionKeys:
    """McNwkSKey and McAppSKey of a group."""
    address = fits("McAddr", mc_addr, 32).to_bytes(4, "little")
    return SessionKeys(aes_block(mc_key, b"\x02" + address), aes_block(mc_key, b"\x01" + address))


def aes_block(key: bytes, start: bytes) -> bytes:
    """One block of AES-128: ``start``, then zeros."""
    return _ecb(key).encryptor().update(start.ljust(_KEY_BYTES, b"\x00"))


@dataclass(frozen=True, slots=True)
class MulticastGroup:
    """``next_f_cnt`` is the counter of the next frame, from ``min_f_cnt``; no frame goes out from ``max_f_cnt`` on."""

    mc_addr: int
    keys: SessionKeys
    next_f_cnt: int
    max_f_cnt: int

    @property
    def frames_left(self) -> int:
        return max(self.max_f_cnt - self.next_f_cnt, 0)

    def crypto(self) -> SessionCrypto:
        """Contexts to keep for as long as the group transmits."""
        return SessionCrypto(*self.keys)


def build_multicast(
    group: MulticastGroup, crypto: SessionCrypto, f_port: int, payload: bytes
) -> tuple[bytes, MulticastGroup]:
    """The PHYPayload of the group's next frame, and the group after it.

    Unconfirmed, without MAC commands (LoRaWAN L2 1.0.4, §17.3). Raises ``FrameError`` once the counter is spent.
    """
    if not group.frames_left:
        raise FrameError(FrameReason.FIELD_OUT_OF_RANGE, f"the group has spent its counter at {group.max_f_cnt}")
    content = DataContent(group.mc_addr, group.next_f_cnt, f_port, payload)
    return build_data_downlink(crypto, content), replace(group, next_f_cnt=group.next_f_cnt + 1)


def open_multicast(
    group: MulticastGroup, crypto: SessionCrypto, frame: DataDownlink
) -> tuple[bytes, MulticastGroup] | None:
    """The device's side: the clear payload and the group that expects the next frame.

    None: not of this group, seen already, past its counters, without payload or on the MAC port. Raises ``FrameError``
    on a frame that is the group's but wrongly signed.
    """
    f_cnt = _expected(group, frame)
    if frame.dev_addr != group.mc_addr or f_cnt is None or not frame.f_port:
        return None
    if not crypto.signs_downlink(frame, f_cnt):
        raise FrameError(FrameReason.WRONG_MIC, f"multicast {group.mc_addr:08X}")
    payload = crypto.crypt(Direction.DOWNLINK, group.mc_addr, f_cnt, frame.frm_payload, frame.f_port)
    return payload, replace(group, next_f_cnt=f_cnt + 1)


def _expected(group: MulticastGroup, frame: DataDownlink) -> int | None:
    """The full counter, if it lies where the group may be now. ``next - 1`` was the last one accepted."""
    verdict = judge_counter(frame.f_cnt_16, group.next_f_cnt - 1 if group.next_f_cnt else None)
    return verdict.f_cnt if isinstance(verdict, Accepted) and verdict.f_cnt < group.max_f_cnt else None


def _ecb(key: bytes) -> Cipher[ECB]:
    return Cipher(AES128(exactly("a key", key, _KEY_BYTES)), ECB())  # noqa: S305 - the standard prescribes it

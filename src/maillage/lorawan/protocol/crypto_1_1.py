"""The session of LoRaWAN 1.1: two integrity keys, encrypted FOpts. Source: LoRaWAN 1.1, §4.3 and §4.4, with
its errata *FOpts Encryption, Usage of FCntDwn* of 2018: without it the two downlink counters would share key streams.
"""

from hmac import compare_digest
from struct import Struct
from typing import NamedTuple

from maillage.lorawan.protocol.crypto import SessionCrypto
from maillage.lorawan.protocol.errors import FrameError, FrameReason
from maillage.lorawan.protocol.frames import DataDownlink, DataUplink
from maillage.lorawan.protocol.session import UplinkRadio
from maillage.lorawan.protocol.types import F_OPTS_MAX_BYTES, Direction

_B1 = Struct("<BHBBBIIBB")
_B0_DOWN = Struct("<BHHBIIBB")
_A_F_OPTS = Struct("<BIBIIBB")
_HALF_MIC_BYTES = 2
_F_CTRL_AT = 5
_ACK = 0x20
_UP_OR_NETWORK_COUNTER = 0x01 << 24
_APPLICATION_COUNTER = 0x02 << 24
_ANY_PORT_BUT_0 = 1
_NOT_BOUND = UplinkRadio(0, 0)


class SessionKeys11(NamedTuple):
    """The four session keys. An ABP device is made with all four (1.1, §6.3)."""

    f_nwk_s_int_key: bytes
    s_nwk_s_int_key: bytes
    nwk_s_enc_key: bytes
    app_s_key: bytes


class SessionCrypto11:
    """The :class:`~maillage.lorawan.protocol.session.Session` of 1.1; about twice the memory of a 1.0 one."""

    __slots__ = ("_forwarding", "_serving", "keys")

    def __init__(self, keys: SessionKeys11) -> None:
        self.keys = keys
        self._forwarding = SessionCrypto(keys.f_nwk_s_int_key, keys.app_s_key)
        self._serving = _ServingHalf(keys.s_nwk_s_int_key, keys.nwk_s_enc_key)

    def uplink_mic(self, dev_addr: int, f_cnt: int, msg: bytes, sent: UplinkRadio | None = None) -> bytes:
        """Two bytes under SNwkSIntKey, two under FNwkSIntKey (§4.4.1); ``msg`` runs from MHDR to FRMPayload."""
        serving = self._serving.bound_mic(dev_addr, f_cnt, msg, sent or _NOT_BOUND)
        return serving[:_HALF_MIC_BYTES] + self._forwarding.uplink_mic(dev_addr, f_cnt, msg)[:_HALF_MIC_BYTES]

    def downlink_mic(self, dev_addr: int, f_cnt: int, msg: bytes, conf_f_cnt: int = 0) -> bytes:
        """Under SNwkSIntKey, bound to the acknowledged uplink if ACK is set (§4.4.2)."""
        return self._serving.bound_downlink_mic(dev_addr, f_cnt, msg, conf_f_cnt)

    def signs_uplink(self, frame: DataUplink, f_cnt: int, sent: UplinkRadio | None = None) -> bool:
        return compare_digest(frame.mic, self.uplink_mic(frame.dev_addr, f_cnt, frame.signed, sent))

    def signs_downlink(self, frame: DataDownlink, f_cnt: int, conf_f_cnt: int = 0) -> bool:
        return compare_digest(frame.mic, self.downlink_mic(frame.dev_addr, f_cnt, frame.signed, conf_f_cnt))

    def forwards_uplink(self, frame: DataUplink, f_cnt: int) -> bool:
        """Whether the half that a visited network can check, under FNwkSIntKey, is right."""
        half = self._forwarding.uplink_mic(frame.dev_addr, f_cnt, frame.signed)[:_HALF_MIC_BYTES]
        return compare_digest(frame.mic[_HALF_MIC_BYTES:], half)

    def crypt(self, direction: Direction, dev_addr: int, f_cnt: int, payload: bytes, port: int) -> bytes:
        """Encrypt or decrypt FRMPayload: NwkSEncKey on port 0, AppSKey on every other."""
        if port:
            return self._forwarding.crypt(direction, dev_addr, f_cnt, payload, port)
        # The serving half holds NwkSEncKey where a 1.0 session holds AppSKey, to keep its context.
        return self._serving.crypt(direction, dev_addr, f_cnt, payload, _ANY_PORT_BUT_0)

    def crypt_f_opts(self, direction: Direction, dev_addr: int, f_cnt: int, f_opts: bytes, f_port: int | None) -> bytes:
        """Encrypt or decrypt FOpts under NwkSEncKey; ``f_port`` tells which downlink counter ``f_cnt`` is."""
        if len(f_opts) > F_OPTS_MAX_BYTES:
            raise FrameError(FrameReason.F_OPTS_TOO_LONG, f"{len(f_opts)} bytes")
        counts_application = direction is Direction.DOWNLINK and bool(f_port)
        kind = _APPLICATION_COUNTER if counts_application else _UP_OR_NETWORK_COUNTER
        stream = self._serving.block(_A_F_OPTS.pack(1, kind, direction, dev_addr, f_cnt, 0, 1))
        return bytes(clear ^ key for clear, key in zip(f_opts, stream, strict=False))

    def release(self) -> None:
        """Drop the cached contexts of a quiet session; they come back by themselves at the next use."""
        self._forwarding.release()
        self._serving.release()


class _ServingHalf(SessionCrypto):
    """SNwkSIntKey for MICs, NwkSEncKey for the cipher."""

    __slots__ = ()

    def bound_mic(self, dev_addr: int, f_cnt: int, msg: bytes, sent: UplinkRadio) -> bytes:
        conf_f_cnt = _acknowledged(msg, sent.conf_f_cnt)
        b1 = _B1.pack(0x49, conf_f_cnt, sent.data_rate, sent.channel, Direction.UPLINK, dev_addr, f_cnt, 0, len(msg))
        return self._mic(b1 + msg)

    def bound_downlink_mic(self, dev_addr: int, f_cnt: int, msg: bytes, conf_f_cnt: int) -> bytes:
        acknowledged = _acknowledged(msg, conf_f_cnt)
        return self._mic(_B0_DOWN.pack(0x49, acknowledged, 0, Direction.DOWNLINK, dev_addr, f_cnt, 0, len(msg)) + msg)

    def block(self, plain: bytes) -> bytes:
        return self._app().update(plain)


def _acknowledged(msg: bytes, conf_f_cnt: int) -> int:
    """The lower half of the acknowledged counter if FCtrl has ACK, else 0."""
    return conf_f_cnt & 0xFFFF if msg[_F_CTRL_AT] & _ACK else 0

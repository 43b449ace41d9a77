"""Frame to bytes, every direction, and the opening of a JoinAccept. Source: LoRaWAN L2 1.0.4, §4 and §6.2."""

from hmac import compare_digest
from struct import Struct as Layout

from msgspec import Struct

from maillage.lorawan.protocol.crypto import decrypt_join_accept, encrypt_join_accept, join_mic
from maillage.lorawan.protocol.errors import FrameError, FrameReason, fits
from maillage.lorawan.protocol.eui import EUI64
from maillage.lorawan.protocol.frames import JoinAccept
from maillage.lorawan.protocol.join import JoinAcceptContent
from maillage.lorawan.protocol.session import Session, UplinkRadio
from maillage.lorawan.protocol.types import (
    F_CNT_MAX,
    F_OPTS_MAX_BYTES,
    MIC_BYTES,
    PHY_PAYLOAD_MAX_BYTES,
    Direction,
    MType,
)

_HEADER = Layout("<BIBH")
_EUI_BYTES = 8


class DataContent(Struct, frozen=True, gc=False):
    """A data frame before encryption: full 32-bit counter, clear payload, which needs an ``f_port``."""

    dev_addr: int
    f_cnt: int
    f_port: int | None = None
    payload: bytes = b""
    f_opts: bytes = b""
    confirmed: bool = False
    ack: bool = False
    adr: bool = False


def build_join_request(join_eui: EUI64, dev_eui: EUI64, dev_nonce: int, app_key: bytes) -> bytes:
    """23 bytes; EUIs are given most significant byte first."""
    if len(join_eui) != _EUI_BYTES or len(dev_eui) != _EUI_BYTES:
        raise FrameError(FrameReason.FIELD_OUT_OF_RANGE, "an EUI has eight bytes")
    nonce = fits("DevNonce", dev_nonce, 16).to_bytes(2, "little")
    signed = bytes((MType.JOIN_REQUEST << 5,)) + join_eui[::-1] + dev_eui[::-1] + nonce
    return signed + join_mic(app_key, signed)


def build_join_accept(content: JoinAcceptContent, app_key: bytes) -> bytes:
    """17 bytes, or 33 with a CFList, signed then encrypted under the device's root key."""
    m_hdr, plain = bytes((MType.JOIN_ACCEPT << 5,)), content.encode()
    return m_hdr + encrypt_join_accept(app_key, plain + join_mic(app_key, m_hdr + plain))


def open_join_accept(frame: JoinAccept, app_key: bytes) -> JoinAcceptContent:
    """The device's side: decrypt and verify; ``WRONG_MIC`` when it was meant for another device."""
    clear = decrypt_join_accept(app_key, frame.encrypted)
    plain, mic = clear[:-MIC_BYTES], clear[-MIC_BYTES:]
    if not compare_digest(mic, join_mic(app_key, bytes((MType.JOIN_ACCEPT << 5,)) + plain)):
        raise FrameError(FrameReason.WRONG_MIC, "join accept")
    return JoinAcceptContent.decode(plain)


def build_data_uplink(
    session: Session,
    content: DataContent,
    *,
    adr_ack_req: bool = False,
    class_b: bool = False,
    sent: UplinkRadio | None = None,
) -> bytes:
    """A device's data frame, encrypted and signed. A 1.1 session needs ``sent``."""
    m_type = MType.CONFIRMED_DATA_UP if content.confirmed else MType.UNCONFIRMED_DATA_UP
    signed = _signed(session, content, m_type, Direction.UPLINK, adr_ack_req << 6 | class_b << 4)
    return signed + session.uplink_mic(content.dev_addr, content.f_cnt, signed, sent)


def build_data_downlink(
    session: Session, content: DataContent, *, f_pending: bool = False, conf_f_cnt: int = 0
) -> bytes:
    """The network's data frame, encrypted and signed. ``conf_f_cnt`` is the uplink it acknowledges (1.1)."""
    m_type = MType.CONFIRMED_DATA_DOWN if content.confirmed else MType.UNCONFIRMED_DATA_DOWN
    signed = _signed(session, content, m_type, Direction.DOWNLINK, f_pending << 4)
    return signed + session.downlink_mic(content.dev_addr, content.f_cnt, signed, conf_f_cnt)


def _signed(session: Session, content: DataContent, m_type: MType, way: Direction, flags: int) -> bytes:
    _check(content)
    f_ctrl = content.adr << 7 | flags | content.ack << 5 | len(content.f_opts)
    head = _HEADER.pack(m_type << 5, content.dev_addr, f_ctrl, content.f_cnt & 0xFFFF)
    if content.f_opts:
        head += session.crypt_f_opts(way, content.dev_addr, content.f_cnt, content.f_opts, content.f_port)
    if content.f_port is None:
        return head
    frm_payload = session.crypt(way, content.dev_addr, content.f_cnt, content.payload, content.f_port)
    return head + bytes((content.f_port,)) + frm_payload


def _check(content: DataContent) -> None:
    fits("DevAddr", content.dev_addr, 32)
    if not 0 <= content.f_cnt <= F_CNT_MAX:
        raise FrameError(FrameReason.FIELD_OUT_OF_RANGE, f"FCnt={content.f_cnt}: the session must be renewed")
    if len(content.f_opts) > F_OPTS_MAX_BYTES:
        raise FrameError(FrameReason.F_OPTS_TOO_LONG, f"{len(content.f_opts)} bytes")
    if content.f_port is None:
        if content.payload:
            raise FrameError(FrameReason.PAYLOAD_WITHOUT_PORT)
        return
    if fits("FPort", content.f_port, 8) == 0 and content.f_opts:
        raise FrameError(FrameReason.F_OPTS_WITH_PORT_0)
    if _HEADER.size + len(content.f_opts) + 1 + len(content.payload) + MIC_BYTES > PHY_PAYLOAD_MAX_BYTES:
        raise FrameError(FrameReason.TOO_LONG, f"payload of {len(content.payload)} bytes")

"""Bytes to frame. Source: LoRaWAN L2 1.0.4, §4; RFU bits are ignored, as its conventions ask."""

from collections.abc import Callable
from struct import Struct
from typing import TypeVar

from maillage.lorawan.protocol.errors import FrameError, FrameReason
from maillage.lorawan.protocol.frames import (
    DataDownlink,
    DataUplink,
    Frame,
    JoinAccept,
    JoinRequest,
    Proprietary,
    RejoinRequest,
)
from maillage.lorawan.protocol.types import MIC_BYTES, PHY_PAYLOAD_MAX_BYTES, MType

_MAJOR_MASK = 0b11
_LORAWAN_R1 = 0
_F_OPTS_LEN_MASK = 0x0F
_HEADER = Struct("<xIBH")
_HEADER_BYTES = 8
_DATA_MIN_BYTES = _HEADER_BYTES + MIC_BYTES
_JOIN_REQUEST_BYTES = 23
_JOIN_ACCEPT_BYTES = (17, 33)
_REJOIN_ORIGIN_BYTES = {0: 3, 1: 8, 2: 3}
_REJOIN_MIN_BYTES = 2

_Data = TypeVar("_Data", DataUplink, DataDownlink)


def parse_frame(phy_payload: bytes) -> Frame:
    """A PHYPayload of 1 to 255 bytes as a frame. Raises ``FrameError`` and nothing else."""
    if not phy_payload:
        raise FrameError(FrameReason.EMPTY)
    if len(phy_payload) > PHY_PAYLOAD_MAX_BYTES:
        raise FrameError(FrameReason.TOO_LONG, f"{len(phy_payload)} bytes")
    m_type = phy_payload[0] >> 5
    if m_type != MType.PROPRIETARY and phy_payload[0] & _MAJOR_MASK != _LORAWAN_R1:
        raise FrameError(FrameReason.UNSUPPORTED_MAJOR, f"major {phy_payload[0] & _MAJOR_MASK}")
    return _PARSERS[m_type](phy_payload)


def _join_request(phy: bytes) -> JoinRequest:
    if len(phy) != _JOIN_REQUEST_BYTES:
        raise FrameError(FrameReason.WRONG_LENGTH, f"join request of {len(phy)} bytes")
    return JoinRequest(phy[8:0:-1], phy[16:8:-1], phy[17] | phy[18] << 8, phy[:-MIC_BYTES], phy[-MIC_BYTES:])


def _join_accept(phy: bytes) -> JoinAccept:
    if len(phy) not in _JOIN_ACCEPT_BYTES:
        raise FrameError(FrameReason.WRONG_LENGTH, f"join accept of {len(phy)} bytes")
    return JoinAccept(phy[1:])


def _rejoin_request(phy: bytes) -> RejoinRequest:
    if len(phy) < _REJOIN_MIN_BYTES:
        raise FrameError(FrameReason.TRUNCATED, f"rejoin request of {len(phy)} bytes")
    origin_bytes = _REJOIN_ORIGIN_BYTES.get(phy[1])
    if origin_bytes is None:
        raise FrameError(FrameReason.UNKNOWN_REJOIN_TYPE, f"type {phy[1]}")
    eui_at = 2 + origin_bytes
    if len(phy) != eui_at + 10 + MIC_BYTES:
        raise FrameError(FrameReason.WRONG_LENGTH, f"rejoin request of {len(phy)} bytes")
    rj_count = int.from_bytes(phy[eui_at + 8 : eui_at + 10], "little")
    dev_eui = phy[eui_at + 7 : eui_at - 1 : -1]
    return RejoinRequest(phy[1], phy[eui_at - 1 : 1 : -1], dev_eui, rj_count, phy[:-MIC_BYTES], phy[-MIC_BYTES:])


def _data_uplink(phy: bytes) -> DataUplink:
    return _data(DataUplink, phy)


def _data_downlink(phy: bytes) -> DataDownlink:
    return _data(DataDownlink, phy)


def _data(kind: type[_Data], phy: bytes) -> _Data:
    if len(phy) < _DATA_MIN_BYTES:
        raise FrameError(FrameReason.TRUNCATED, f"data frame of {len(phy)} bytes")
    dev_addr, f_ctrl, f_cnt_16 = _HEADER.unpack_from(phy)
    port_at = _HEADER_BYTES + (f_ctrl & _F_OPTS_LEN_MASK)
    signed = phy[:-MIC_BYTES]
    if port_at > len(signed):
        raise FrameError(FrameReason.F_OPTS_TRUNCATED, f"FOptsLen {f_ctrl & _F_OPTS_LEN_MASK}")
    f_port = signed[port_at] if port_at < len(signed) else None
    if f_port == 0 and port_at != _HEADER_BYTES:
        raise FrameError(FrameReason.F_OPTS_WITH_PORT_0)
    return kind(
        phy[0] >> 5 >= MType.CONFIRMED_DATA_UP,
        dev_addr,
        f_ctrl,
        f_cnt_16,
        signed[_HEADER_BYTES:port_at],
        f_port,
        signed[port_at + 1 :],
        signed,
        phy[-MIC_BYTES:],
    )


def _proprietary(phy: bytes) -> Proprietary:
    return Proprietary(phy[1:])


_PARSERS: tuple[Callable[[bytes], Frame], ...] = (
    _join_request,
    _join_accept,
    _data_uplink,
    _data_downlink,
    _data_uplink,
    _data_downlink,
    _rejoin_request,
    _proprietary,
)

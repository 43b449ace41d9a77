"""Datagrams to messages and back, both ends. Source: Semtech, PROTOCOL.TXT of the packet forwarder, version
2.

Four bytes start every datagram: version, token (any two bytes, here big-endian), type. Gateways then give
their EUI. Version 1 differs only in having no TX_ACK and is read too. There is no authentication: whoever
can reach the port can claim any EUI, so a network of gateways must be trusted or tunnelled.
"""

from collections.abc import Callable
from struct import Struct as Layout

import msgspec
from msgspec import Raw, Struct

from maillage.lorawan.gateways.semtech_udp.errors import DatagramError, DatagramReason, Refusal
from maillage.lorawan.gateways.semtech_udp.rxpk import Rxpk, read_rxpk, write_rxpk
from maillage.lorawan.gateways.semtech_udp.stat import Stat, read_stat, write_stat
from maillage.lorawan.gateways.semtech_udp.strict_json import decode_typed, refuse_repeated_outer_keys
from maillage.lorawan.gateways.semtech_udp.txack import read_tx_ack_body, write_tx_ack_body
from maillage.lorawan.gateways.semtech_udp.txpk import read_pull_resp_body, write_pull_resp_body
from maillage.lorawan.gateways.semtech_udp.values import (
    GatewayStat,
    Message,
    PullAck,
    PullData,
    PullResp,
    PushAck,
    PushData,
    RxPacket,
    TxAck,
)

_HEAD = Layout(">BHB")
_HEAD_BYTES = 4
_BODY_AT = 12
_DATAGRAM_MAX_BYTES = 65_507
"""The longest UDP payload over IPv4."""
_VERSIONS = (1, 2)
_TOKEN_MAX = 0xFFFF
PUSH_DATA, PUSH_ACK, PULL_DATA, PULL_RESP, PULL_ACK, TX_ACK = range(6)


class _PushBody(Struct, frozen=True):
    rxpk: tuple[Raw, ...] = ()
    stat: Raw = Raw()


class _PushBodyOut(Struct, frozen=True, omit_defaults=True):
    rxpk: tuple[Rxpk, ...] = ()
    stat: Stat | None = None


_PUSH_DECODER = msgspec.json.Decoder(_PushBody)
_ENCODER = msgspec.json.Encoder()


def decode(datagram: bytes) -> Message:
    """The message of a datagram. Raises ``DatagramError`` and nothing else."""
    if len(datagram) < _HEAD_BYTES:
        raise DatagramError(DatagramReason.TOO_SHORT, f"{len(datagram)} bytes")
    if len(datagram) > _DATAGRAM_MAX_BYTES:
        raise DatagramError(DatagramReason.TOO_LONG, f"{len(datagram)} bytes")
    version, token, kind = _HEAD.unpack_from(datagram)
    if version not in _VERSIONS:
        raise DatagramError(DatagramReason.UNSUPPORTED_VERSION, f"version {version}")
    reader = _READERS.get(kind)
    if reader is None:
        raise DatagramError(DatagramReason.UNKNOWN_TYPE, f"type {kind}")
    return reader(version, token, datagram)


def encode_push_data(message: PushData) -> bytes:
    """Gateway's side. ``refused`` has no place in a datagram."""
    body = _PushBodyOut(tuple(map(write_rxpk, message.packets)), _stat_out(message.stat))
    head = _with_eui(message.version, message.token, PUSH_DATA, message.gateway_eui)
    return head + _ENCODER.encode(body)


def encode_push_ack(message: PushAck) -> bytes:
    return _head(message.version, message.token, PUSH_ACK)


def encode_pull_data(message: PullData) -> bytes:
    """Gateway's side."""
    return _with_eui(message.version, message.token, PULL_DATA, message.gateway_eui)


def encode_pull_ack(message: PullAck) -> bytes:
    return _head(message.version, message.token, PULL_ACK)


def encode_pull_resp(message: PullResp) -> bytes:
    return _head(message.version, message.token, PULL_RESP) + write_pull_resp_body(message.packet)


def encode_tx_ack(message: TxAck) -> bytes:
    """Gateway's side."""
    head = _with_eui(message.version, message.token, TX_ACK, message.gateway_eui)
    return head + write_tx_ack_body(message.status)


def _push_data(version: int, token: int, datagram: bytes) -> PushData:
    eui, text = _eui(datagram), datagram[_BODY_AT:]
    body = decode_typed(_PUSH_DECODER, text)
    stat_text = bytes(body.stat)
    if stat_text or text.count(b'"rxpk"') > 1 or b"\\" in text:
        refuse_repeated_outer_keys(text)
    refused: list[Refusal] = []
    packets = _packets(body.rxpk, refused)
    stat = _stat(stat_text, refused) if stat_text else None
    return PushData(token, eui, packets, stat, tuple(refused), version)


def _packets(items: tuple[Raw, ...], refused: list[Refusal]) -> tuple[RxPacket, ...]:
    packets: list[RxPacket] = []
    for index, item in enumerate(items):
        try:
            packets.append(read_rxpk(bytes(item)))
        except DatagramError as error:
            refused.append(Refusal(f"rxpk[{index}]", error.reason, error.detail))
    return tuple(packets)


def _stat(text: bytes, refused: list[Refusal]) -> GatewayStat | None:
    try:
        return read_stat(text)
    except DatagramError as error:
        refused.append(Refusal("stat", error.reason, error.detail))
        return None


def _stat_out(stat: GatewayStat | None) -> Stat | None:
    return None if stat is None else write_stat(stat)


def _push_ack(version: int, token: int, datagram: bytes) -> PushAck:
    _nothing_after(_HEAD_BYTES, datagram)
    return PushAck(token, version)


def _pull_data(version: int, token: int, datagram: bytes) -> PullData:
    eui = _eui(datagram)
    _nothing_after(_BODY_AT, datagram)
    return PullData(token, eui, version)


def _pull_resp(version: int, token: int, datagram: bytes) -> PullResp:
    return PullResp(token, read_pull_resp_body(datagram[_HEAD_BYTES:]), version)


def _pull_ack(version: int, token: int, datagram: bytes) -> PullAck:
    _nothing_after(_HEAD_BYTES, datagram)
    return PullAck(token, version)


def _tx_ack(version: int, token: int, datagram: bytes) -> TxAck:
    return TxAck(token, _eui(datagram), read_tx_ack_body(datagram[_BODY_AT:]), version)


def _eui(datagram: bytes) -> bytes:
    if len(datagram) < _BODY_AT:
        raise DatagramError(DatagramReason.TOO_SHORT, f"{len(datagram)} bytes, no gateway EUI")
    return datagram[_HEAD_BYTES:_BODY_AT]


def _nothing_after(end: int, datagram: bytes) -> None:
    if len(datagram) > end:
        raise DatagramError(DatagramReason.TRAILING_BYTES, f"{len(datagram) - end} bytes")


def _head(version: int, token: int, kind: int) -> bytes:
    if version not in _VERSIONS or not 0 <= token <= _TOKEN_MAX:
        raise DatagramError(DatagramReason.FIELD_OUT_OF_RANGE, f"version {version}, token {token}")
    return _HEAD.pack(version, token, kind)


def _with_eui(version: int, token: int, kind: int, eui: bytes) -> bytes:
    if len(eui) != _BODY_AT - _HEAD_BYTES:
        raise DatagramError(DatagramReason.FIELD_OUT_OF_RANGE, f"an EUI of {len(eui)} bytes")
    return _head(version, token, kind) + eui


_READERS: dict[int, Callable[[int, int, bytes], Message]] = {
    PUSH_DATA: _push_data,
    PUSH_ACK: _push_ack,
    PULL_DATA: _pull_data,
    PULL_RESP: _pull_resp,
    PULL_ACK: _pull_ack,
    TX_ACK: _tx_ack,
}

"""The optional body of TX_ACK, JSON both ways (PROTOCOL.TXT of version 2, §5.5 and §6)."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from maillage.lorawan.gateways.semtech_udp.strict_json import decode_strictly
from maillage.lorawan.gateways.semtech_udp.values import TxStatus


class TxpkAck(Struct, frozen=True, gc=False):
    error: Annotated[str, Meta(max_length=64)] = TxStatus.NONE.value


class TxAckBody(Struct, frozen=True, gc=False):
    txpk_ack: TxpkAck = TxpkAck()


_DECODER = msgspec.json.Decoder(TxAckBody)
_ENCODER = msgspec.json.Encoder()
_KNOWN = {status.value: status for status in TxStatus}


def read_tx_ack_body(text: bytes) -> TxStatus | str:
    """No body, or no error in it, means that the frame was queued."""
    if not text:
        return TxStatus.NONE
    error = decode_strictly(_DECODER, text).txpk_ack.error
    return _KNOWN.get(error, error)


def write_tx_ack_body(status: TxStatus | str) -> bytes:
    return _ENCODER.encode(TxAckBody(TxpkAck(str(status))))

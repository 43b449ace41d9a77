"""What the pool and a worker process say to each other: frames of msgpack behind a four-byte length.

The pool sends one :class:`Setup`, which the worker answers with an empty list of outcomes; after that one
request, one list of outcomes, in turn.
"""

import struct

import msgspec

from maillage.lorawan.codecs.values import CodecFailure, CodecInput, Decoded, Encoded

LENGTH = struct.Struct(">I")


class Limits(msgspec.Struct, frozen=True):
    """What binds a codec. After ``strikes`` excesses in one request the rest of its inputs stays untried."""

    call_limit_s: float
    memory_limit_bytes: int
    stack_limit_bytes: int = 256 * 1024
    output_limit_chars: int = 64 * 1024
    strikes: int = 3


class CodecSource(msgspec.Struct, frozen=True, array_like=True):
    """A codec as the worker needs it: its JavaScript, and the quantities its model declares."""

    source: str
    quantities: tuple[str, ...]


class Setup(msgspec.Struct, frozen=True, array_like=True, tag="setup"):
    """The first message: every codec, by model key."""

    codecs: dict[str, CodecSource]
    limits: Limits


class DecodeUplinks(msgspec.Struct, frozen=True, array_like=True, tag="decode_uplinks"):
    """Answered by one ``Decoded`` or ``CodecFailure`` an input, in order."""

    inputs: list[CodecInput]


class EncodeDownlink(msgspec.Struct, frozen=True, array_like=True, tag="encode_downlink"):
    """Answered by one ``Encoded`` or ``CodecFailure``. The data stays JSON text all the way."""

    model_key: str
    data_json: str


class DecodeDownlink(msgspec.Struct, frozen=True, array_like=True, tag="decode_downlink"):
    """Answered by one ``Decoded`` or ``CodecFailure``."""

    model_key: str
    f_port: int
    payload: bytes


Request = DecodeUplinks | EncodeDownlink | DecodeDownlink
Message = Setup | Request
Outcome = Decoded | Encoded | CodecFailure

_encoder = msgspec.msgpack.Encoder()
message_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)
outcomes_decoder: msgspec.msgpack.Decoder[list[Outcome]] = msgspec.msgpack.Decoder(list[Outcome])


def frame(message: Message | list[Outcome]) -> bytes:
    """``message`` with its length in front."""
    body = _encoder.encode(message)
    return LENGTH.pack(len(body)) + body

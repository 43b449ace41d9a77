"""The worker process: ``python -m maillage.lorawan.codecs.worker``, started and spoken to by ``pool`` only.

It imports nothing of Django, reads no file but the harness, opens no socket, and ends when its standard input
ends: with its parent.
"""

import os
import resource
import signal
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from maillage.lorawan.codecs.sandbox import Sandbox
from maillage.lorawan.codecs.values import CodecFailure, CodecInput, Decoded, failure
from maillage.lorawan.codecs.wire import (
    LENGTH,
    DecodeDownlink,
    DecodeUplinks,
    EncodeDownlink,
    Message,
    Outcome,
    Request,
    Setup,
    frame,
    message_decoder,
)

ADDRESS_SPACE_LIMIT_BYTES = 1024**3
_STDOUT, _STDERR = 1, 2


def main() -> None:
    """Serve until standard input ends."""
    answers = _private_output()
    _confine()
    messages = _messages(sys.stdin.buffer)
    setup = next(messages, None)
    if not isinstance(setup, Setup):
        return
    sandboxes = {key: Sandbox(codec.source, codec.quantities, setup.limits) for key, codec in setup.codecs.items()}
    _send(answers, [])
    for message in messages:
        if isinstance(message, Setup):
            return
        _send(answers, _outcomes(sandboxes, message))


def _private_output() -> BinaryIO:
    """Standard output for frames alone: whatever else prints, prints on standard error."""
    answers = os.fdopen(os.dup(_STDOUT), "wb")
    os.dup2(_STDERR, _STDOUT)
    return answers


def _confine() -> None:
    """A backstop behind the engine's limits; and Ctrl-C is the parent's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_LIMIT_BYTES, ADDRESS_SPACE_LIMIT_BYTES))


def _messages(stream: BinaryIO) -> Iterator[Message]:
    while len(head := stream.read(LENGTH.size)) == LENGTH.size:
        (length,) = LENGTH.unpack(head)
        body = stream.read(length)
        if len(body) < length:
            return
        yield message_decoder.decode(body)


def _send(stream: BinaryIO, outcomes: list[Outcome]) -> None:
    stream.write(frame(outcomes))
    stream.flush()


def _outcomes(sandboxes: Mapping[str, Sandbox], request: Request) -> list[Outcome]:
    match request:
        case DecodeUplinks(inputs):
            return _decoded(sandboxes, inputs)
        case EncodeDownlink(model_key, data_json):
            return [sandboxes[model_key].encode(data_json) if model_key in sandboxes else _unknown(model_key)]
        case DecodeDownlink(model_key, f_port, payload):
            sandbox = sandboxes.get(model_key)
            return [sandbox.decode_downlink(f_port, payload) if sandbox else _unknown(model_key)]


def _decoded(sandboxes: Mapping[str, Sandbox], inputs: list[CodecInput]) -> list[Outcome]:
    """In the order of ``inputs``; each model's inputs go into its context together."""
    by_model: dict[str, list[int]] = defaultdict(list)
    for position, item in enumerate(inputs):
        by_model[item.model_key].append(position)
    outcomes: dict[int, Decoded | CodecFailure] = {}
    for model_key, positions in by_model.items():
        sandbox = sandboxes.get(model_key)
        group = [inputs[position] for position in positions]
        answers = sandbox.decode(group) if sandbox else [_unknown(model_key)] * len(group)
        outcomes.update(zip(positions, answers, strict=True))
    return [outcomes[position] for position in range(len(inputs))]


def _unknown(model_key: str) -> CodecFailure:
    return failure("unknown_model", f"there is no device model {model_key!r}")


if __name__ == "__main__":
    main()

"""Hands payloads to the codec pool in batches while their windows are open, and downlinks to be encoded."""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from maillage.kernel.errors import Unavailable
from maillage.lorawan.codecs.values import CodecFailure, CodecInput, Decoded, Encoded
from maillage.lorawan.server.stages import Decoding, Verified

_ENCODER = msgspec.json.Encoder()
_BATCH = 512
# Frames wait for their window anyway: a request to a worker costs more than what it decodes.
_GATHER_S = 0.025
NOTHING_TO_DECODE = Decoding(b"", {})


class Codecs(Protocol):
    """What the server needs of ``codecs.pool.CodecPool``. Both answer values, one an input, in order."""

    async def decode(self, batch: Sequence[CodecInput]) -> list[Decoded | CodecFailure]: ...

    async def encode(self, model_key: str, data: dict[str, Any]) -> Encoded | CodecFailure: ...


class Decoder:
    """One batch is under way at a time; what arrives meanwhile, and shortly before, makes one batch."""

    def __init__(self, codecs: Codecs) -> None:
        self._codecs = codecs
        self._decoded: list[Verified] = []
        self._waiting: list[Verified] = []
        self._work = asyncio.Event()

    def ask(self, uplink: Verified) -> None:
        """``uplink.decoding`` will be set, at once when there is nothing to decode."""
        if uplink.payload and uplink.frame.f_port:
            self._waiting.append(uplink)
        else:
            uplink.decoding = NOTHING_TO_DECODE

    def take_decoded(self) -> list[Verified]:
        """Uplinks whose decoding has come since the last call."""
        taken, self._decoded = self._decoded, []
        return taken

    def flush(self) -> None:
        """Start on what waits; called once a batch of datagrams or a tick."""
        if self._waiting:
            self._work.set()

    async def run(self) -> None:
        while True:
            await self._work.wait()
            await asyncio.sleep(_GATHER_S)
            self._work.clear()
            while self._waiting:
                batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
                await self._decode(batch)

    async def _decode(self, batch: list[Verified]) -> None:
        outcomes = await decode_all(self._codecs, [codec_input(uplink) for uplink in batch])
        for uplink, outcome in zip(batch, outcomes, strict=True):
            uplink.decoding = outcome
        self._decoded.extend(batch)


def codec_input(uplink: Verified) -> CodecInput:
    device = uplink.session.device
    return CodecInput(device.model_key, uplink.frame.f_port or 0, uplink.payload or b"", uplink.received.at)


async def decode_all(codecs: Codecs, inputs: list[CodecInput]) -> list[Decoding]:
    """One decoding an input; a pool that is closing is a failure like another."""
    try:
        return [_decoding(outcome) for outcome in await codecs.decode(inputs)]
    except Unavailable as error:
        return [_decoding(CodecFailure(error.code, ""))] * len(inputs)


def _decoding(outcome: Decoded | CodecFailure) -> Decoding:
    if isinstance(outcome, Decoded):
        return Decoding(_ENCODER.encode(outcome.data), outcome.measures)
    return Decoding(_ENCODER.encode({"error": outcome.code, "message": outcome.message}), {}, outcome.code)

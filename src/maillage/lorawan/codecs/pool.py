"""Decodes uplinks and encodes downlinks with the codecs of the device models, in worker processes.

No codec can hurt the server: the JavaScript engine stops what takes too long or too much memory, the pool
kills and replaces a worker that misses its deadline, finds the input that did it, and answers all others.
``quarantine`` says when a model's codec is left untried.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

import msgspec

from maillage.kernel.clock import monotonic_s
from maillage.kernel.errors import Unavailable
from maillage.lorawan.codecs.link import WorkerLink, WorkerLost
from maillage.lorawan.codecs.model import DeviceModel
from maillage.lorawan.codecs.quarantine import KILLED, Quarantine, QuarantineRule
from maillage.lorawan.codecs.values import CodecFailure, CodecInput, Decoded, Encoded, failure
from maillage.lorawan.codecs.wire import (
    CodecSource,
    DecodeDownlink,
    DecodeUplinks,
    EncodeDownlink,
    Limits,
    Outcome,
    Request,
    Setup,
)

MEBIBYTE = 1024**2
DEADLINE_PER_INPUT_S = 0.005


class CodecPool:
    """A pool of codec workers. ``async with`` starts and closes it; or ``start`` and ``close``.

    ``call_limit_s`` (processor time) and ``memory_limit_bytes`` bind one call of a codec. ``hard_limit_s`` is
    the wall time after which a worker that has not answered is killed (5 ms more for each input). Every
    method answers values; the only exception is :class:`Unavailable` ``codecs.closed``, before ``start`` and
    after ``close``.
    """

    def __init__(
        self,
        models: Mapping[str, DeviceModel],
        *,
        workers: int = 1,
        call_limit_s: float = 0.05,
        memory_limit_bytes: int = 16 * MEBIBYTE,
        hard_limit_s: float = 1.0,
        quarantine: QuarantineRule | None = None,
    ) -> None:
        self._setup = Setup(_sources(models), Limits(call_limit_s, memory_limit_bytes))
        self._workers = workers
        self._hard_limit_s = hard_limit_s
        self._quarantine = Quarantine(quarantine or QuarantineRule())
        self._idle: asyncio.Queue[WorkerLink | None] = asyncio.Queue()
        self._links: set[WorkerLink] = set()
        self._outdated: set[WorkerLink] = set()
        self._open = False

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def worker_pids(self) -> list[int]:
        """The live worker processes, for supervision."""
        return sorted(link.pid for link in self._links)

    async def start(self) -> None:
        """Start the workers; one that does not start is tried again when it is needed."""
        self._open = True
        self._idle = asyncio.Queue()
        for link in await asyncio.gather(*(self._try_start() for _ in range(self._workers))):
            self._idle.put_nowait(link)

    async def close(self) -> None:
        """End the workers. Calls under way are answered by :class:`Unavailable`."""
        self._open = False
        links, self._links = self._links, set()
        await asyncio.gather(*(link.close() for link in links))

    def replace_models(self, models: Mapping[str, DeviceModel]) -> None:
        """From now on these. Workers are replaced as they become free; what is under way is answered as asked."""
        self._setup = Setup(_sources(models), self._setup.limits)
        self._outdated = set(self._links)

    async def decode(self, batch: Sequence[CodecInput]) -> list[Decoded | CodecFailure]:
        """One outcome an input, in order. Large batches are cheaper; a few hundred is a good size."""
        self._require_open()
        outcomes: dict[int, Decoded | CodecFailure] = {}
        for position, item in enumerate(batch):
            if (refusal := self._refusal(item.model_key)) is not None:
                outcomes[position] = refusal
        tried = [position for position in range(len(batch)) if position not in outcomes]
        answers = await self._decode([batch[position] for position in tried])
        outcomes.update(zip(tried, answers, strict=True))
        return [outcomes[position] for position in range(len(batch))]

    async def encode(self, model_key: str, data: Mapping[str, Any]) -> Encoded | CodecFailure:
        """The downlink for ``data`` (what the model's ``encodeDownlink`` takes)."""
        self._require_open()
        try:
            text = msgspec.json.encode(dict(data)).decode()
        except (TypeError, ValueError, msgspec.MsgspecError, RecursionError) as problem:
            return failure("bad_input", f"the data of the downlink is not JSON: {problem}")
        outcome = await self._ask_one(model_key, EncodeDownlink(model_key, text))
        return outcome if isinstance(outcome, Encoded | CodecFailure) else _mixed_up()

    async def decode_downlink(self, model_key: str, f_port: int, payload: bytes) -> Decoded | CodecFailure:
        """What a downlink says, as data of ``encodeDownlink``; ``measures`` is empty."""
        self._require_open()
        outcome = await self._ask_one(model_key, DecodeDownlink(model_key, f_port, payload))
        return outcome if isinstance(outcome, Decoded | CodecFailure) else _mixed_up()

    async def _decode(self, inputs: list[CodecInput]) -> list[Decoded | CodecFailure]:
        if not inputs:
            return []
        try:
            answers = await self._ask(DecodeUplinks(inputs), len(inputs))
        except WorkerLost:
            return await self._decode_in_parts(inputs)
        outcomes = [a if isinstance(a, Decoded | CodecFailure) else _mixed_up() for a in answers]
        for item, outcome in zip(inputs, outcomes, strict=True):
            self._note(item.model_key, outcome)
        return outcomes

    async def _decode_in_parts(self, inputs: list[CodecInput]) -> list[Decoded | CodecFailure]:
        """After a lost worker: model by model, then input by input, until the culprit stands alone."""
        if len(inputs) == 1:
            return [self._killed(inputs[0].model_key)]
        by_model: dict[str, list[int]] = defaultdict(list)
        for position, item in enumerate(inputs):
            by_model[item.model_key].append(position)
        parts = list(by_model.values()) if len(by_model) > 1 else [[position] for position in range(len(inputs))]
        outcomes: dict[int, Decoded | CodecFailure] = {}
        for part in parts:
            refusal = self._refusal(inputs[part[0]].model_key)
            answers = [refusal] * len(part) if refusal else await self._decode([inputs[p] for p in part])
            outcomes.update(zip(part, answers, strict=True))
        return [outcomes[position] for position in range(len(inputs))]

    async def _ask_one(self, model_key: str, request: Request) -> Outcome:
        if (refusal := self._refusal(model_key)) is not None:
            return refusal
        try:
            outcome = (await self._ask(request, 1))[0]
        except WorkerLost:
            return self._killed(model_key)
        self._note(model_key, outcome)
        return outcome

    async def _ask(self, request: Request, inputs: int) -> list[Outcome]:
        async with self._worker() as link:
            if link is None:
                return [failure("worker_unavailable", "no codec worker could be started")] * inputs
            try:
                outcomes = await link.ask(request, self._hard_limit_s + inputs * DEADLINE_PER_INPUT_S)
            except WorkerLost:
                self._require_open()
                raise
        return outcomes if len(outcomes) == inputs else [_mixed_up()] * inputs

    @asynccontextmanager
    async def _worker(self) -> AsyncIterator[WorkerLink | None]:
        """A worker for one request; it goes back to the idle ones unless it was lost meanwhile."""
        link = await self._idle.get()
        try:
            self._require_open()
            if link is not None and link in self._outdated:
                await self._end(link)
                link = None
            link = link or await self._try_start()
            yield link
        except BaseException:
            if link is not None:
                self._links.discard(link)
            link = None
            raise
        finally:
            self._idle.put_nowait(link)

    async def _end(self, link: WorkerLink) -> None:
        self._outdated.discard(link)
        self._links.discard(link)
        await link.close()

    async def _try_start(self) -> WorkerLink | None:
        try:
            link = await WorkerLink.start(self._setup)
        except WorkerLost:
            return None
        self._links.add(link)
        return link

    def _refusal(self, model_key: str) -> CodecFailure | None:
        if model_key not in self._setup.codecs:
            return failure("unknown_model", f"there is no device model {model_key!r}")
        remaining_s = self._quarantine.remaining_s(model_key, monotonic_s())
        if remaining_s <= 0:
            return None
        return failure("quarantined", f"the codec of {model_key} rests for another {remaining_s:.0f} s")

    def _killed(self, model_key: str) -> CodecFailure:
        outcome = failure(KILLED, f"the worker process died or had to be killed on an input of {model_key}")
        self._note(model_key, outcome)
        return outcome

    def _note(self, model_key: str, outcome: Outcome) -> None:
        if isinstance(outcome, CodecFailure):
            self._quarantine.note(model_key, outcome.code, monotonic_s())

    def _require_open(self) -> None:
        if not self._open:
            raise Unavailable("codecs.closed")


def _sources(models: Mapping[str, DeviceModel]) -> dict[str, CodecSource]:
    return {key: CodecSource(model.codec_source, tuple(model.measures)) for key, model in models.items()}


def _mixed_up() -> CodecFailure:
    return failure("bad_result", "the worker answered something else than what was asked")

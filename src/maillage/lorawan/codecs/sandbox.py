"""One codec in one JavaScript context of its own, with limits on time, memory, stack and output.

Nothing that a codec does to its context (prototypes, globals, hoarded memory) reaches another model's. The
engine's clock counts the processor time of this process and starts anew with every call. A native function
that runs long without ever asking the clock is not stopped here: the pool kills the process.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import quickjs

from maillage.lorawan.codecs.values import (
    LIMIT_CODES,
    CodecFailure,
    CodecInput,
    Decoded,
    Encoded,
    failure,
)
from maillage.lorawan.codecs.wire import Limits

_HARNESS = Path(__file__).with_name("harness.js").read_text(encoding="utf-8")
_GROUP_SIZE = 200
_GROUP_TIME_PER_INPUT_S = 200e-6
_ENGINE_SAYS = (
    ("InternalError: interrupted", "time_limit"),
    ("InternalError: out of memory", "memory_limit"),
    ("RangeError: Maximum call stack size exceeded", "stack_limit"),
    ("InternalError: stack overflow", "stack_limit"),
)


class _Result(msgspec.Struct):
    """What the harness answers for one input: data, measures, warnings, bytes, port, or code and error."""

    d: dict[str, Any] | None = None
    m: dict[str, float] = {}
    w: list[str] = []
    b: list[Annotated[int, msgspec.Meta(ge=0, le=255)]] | None = None
    p: Annotated[int, msgspec.Meta(ge=1, le=223)] | None = None
    c: str = ""
    e: str = ""


_Call = tuple[int, list[int], int] | tuple[int, list[int]] | msgspec.Raw
"""Port, bytes and (of an uplink) time in milliseconds; or the data of a downlink."""
_results = msgspec.json.Decoder(list[_Result])


class Sandbox:
    """The codec of one model. Every method answers values; nothing a codec does makes it raise."""

    def __init__(self, source: str, quantities: Sequence[str], limits: Limits) -> None:
        self._source = source
        self._quantities = frozenset(quantities)
        self._limits = limits
        self._context: quickjs.Context | None = None
        self._run: quickjs.Object | None = None

    def decode(self, inputs: Sequence[CodecInput]) -> list[Decoded | CodecFailure]:
        """One outcome an input, in order."""
        outcomes: list[Decoded | CodecFailure] = []
        strikes = 0
        for start in range(0, len(inputs), _GROUP_SIZE):
            group = inputs[start : start + _GROUP_SIZE]
            calls: list[_Call] = [(i.f_port, list(i.payload), int(i.received_at.timestamp() * 1000)) for i in group]
            results = self._call("decodeUplink", calls) if strikes < self._limits.strikes else None
            if isinstance(results, list):
                answered = [self._decoded(result) for result in results]
                strikes += sum(_is_strike(outcome) for outcome in answered)
                outcomes += answered
                continue
            for call in calls:  # something in the group stopped the engine: find it
                outcome = self._decode_alone(call, strikes)
                strikes += _is_strike(outcome)
                outcomes.append(outcome)
        return outcomes

    def encode(self, data_json: str) -> Encoded | CodecFailure:
        """``encodeDownlink`` of the data in ``data_json``."""
        result = self._call_alone("encodeDownlink", msgspec.Raw(data_json.encode()))
        if isinstance(result, CodecFailure):
            return result
        if result.b is None or result.p is None:
            return failure("bad_result", "encodeDownlink answered no bytes or no fPort")
        return Encoded(result.p, bytes(result.b), tuple(result.w))

    def decode_downlink(self, f_port: int, payload: bytes) -> Decoded | CodecFailure:
        """``decodeDownlink``: the data of a downlink, without measures."""
        result = self._call_alone("decodeDownlink", (f_port, list(payload)))
        return result if isinstance(result, CodecFailure) else self._decoded(result)

    def _decode_alone(self, call: _Call, strikes: int) -> Decoded | CodecFailure:
        if strikes >= self._limits.strikes:
            return failure("quarantined", f"not tried: the codec went beyond its limits {strikes} times just before")
        result = self._call_alone("decodeUplink", call)
        return result if isinstance(result, CodecFailure) else self._decoded(result)

    def _call_alone(self, routine: str, call: _Call) -> _Result | CodecFailure:
        results = self._call(routine, [call])
        if isinstance(results, CodecFailure):
            return results
        return _failure_of(results[0]) if results[0].c else results[0]

    def _decoded(self, result: _Result) -> Decoded | CodecFailure:
        if result.c:
            return _failure_of(result)
        if result.d is None:
            return failure("bad_result", "the codec answered neither data nor errors")
        if not result.m.keys() <= self._quantities:
            unknown = ", ".join(sorted(result.m.keys() - self._quantities))
            return failure("bad_result", f"normalizeUplink answered undeclared quantities: {unknown}")
        return Decoded(result.d, result.m, tuple(result.w))

    def _call(self, routine: str, calls: list[_Call]) -> list[_Result] | CodecFailure:
        """All of ``calls`` in one go; one failure for all of them where the engine had to stop."""
        request = msgspec.json.encode((routine, calls)).decode()
        stage = "bad_codec"
        try:
            context, run = self._loaded()
            stage = "bad_result"  # what the codec throws is caught inside: this is about its answer
            context.set_time_limit(self._limits.call_limit_s + len(calls) * _GROUP_TIME_PER_INPUT_S)
            results = _results.decode(run(request, self._limits.output_limit_chars))
        except quickjs.JSException as problem:
            self._forget()
            return _engine_failure(stage, str(problem))
        except (msgspec.DecodeError, UnicodeError, RecursionError) as problem:
            return failure("bad_result", f"the answer is not what is asked for: {problem}")
        if len(results) != len(calls):
            return failure("bad_result", "the codec tampered with its answers")
        if any(result.c and _engine_code(result.e) for result in results):
            self._forget()  # after an exhausted memory or stack the context is not to be trusted
        return results

    def _loaded(self) -> tuple[Any, Any]:
        if self._context is None or self._run is None:
            context = quickjs.Context()
            context.set_memory_limit(self._limits.memory_limit_bytes)
            context.set_max_stack_size(self._limits.stack_limit_bytes)
            context.set_time_limit(self._limits.call_limit_s)
            run = context.eval(_HARNESS)
            context.eval(self._source)
            self._context, self._run = context, run
        return self._context, self._run

    def _forget(self) -> None:
        self._run = None
        self._context = None


def _is_strike(outcome: Decoded | CodecFailure) -> bool:
    return isinstance(outcome, CodecFailure) and outcome.code in LIMIT_CODES


def _engine_code(text: str) -> str | None:
    return next((code for says, code in _ENGINE_SAYS if text.startswith(says)), None)


def _engine_failure(stage: str, text: str) -> CodecFailure:
    first_line = text.split("\n", 1)[0]
    return failure(_engine_code(text) or stage, first_line)


def _failure_of(result: _Result) -> CodecFailure:
    return failure((_engine_code(result.e) if result.c == "threw" else None) or result.c, result.e)

"""The repository's own examples, run in the codec pool as every frame will be."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from maillage.lorawan.codecs.pool import CodecPool
from maillage.lorawan.codecs.quarantine import QuarantineRule
from maillage.lorawan.codecs.values import CodecFailure, CodecInput, Decoded, Encoded, failure
from maillage.lorawan.repository.values import Checkout, Example, Found, Outcome

# Examples state no time of reception; the codecs that use one are rare.
_RECEIVED_AT = datetime(2022, 10, 1, 12, tzinfo=UTC)
_MODELS_AT_ONCE = 100
_HARD_LIMIT_S = 20.0  # nobody waits for an import: on a busy machine the codec is judged by its own time
_PATIENT = QuarantineRule(strikes=1_000)
Answer = Decoded | Encoded | CodecFailure


async def run_examples(checkout: Checkout) -> Mapping[str, list[Outcome]]:
    """What each example of each model shows, by the model's key. Hostile codecs are stopped as in production."""
    outcomes: dict[str, list[Outcome]] = {}
    for start in range(0, len(checkout.found), _MODELS_AT_ONCE):
        some = checkout.found[start : start + _MODELS_AT_ONCE]
        models = {found.model.key: found.model for found in some}
        async with CodecPool(models, quarantine=_PATIENT, hard_limit_s=_HARD_LIMIT_S) as pool:
            for found in some:
                outcomes[found.model.key] = await _run(pool, found)
    return outcomes


async def _run(pool: CodecPool, found: Found) -> list[Outcome]:
    outcomes = []
    for example in found.examples:
        difference = _difference(example, await _answer(pool, found.model.key, example))
        outcomes.append(Outcome(example.routine, example.description, difference))
    return outcomes


async def _answer(pool: CodecPool, key: str, example: Example) -> Answer:
    given = example.input
    try:
        if example.routine == "encodeDownlink":
            return await pool.encode(key, given["data"])
        f_port, payload = int(given["fPort"]), bytes(given["bytes"])
    except (KeyError, TypeError, ValueError) as error:
        return failure("bad_input", f"the example's input is not usable: {error!r}")
    if example.routine == "decodeDownlink":
        return await pool.decode_downlink(key, f_port, payload)
    (answer,) = await pool.decode([CodecInput(key, f_port, payload, _RECEIVED_AT)])
    return answer


def _difference(example: Example, answer: Answer) -> str:
    """Empty when the answer is what the example expects: its errors, its data, or its bytes and port."""
    expected = example.expected
    if errors := expected.get("errors"):
        return _unlike("; ".join(str(error) for error in errors), _error(answer))
    match answer:
        case CodecFailure():
            return f"{answer.code}: {answer.message}"
        case Decoded():
            return _unlike(expected.get("data"), answer.data)
        case Encoded():
            said = {"bytes": list(answer.payload), "fPort": answer.f_port}
            return _unlike({name: expected[name] for name in said if name in expected}, _only(said, expected))


def _error(answer: Answer) -> str:
    return answer.message if isinstance(answer, CodecFailure) and answer.code == "refused" else f"no error: {answer}"


def _only(said: dict[str, Any], expected: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name in expected}


def _unlike(expected: object, said: object) -> str:
    if _same(expected, said):
        return ""
    return failure("", f"expected {_json(expected)}, got {_json(said)}").message


def _same(expected: object, said: object) -> bool:
    """Equal as JSON: one is 1.0, but true is not 1; what JavaScript leaves undefined is not there."""
    if isinstance(expected, dict) and isinstance(said, dict):
        return expected.keys() == said.keys() and all(_same(expected[name], said[name]) for name in expected)
    if isinstance(expected, Sequence) and isinstance(said, Sequence) and not isinstance(expected, str):
        return len(expected) == len(said) and all(_same(*pair) for pair in zip(expected, said, strict=True))
    return isinstance(expected, bool) == isinstance(said, bool) and expected == said


def _json(value: object) -> str:
    return msgspec.json.encode(value, enc_hook=str).decode()

"""The hash chain of the journal, as pure values.

Each entry is hashed over the hash before it and the canonical JSON of its own fields, so that changing, removing,
adding or moving an entry breaks every hash after it. What a chain cannot show by itself is that its *last* entries
were cut off: compare ``Verdict.head`` with a head noted elsewhere.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from json import dumps

GENESIS = bytes(32)
"""The "previous hash" of the first entry."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One link. ``fields`` are all that is hashed, ``sequence`` included; hashes are 32 bytes."""

    sequence: int
    fields: Mapping[str, object]
    previous_hash: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Broken:
    """Where the chain first fails: ``sequence`` as stored; ``reason`` is ``gap``, ``link`` or ``content``."""

    sequence: int
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """``checked`` entries are intact, the last of them having the hash ``head``; then it is ``broken``, or ends."""

    checked: int
    head: bytes
    broken: Broken | None


def canonical_json(value: object) -> bytes:
    """One spelling for one JSON value: keys sorted, no spaces, UTF-8, numbers in full by their shortest decimal value.

    ``1``, ``1.0`` and ``10e-1`` are one number, because PostgreSQL's ``jsonb`` gives them back in its own spelling.
    Raises ``TypeError`` for what JSON cannot say and ``ValueError`` for NaN, infinities and text that ``jsonb``
    refuses (NUL, lone surrogates).
    """
    return _canonical(value).encode("utf-8")


def entry_hash(previous_hash: bytes, fields: Mapping[str, object]) -> bytes:
    """SHA-256 of ``previous_hash`` followed by the canonical JSON of ``fields``: 32 bytes."""
    return hashlib.sha256(previous_hash + canonical_json(fields)).digest()


def verify(entries: Iterable[Entry], after: tuple[int, bytes] = (0, GENESIS)) -> Verdict:
    """Follow the chain from the entry ``after`` (its sequence and hash) and stop at the first that does not hold."""
    sequence, head = after
    checked = 0
    for entry in entries:
        reason = _fault(entry, sequence + 1, head)
        if reason:
            return Verdict(checked, head, Broken(entry.sequence, reason))
        sequence, head, checked = entry.sequence, entry.hash, checked + 1
    return Verdict(checked, head, None)


def _fault(entry: Entry, expected_sequence: int, head: bytes) -> str:
    if entry.sequence != expected_sequence:
        return "gap"
    if entry.previous_hash != head:
        return "link"
    return "" if entry.hash == entry_hash(head, entry.fields) else "content"


def _canonical(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_text(k)}:{_canonical(value[k])}" for k in sorted(value)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_canonical(item) for item in value) + "]"
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool):
        return dumps(value)
    return _number(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a JSON key must be text, not {type(value).__name__}")
    if "\0" in value:
        raise ValueError("text with a NUL character cannot be stored")
    return dumps(value, ensure_ascii=False)


def _number(value: object) -> str:
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, float):
        raise TypeError(f"{type(value).__name__} has no JSON spelling")
    exact = Decimal(repr(value))
    if not exact.is_finite():
        raise ValueError(f"{value} has no JSON spelling")
    plain = format(exact, "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain == "-0" else plain

"""JSON that must be exactly what it claims: typed, in range, no key twice.

RFC 8259, §4 leaves a repeated key undefined; two readers of one datagram could disagree on what was received.
"""

import json
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from maillage.lorawan.gateways.semtech_udp.errors import DatagramError, DatagramReason

_T = TypeVar("_T")
_Pairs = list[tuple[str, object]]


def decode_strictly(decoder: "msgspec.json.Decoder[_T]", text: bytes) -> _T:
    """The typed value of ``text``; ``DatagramError`` if it is not JSON, has a key twice or a wrong field."""
    value = decode_typed(decoder, text)
    refuse_repeated_keys(text)
    return value


def decode_typed(decoder: "msgspec.json.Decoder[_T]", text: bytes) -> _T:
    """As :func:`decode_strictly`, without looking for repeated keys."""
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as error:
        raise DatagramError(DatagramReason.WRONG_FIELD, str(error)) from error
    except (ValueError, RecursionError) as error:
        raise DatagramError(DatagramReason.NOT_JSON, str(error)) from error


def refuse_repeated_keys(text: bytes) -> None:
    """Raise ``DUPLICATE_KEY`` if any object in ``text`` has a key twice."""
    # Without a backslash, quotes enclose strings and nothing else. If all strings differ, and in a datagram
    # they nearly always do, so do the keys among them.
    if b"\\" not in text:
        strings = text.split(b'"')[1::2]
        if len(strings) == len(set(strings)):
            return
    _load(text, _unique)


def refuse_repeated_outer_keys(text: bytes) -> None:
    """As :func:`refuse_repeated_keys`, for the outermost object only: items are judged one by one."""
    _unique(_load(text, list))


def _load(text: bytes, hook: Callable[[_Pairs], object]) -> Any:  # noqa: ANN401 - whatever the JSON is
    try:
        return json.loads(text.decode(), object_pairs_hook=hook)
    except (ValueError, RecursionError) as error:
        raise DatagramError(DatagramReason.NOT_JSON, str(error)) from error


def _unique(pairs: _Pairs) -> None:
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise DatagramError(DatagramReason.DUPLICATE_KEY, ", ".join(sorted(keys)))

"""What goes into the codecs and what comes out. The same values travel to the worker processes and back."""

from datetime import datetime
from typing import Any

import msgspec

ERROR_TEXT_LIMIT = 300
LIMIT_CODES = frozenset({"time_limit", "memory_limit", "stack_limit"})
"""Failures by which a codec costs the others time."""


class CodecInput(msgspec.Struct, frozen=True, array_like=True):
    """One decrypted uplink. ``received_at`` is aware UTC."""

    model_key: str
    f_port: int
    payload: bytes
    received_at: datetime


class Decoded(msgspec.Struct, frozen=True, array_like=True, tag="decoded"):
    """``data`` as the codec says it (JSON); ``measures`` by quantity code, finite, in the model's units."""

    data: dict[str, Any]
    measures: dict[str, float]
    warnings: tuple[str, ...] = ()


class Encoded(msgspec.Struct, frozen=True, array_like=True, tag="encoded"):
    """A downlink ready to be encrypted."""

    f_port: int
    payload: bytes
    warnings: tuple[str, ...] = ()


class CodecFailure(msgspec.Struct, frozen=True, array_like=True, tag="failure"):
    """Why there is no answer. ``message`` is at most 300 characters, one line.

    ======================  ==========================================================================
    ``unknown_model``       no such device model
    ``not_supported``       the codec has no such function (a sensor without downlinks)
    ``refused``             the codec itself says the input is wrong; ``message`` is its own sentence
    ``threw``               the codec threw
    ``bad_result``          the codec answered something that is not what TS013 asks for
    ``bad_input``           the data of a downlink is not JSON
    ``bad_codec``           the codec does not load
    ``time_limit``          stopped by the JavaScript engine: too long
    ``memory_limit``        stopped by the JavaScript engine: too much memory
    ``stack_limit``         stopped by the JavaScript engine: too deep
    ``killed``              its worker process crashed or had to be killed
    ``quarantined``         not tried: the model's codec went beyond its limits repeatedly, just before
    ``worker_unavailable``  no worker process could be started
    ======================  ==========================================================================
    """

    code: str
    message: str


def failure(code: str, message: str) -> CodecFailure:
    """A failure whose message is cut to one line of at most 300 printable characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in message[: 4 * ERROR_TEXT_LIMIT]).split())
    return CodecFailure(code, line if len(line) <= ERROR_TEXT_LIMIT else line[: ERROR_TEXT_LIMIT - 1] + "…")

"""What the agent is told, in a TOML file."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from maillage.kernel.errors import Invalid

RegisterType = Literal["int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]
_Positive = Annotated[float, msgspec.Meta(gt=0)]


class Point(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value of the machine: ``value = register × scale + offset`` goes to the datastream, in its own unit."""

    datastream_id: int
    address: Annotated[int, msgspec.Meta(ge=0, le=65535)]
    type: RegisterType = "uint16"
    table: Literal["holding", "input"] = "holding"
    word_order: Literal["big", "little"] = "big"
    scale: float = 1.0
    offset: float = 0.0


class Machine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a machine answers Modbus TCP, and how often it is asked."""

    host: str
    points: Annotated[list[Point], msgspec.Meta(min_length=1)]
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 502
    device_id: Annotated[int, msgspec.Meta(ge=0, le=255)] = 1
    period_s: _Positive = 60.0
    timeout_s: _Positive = 3.0


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``server``: the address of Maillage; ``token_file``: a file that holds an API token and nothing else.

    ``buffer``: the file in which values wait; the oldest go when there are more than ``most_values``.
    """

    server: str
    token_file: Path
    buffer: Path
    machines: Annotated[list[Machine], msgspec.Meta(min_length=1)]
    most_values: Annotated[int, msgspec.Meta(ge=1)] = 1_000_000
    send_every_s: _Positive = 10.0


def read_settings(path: Path) -> Settings:
    """Raises ``Invalid``, saying what to change."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Settings, dec_hook=_path)
    except OSError as problem:
        raise Invalid("agent-settings-missing", file=str(path), reason=str(problem.strerror)) from problem
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as problem:
        raise Invalid("agent-settings-unfit", file=str(path), reason=str(problem)) from problem


def _path(kind: type, value: object) -> Path:
    if kind is not Path or not isinstance(value, str) or not value:
        raise ValueError("a path is wanted")
    return Path(value)

"""Reads the device models from their folders, once, and says exactly what is wrong with a bad one."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

import msgspec

from maillage.kernel.errors import Invalid
from maillage.lorawan.adr.algorithms import DEFAULT_ALGORITHM
from maillage.lorawan.adr.semtech import DEFAULT_MARGIN_DB
from maillage.lorawan.codecs.model import (
    DEFAULT_STATUS_EVERY_H,
    VALUE_PLACEHOLDER,
    AdrProfile,
    Confirmation,
    DeviceClass,
    DeviceModel,
    Measure,
    MeasureKind,
    ValueBounds,
    Verb,
)
from maillage.lorawan.mac_exchange.wishes import NO_WISH, RadioWish, WishedChannel

MODELS_FOLDER = Path(__file__).with_name("models")

_Text = Annotated[str, msgspec.Meta(min_length=1)]
_ProfileID = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-F]{8}$")]
_Code = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]*$")]


class _MeasureFile(msgspec.Struct, forbid_unknown_fields=True):
    unit: _Text
    label: _Text
    label_en: _Text
    decimals: Annotated[int, msgspec.Meta(ge=0, le=6)]
    kind: MeasureKind


class _ValueFile(msgspec.Struct, forbid_unknown_fields=True):
    unit: _Text
    minimum: float
    maximum: float
    step: Annotated[float, msgspec.Meta(gt=0)]


class _ConfirmFile(msgspec.Struct, forbid_unknown_fields=True):
    quantity: _Code
    tolerance: Annotated[float, msgspec.Meta(ge=0)]
    expected: float | None = None


class _VerbFile(msgspec.Struct, forbid_unknown_fields=True):
    label: _Text
    label_en: _Text
    data: dict[str, str | int | float | bool]
    value: _ValueFile | None = None
    confirm: _ConfirmFile | None = None


class _AdrFile(msgspec.Struct, forbid_unknown_fields=True):
    algorithm: Literal["semtech", "off"] = DEFAULT_ALGORITHM
    margin_db: Annotated[float, msgspec.Meta(ge=0, le=30)] = DEFAULT_MARGIN_DB


class _ChannelFile(msgspec.Struct, forbid_unknown_fields=True):
    index: Annotated[int, msgspec.Meta(ge=0, le=15)]
    frequency_hz: Annotated[int, msgspec.Meta(gt=0)]
    min_data_rate: Annotated[int, msgspec.Meta(ge=0, le=15)]
    max_data_rate: Annotated[int, msgspec.Meta(ge=0, le=15)]
    downlink_frequency_hz: Annotated[int, msgspec.Meta(gt=0)] | None = None


class _RadioFile(msgspec.Struct, forbid_unknown_fields=True):
    rx1_delay_s: Annotated[int, msgspec.Meta(ge=1, le=15)] | None = None
    rx1_dr_offset: Annotated[int, msgspec.Meta(ge=0, le=7)] | None = None
    rx2_data_rate: Annotated[int, msgspec.Meta(ge=0, le=15)] | None = None
    rx2_frequency_hz: Annotated[int, msgspec.Meta(gt=0)] | None = None
    channels: list[_ChannelFile] = []


class _ModelFile(msgspec.Struct, forbid_unknown_fields=True):
    vendor: _Text
    name: _Text
    category: _Code
    icon: _Text
    documentation: str
    lorawan_version: Literal["1.0.2", "1.0.3", "1.0.4", "1.1"]
    regional_parameters: _Text
    device_class: DeviceClass
    dev_nonce_is_counter: bool
    uplink_period_s: Annotated[int, msgspec.Meta(gt=0)]
    measures: dict[_Code, _MeasureFile]
    verbs: dict[_Code, _VerbFile] = {}
    regions: list[_Text] = []
    profile_ids: list[_ProfileID] = []
    adr: _AdrFile = msgspec.field(default_factory=_AdrFile)
    radio: _RadioFile = msgspec.field(default_factory=_RadioFile)
    status_every_h: Annotated[int, msgspec.Meta(ge=0, le=8760)] = DEFAULT_STATUS_EVERY_H


def load_models(folder: Path = MODELS_FOLDER) -> Mapping[str, DeviceModel]:
    """Every model in ``folder``, by key (its folder name), in the order of the keys.

    Raises :class:`Invalid` ``codec.bad_model`` with the facts ``file`` and ``problem`` (which names the key).
    """
    folders = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(("_", ".")))
    return MappingProxyType({path.name: load_model(path) for path in folders})


def load_model(folder: Path) -> DeviceModel:
    """The model in one folder; raises :class:`Invalid` as :func:`load_models` does."""
    path = folder / "model.toml"
    imported = folder / "model.json"
    path = imported if imported.exists() else path
    try:
        parsed = _parsed(path)
    except msgspec.DecodeError as problem:
        raise _bad(path, str(problem)) from problem
    verbs = {name: _verb(path, name, verb, parsed) for name, verb in parsed.verbs.items()}
    return DeviceModel(
        key=folder.name,
        vendor=parsed.vendor,
        name=parsed.name,
        category=parsed.category,
        icon=parsed.icon,
        documentation=parsed.documentation,
        lorawan_version=parsed.lorawan_version,
        regional_parameters=parsed.regional_parameters,
        device_class=parsed.device_class,
        dev_nonce_is_counter=parsed.dev_nonce_is_counter,
        uplink_period_s=parsed.uplink_period_s,
        measures=MappingProxyType({code: _measure(code, entry) for code, entry in parsed.measures.items()}),
        verbs=MappingProxyType(verbs),
        codec_source=_read(folder / "codec.js"),
        regions=tuple(parsed.regions),
        profile_ids=tuple(parsed.profile_ids),
        adr=AdrProfile(parsed.adr.algorithm, parsed.adr.margin_db),
        radio=_radio(path, parsed.radio),
        status_every_h=parsed.status_every_h,
    )


def model_file(model: DeviceModel) -> bytes:
    """The ``model.json`` of a model without verbs, as :func:`load_model` reads it; its codec is a file beside it."""
    own = {"key", "measures", "verbs", "codec_source"}
    facts = {name: value for name, value in _facts(model).items() if name not in own}
    measures = {
        code: {name: value for name, value in _facts(measure).items() if name != "quantity"}
        for code, measure in model.measures.items()
    }
    return msgspec.json.format(msgspec.json.encode({**facts, "measures": measures}))


def _facts(value: DeviceModel | Measure) -> dict[str, object]:
    return {entry.name: getattr(value, entry.name) for entry in fields(value)}


def _parsed(path: Path) -> _ModelFile:
    if path.suffix == ".json":
        return msgspec.json.decode(_read(path), type=_ModelFile)
    return msgspec.toml.decode(_read(path), type=_ModelFile)


def _measure(code: str, entry: _MeasureFile) -> Measure:
    return Measure(code, entry.unit, entry.label, entry.label_en, entry.decimals, entry.kind)


def _verb(path: Path, name: str, entry: _VerbFile, model: _ModelFile) -> Verb:
    key = f"verbs.{name}"
    if (VALUE_PLACEHOLDER in entry.data.values()) != (entry.value is not None):
        raise _bad(path, f"{key}: `value` and {VALUE_PLACEHOLDER!r} in `data` go together")
    return Verb(
        name=name,
        label=entry.label,
        label_en=entry.label_en,
        data=MappingProxyType(entry.data),
        bounds=_bounds(path, key, entry.value),
        confirmation=_confirmation(path, key, entry, model),
    )


def _radio(path: Path, entry: _RadioFile) -> RadioWish:
    channels = tuple(WishedChannel(**msgspec.structs.asdict(one)) for one in entry.channels)
    if len({one.index for one in channels}) != len(channels):
        raise _bad(path, "radio.channels: an index is given twice")
    wish = RadioWish(entry.rx1_delay_s, entry.rx1_dr_offset, entry.rx2_data_rate, entry.rx2_frequency_hz, channels)
    return NO_WISH if wish == NO_WISH else wish


def _bounds(path: Path, key: str, entry: _ValueFile | None) -> ValueBounds | None:
    if entry is None:
        return None
    if entry.minimum > entry.maximum:
        raise _bad(path, f"{key}.value: minimum {entry.minimum} is above maximum {entry.maximum}")
    return ValueBounds(entry.unit, entry.minimum, entry.maximum, entry.step)


def _confirmation(path: Path, key: str, verb: _VerbFile, model: _ModelFile) -> Confirmation | None:
    entry = verb.confirm
    if entry is None:
        return None
    if entry.quantity not in model.measures:
        raise _bad(path, f"{key}.confirm.quantity: {entry.quantity!r} is not among the measures")
    if entry.expected is None and verb.value is None:
        raise _bad(path, f"{key}.confirm.expected: needed, because the verb takes no value")
    return Confirmation(entry.quantity, entry.tolerance, entry.expected)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as problem:
        raise _bad(path, f"cannot be read: {problem}") from problem


def _bad(path: Path, problem: str) -> Invalid:
    return Invalid("codec.bad_model", file=f"{path.parent.name}/{path.name}", problem=problem)

"""The frame log in words: one line a frame, in the active language."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext

from maillage.lorawan.codecs.model import DeviceModel, Measure
from maillage.lorawan.device_csv import folded
from maillage.lorawan.device_models import device_models
from maillage.lorawan.labels import MESSAGE_TYPES
from maillage.lorawan.mac_lines import mac_words
from maillage.lorawan.models import Device, Frame
from maillage.web import formats

_LORA = re.compile(r"SF(\d+)BW(\d+)")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_")
_LONGEST_VALUE = 200


@dataclass(frozen=True, slots=True)
class Hearing:
    """One gateway that heard the frame, or sent it (then without a level). ``name`` is empty for one not to be seen."""

    eui: str
    name: str
    rssi_dbm: float | None
    snr_db: float | None


@dataclass(frozen=True, slots=True)
class FrameLine:
    """A frame as a person reads it. ``values`` are the codec's, named as the model names them where it does;
    ``commands`` what network and device settled between them.
    """

    id: int
    at: datetime
    is_up: bool
    kind: str | Promise
    f_cnt: int | None
    f_port: int | None
    data_rate: str
    frequency: str
    receptions: tuple[Hearing, ...]
    size_bytes: int
    payload_hex: str
    frame_hex: str
    values: tuple[tuple[str, str], ...]
    failure: str
    commands: tuple[str, ...]

    @property
    def best(self) -> Hearing | None:
        """The gateway that heard best; the server lists it first."""
        return self.receptions[0] if self.receptions else None


def frame_lines(frames: Sequence[Frame], model_key: str, gateway_names: Mapping[str, str]) -> list[FrameLine]:
    """The lines of frames of one device."""
    model = device_models().get(model_key)
    return [_line(frame, model, gateway_names) for frame in frames]


@dataclass(frozen=True, slots=True)
class LogLine:
    """A frame in the log of all devices: whose it is, and the frame."""

    dev_eui: str
    device_name: str
    frame: FrameLine


def log_lines(frames: Sequence[Frame], devices: Mapping[str, Device], gateways: Mapping[str, str]) -> list[LogLine]:
    """The lines of frames of several devices. ``devices`` are those that may be named, by DevEUI."""
    return [_log_line(frame, devices.get(frame.dev_eui), gateways) for frame in frames]


def _log_line(frame: Frame, device: Device | None, gateways: Mapping[str, str]) -> LogLine:
    model = device_models().get(device.model_key) if device else None
    return LogLine(frame.dev_eui, device.name if device else "", _line(frame, model, gateways))


def data_rate_words(data_rate: str) -> str:
    """``SF7BW125`` → « SF7 · 125 kHz »; an FSK rate as it is."""
    match = _LORA.fullmatch(data_rate)
    return f"SF{match[1]} · {match[2]}{formats.NARROW_NO_BREAK_SPACE}kHz" if match else data_rate


def decoded_values(decoded: Mapping[str, object], model: DeviceModel | None) -> tuple[tuple[str, str], ...]:
    """What the codec said, flattened: (name, value) in the active language. The model's measures come first."""
    by_name = {folded(quantity): measure for quantity, measure in model.measures.items()} if model else {}
    order = list(by_name)
    said = sorted(_flat(decoded, ""), key=lambda each: _rank(folded(each[0]), order))
    return tuple(
        (_name(path, by_name.get(folded(path))), _value(value, by_name.get(folded(path)))) for path, value in said
    )


def _rank(name: str, order: Sequence[str]) -> int:
    return order.index(name) if name in order else len(order)


def _line(frame: Frame, model: DeviceModel | None, gateway_names: Mapping[str, str]) -> FrameLine:
    payload = bytes(frame.payload) if frame.payload is not None else b""
    decoded = frame.decoded or {}
    failure = _failure(decoded)
    return FrameLine(
        id=frame.pk,
        at=frame.at,
        is_up=frame.direction == Frame.Direction.UP,
        kind=MESSAGE_TYPES.get(frame.m_type, str(frame.m_type)),
        f_cnt=frame.f_cnt,
        f_port=frame.f_port,
        data_rate=data_rate_words(frame.data_rate),
        frequency=formats.quantity(frame.frequency_hz / 1e6, "MHz", 1),
        receptions=tuple(_hearing(reception, gateway_names) for reception in frame.receptions),
        size_bytes=len(payload),
        payload_hex=payload.hex(" ").upper(),
        frame_hex=bytes(frame.phy_payload).hex(" ").upper(),
        values=() if failure else decoded_values(decoded, model),
        failure=failure,
        commands=mac_words(frame),
    )


def _failure(decoded: Mapping[str, object]) -> str:
    """The codec's error, if that is all there is: the server stores exactly these two members."""
    if set(decoded) != {"error", "message"}:
        return ""
    return f"{decoded['error']} : {decoded['message']}"[:_LONGEST_VALUE]


def _hearing(reception: Mapping[str, object], gateway_names: Mapping[str, str]) -> Hearing:
    eui = str(reception.get("eui", ""))
    levels = [reception.get(name) for name in ("rssi_dbm", "snr_db")]
    rssi_dbm, snr_db = (float(level) if isinstance(level, int | float) else None for level in levels)
    return Hearing(eui, gateway_names.get(eui, ""), rssi_dbm, snr_db)


def _flat(value: object, path: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{path} {key}".strip())
    else:
        yield path, value


def _name(path: str, measure: Measure | None) -> str:
    if measure is None:
        return _CAMEL.sub(" ", path).casefold()
    return measure.label_en if (get_language() or "").startswith("en") else measure.label


def _value(value: object, measure: Measure | None) -> str:
    if isinstance(value, bool):
        return gettext("oui") if value else gettext("non")
    if isinstance(value, int | float):
        return formats.quantity(value, measure.unit if measure else "", measure.decimals if measure else None)
    return str(value)[:_LONGEST_VALUE]

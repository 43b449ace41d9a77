"""What a device model is: pure values, read from the model folders by ``registry``."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from maillage.kernel.errors import Invalid
from maillage.lorawan.adr.algorithms import DEFAULT_ALGORITHM
from maillage.lorawan.adr.semtech import DEFAULT_MARGIN_DB
from maillage.lorawan.mac_exchange.wishes import NO_WISH, RadioWish

DeviceClass = Literal["A", "C"]
MeasureKind = Literal["gauge", "state", "counter"]

ROUNDING = 1e-9
DEFAULT_STATUS_EVERY_H = 24
VALUE_PLACEHOLDER = "$value"
"""In the data of a verb: replaced by the value that the person or the rule asks for."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One quantity a model reports. ``unit`` is a UCUM code; ``label`` is the French message id."""

    quantity: str
    unit: str
    label: str
    label_en: str
    decimals: int
    kind: MeasureKind


@dataclass(frozen=True, slots=True)
class ValueBounds:
    """What the device accepts, inclusive, in ``unit`` (UCUM). A policy may be narrower, never wider."""

    unit: str
    minimum: float
    maximum: float
    step: float

    def check(self, verb: str, value: float) -> None:
        """Raise :class:`Invalid` unless the device can take ``value``."""
        facts: dict[str, str | float | None] = {
            "verb": verb,
            "value": value,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "unit": self.unit,
        }
        if not (math.isfinite(value) and self.minimum <= value <= self.maximum):
            raise Invalid("codec.value_out_of_bounds", **facts)
        steps = (value - self.minimum) / self.step
        if abs(steps - round(steps)) > ROUNDING:
            raise Invalid("codec.value_off_step", **facts, step=self.step)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The report that proves a command was carried out.

    ``expected`` is a fixed number (a relay: 1), or None where the device must report the value asked for.
    """

    quantity: str
    tolerance: float
    expected: float | None = None

    def is_met_by(self, reported: float, value: float | None) -> bool:
        """Whether ``reported`` proves it, ``value`` being what was asked for."""
        wanted = value if self.expected is None else self.expected
        return wanted is not None and abs(reported - wanted) <= self.tolerance


@dataclass(frozen=True, slots=True)
class Verb:
    """Something a model can be told to do. ``data`` is what ``encodeDownlink`` takes, with a placeholder."""

    name: str
    label: str
    label_en: str
    data: Mapping[str, object]
    bounds: ValueBounds | None = None
    confirmation: Confirmation | None = None

    def data_for(self, value: float | None) -> dict[str, object]:
        """The argument of ``encodeDownlink`` for ``value`` (None exactly where the verb takes none).

        Raises :class:`Invalid`, facts naming the bounds, where the device cannot take the value.
        """
        if self.bounds is None:
            if value is not None:
                raise Invalid("codec.value_not_wanted", verb=self.name, value=value)
            return dict(self.data)
        if value is None:
            raise Invalid("codec.value_missing", verb=self.name)
        self.bounds.check(self.name, value)
        number = int(value) if value == int(value) else value
        return {key: number if item == VALUE_PLACEHOLDER else item for key, item in self.data.items()}


@dataclass(frozen=True, slots=True)
class AdrProfile:
    """Which method sets the data rate and power of the model's devices (a name of ``adr.algorithms``)."""

    algorithm: str = DEFAULT_ALGORITHM
    margin_db: float = DEFAULT_MARGIN_DB


@dataclass(frozen=True, slots=True)
class DeviceModel:
    """A LoRaWAN device model. ``key`` is the folder name, stable, stored with every device."""

    key: str
    vendor: str
    name: str
    category: str
    icon: str
    documentation: str
    lorawan_version: str
    regional_parameters: str
    device_class: DeviceClass
    dev_nonce_is_counter: bool
    uplink_period_s: int
    measures: Mapping[str, Measure]
    verbs: Mapping[str, Verb]
    codec_source: str = field(repr=False)
    regions: tuple[str, ...] = ()
    profile_ids: tuple[str, ...] = ()
    """ProfileIDs of TR005, as labels have them: 8 upper-case hexadecimal digits."""
    adr: AdrProfile = AdrProfile()
    radio: RadioWish = NO_WISH
    status_every_h: int = DEFAULT_STATUS_EVERY_H
    """How often the network asks for battery and margin; 0: never."""

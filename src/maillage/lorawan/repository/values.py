"""What was found in a checkout, and what its examples have shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from maillage.lorawan.codecs.model import DeviceModel

Routine = Literal["decodeUplink", "encodeDownlink", "decodeDownlink"]


class Example(msgspec.Struct, frozen=True):
    """One of the repository's own: ``input`` and ``expected`` as the LoRa Alliance's TS013 writes them."""

    routine: Routine
    description: str
    input: dict[str, Any]
    expected: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """A model of the checkout, ready for the codec pool."""

    model: DeviceModel
    examples: tuple[Example, ...] = ()


class Problem(msgspec.Struct, frozen=True):
    """Something in the checkout that cannot be imported: where, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Checkout:
    """All that a checkout holds. ``source`` is ``ttn`` or ``chirpstack``: the start of the keys of its models."""

    source: str
    found: tuple[Found, ...]
    problems: tuple[Problem, ...]


class Outcome(msgspec.Struct, frozen=True):
    """What one example has shown; ``difference`` is empty when it passes."""

    routine: str
    description: str
    difference: str = ""


class ModelReport(msgspec.Struct, frozen=True):
    """A model as the report of its import tells it."""

    key: str
    vendor: str
    name: str
    lorawan_version: str
    regions: list[str]
    measures: list[str]
    outcomes: list[Outcome]

    @property
    def passed(self) -> int:
        """How many of its examples pass."""
        return sum(not outcome.difference for outcome in self.outcomes)

    @property
    def failures(self) -> list[Outcome]:
        """Those that do not."""
        return [outcome for outcome in self.outcomes if outcome.difference]


class Report(msgspec.Struct, frozen=True):
    """The result of one import."""

    source: str
    at: str
    models: list[ModelReport]
    problems: list[Problem]


@dataclass(frozen=True, slots=True)
class Judged:
    """A checkout whose examples were run; ``outcomes`` by model key."""

    checkout: Checkout
    outcomes: Mapping[str, list[Outcome]] = field(default_factory=dict)

    def report(self, at: str) -> Report:
        """As it is kept and shown."""
        models = [_model_report(found.model, self.outcomes.get(found.model.key, [])) for found in self.checkout.found]
        return Report(self.checkout.source, at, models, list(self.checkout.problems))


def _model_report(model: DeviceModel, outcomes: list[Outcome]) -> ModelReport:
    regions, measures = list(model.regions), list(model.measures)
    return ModelReport(model.key, model.vendor, model.name, model.lorawan_version, regions, measures, outcomes)

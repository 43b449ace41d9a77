"""Whether a value may be asked of a thing: the use's bounds (heating: 5 to 30 °C) within the device model's own."""

import math
from dataclasses import dataclass
from decimal import Decimal

from maillage.kernel.errors import Invalid


@dataclass(frozen=True, slots=True)
class Limits:
    """Inclusive bounds; values lie on ``minimum + n × step``."""

    minimum: float
    maximum: float
    step: float
    unit: str

    def within(self, other: "Limits") -> "Limits":
        """The bounds that satisfy both; the coarser step, counted from a bound that both can meet.

        Bounds are rounded inwards to the coarser step: a valve that takes whole degrees offers none of 5.5 °C.
        """
        coarse = max(self, other, key=lambda limits: limits.step)
        low, high = max(self.minimum, other.minimum), min(self.maximum, other.maximum)
        return Limits(coarse.at_or_above(low), coarse.at_or_below(high), coarse.step, self.unit)

    def at_or_above(self, value: float) -> float:
        """The first value on the step from ``value`` up."""
        return self._on_step(math.ceil(self._steps_to(value)))

    def at_or_below(self, value: float) -> float:
        """The last value on the step up to ``value``."""
        return self._on_step(math.floor(self._steps_to(value)))

    def is_on_step(self, value: float) -> bool:
        """True when ``value`` can be shown to the device without rounding."""
        return self._steps_to(value) % 1 == 0

    def _steps_to(self, value: float) -> Decimal:
        return (_decimal(value) - _decimal(self.minimum)) / _decimal(self.step)

    def _on_step(self, count: int) -> float:
        return float(_decimal(self.minimum) + count * _decimal(self.step))


def check(value: float | None, limits: Limits | None) -> float | None:
    """``value`` when it may be asked; ``Invalid`` says what to change.

    ``limits`` is None for a verb without a value, such as opening a gate.
    """
    if limits is None:
        _require_absent(value)
        return None
    if value is None:
        raise Invalid("value_missing", minimum=limits.minimum, maximum=limits.maximum, unit=limits.unit)
    if not math.isfinite(value):
        raise Invalid("value_not_a_number", minimum=limits.minimum, maximum=limits.maximum, unit=limits.unit)
    return _on_step(_in_bounds(value, limits), limits)


def _require_absent(value: float | None) -> None:
    if value is not None:
        raise Invalid("value_not_expected", value=value if math.isfinite(value) else None)


def _in_bounds(value: float, limits: Limits) -> float:
    if not limits.minimum <= value <= limits.maximum:
        raise Invalid(
            "setpoint_out_of_bounds", value=value, minimum=limits.minimum, maximum=limits.maximum, unit=limits.unit
        )
    return value


def _on_step(value: float, limits: Limits) -> float:
    if not limits.is_on_step(value):
        below, above = limits.at_or_below(value), limits.at_or_above(value)
        raise Invalid("value_off_step", value=value, step=limits.step, below=below, above=above, unit=limits.unit)
    return value


def _decimal(value: float) -> Decimal:
    """The decimal number that a person wrote, not its binary neighbour: 0.1 is one tenth."""
    return Decimal(str(value))

"""A condition made by choices, written in CEL: what the guided form makes."""

from dataclasses import dataclass
from enum import StrEnum


class Comparison(StrEnum):
    """Above or below the threshold."""

    ABOVE = "above"
    BELOW = "below"


class Quantifier(StrEnum):
    """How many of a group."""

    ANY = "any"
    ALL = "all"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Guided:
    """``margin``: how far back a measure must come for the rule to clear. ``quantifier`` None: a single measure."""

    comparison: Comparison
    threshold: float
    margin: float = 0.0
    quantifier: Quantifier | None = None
    least: int = 1

    @property
    def alias(self) -> str:
        return "mesure" if self.quantifier is None else "mesures"

    @property
    def condition(self) -> str:
        """It rings when this holds."""
        return self._quantified(self._beyond(self.threshold))

    @property
    def clear_condition(self) -> str:
        """It clears when this holds; empty without a margin."""
        if self.margin == 0:
            return ""
        back = self.threshold - self.margin if self.comparison is Comparison.ABOVE else self.threshold + self.margin
        return f"!({self._quantified(self._beyond(back))})"

    def _beyond(self, limit: float) -> str:
        sign = ">" if self.comparison is Comparison.ABOVE else "<"
        name = "mesure" if self.quantifier is None else "m"
        return f"{name} {sign} {float(limit)!r}"

    def _quantified(self, test: str) -> str:
        match self.quantifier:
            case None:
                return test
            case Quantifier.ANY:
                return f"mesures.exists(m, {test})"
            case Quantifier.ALL:
                return f"mesures.all(m, {test})"
            case Quantifier.COUNT:
                return f"mesures.filter(m, {test}).size() >= {self.least}"

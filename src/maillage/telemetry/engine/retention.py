"""How long the values of a datastream are kept: the most particular of several rules says."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from maillage.telemetry.engine.calendar import day_of, day_start


@dataclass(frozen=True, slots=True)
class Rule:
    """``organisation_id`` None: everybody's. ``quantity`` empty: every quantity's. ``summary_days`` None: for ever."""

    organisation_id: int | None
    quantity: str
    value_days: int
    summary_days: int | None

    def concerns(self, organisation_id: int, quantity: str) -> bool:
        """Whether the datastream falls under it."""
        return self.organisation_id in {None, organisation_id} and self.quantity in {"", quantity}

    @property
    def particularity(self) -> tuple[bool, bool]:
        """What an organisation says of itself outranks what is said of a quantity everywhere."""
        return self.organisation_id is not None, self.quantity != ""


def rule_for(rules: Iterable[Rule], organisation_id: int, quantity: str) -> Rule | None:
    """The rule that counts; None where nothing is ever forgotten."""
    concerned = [rule for rule in rules if rule.concerns(organisation_id, quantity)]
    return max(concerned, key=lambda rule: rule.particularity, default=None)


def forgotten_before(days: int, now: datetime) -> datetime:
    """Values older than this are to go: the start of the local day ``days`` days ago."""
    return day_start(day_of(now - timedelta(days=days)))

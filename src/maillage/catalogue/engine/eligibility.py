"""Who may order an offering, and where: what stands in the way, as codes."""

from dataclasses import dataclass
from enum import StrEnum


class Audience(StrEnum):
    """For whom: a member of the body, a public body outside of it, a private actor."""

    MEMBER = "member"
    OUTSIDE = "outside"
    BUSINESS = "business"


@dataclass(frozen=True, slots=True)
class Eligibility:
    """The condition of an offering."""

    audiences: frozenset[Audience]
    needs_fibre: bool = False
    needs_lora: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """Who asks and what covers the place; None where nobody knows yet."""

    audience: Audience | None = None
    has_fibre: bool | None = None
    has_lora: bool | None = None


class Obstacle(StrEnum):
    """What stands in the way; ``*_UNKNOWN`` has to be checked on the spot and forbids nothing."""

    AUDIENCE = "audience"
    FIBRE_MISSING = "fibre_missing"
    FIBRE_UNKNOWN = "fibre_unknown"
    LORA_MISSING = "lora_missing"
    LORA_UNKNOWN = "lora_unknown"

    @property
    def forbids(self) -> bool:
        """Whether the offering cannot be ordered for it."""
        return self in {Obstacle.AUDIENCE, Obstacle.FIBRE_MISSING, Obstacle.LORA_MISSING}


def obstacles(wanted: Eligibility, situation: Situation) -> tuple[Obstacle, ...]:
    """Everything that stands in the way, none when it can be ordered as it is."""
    found = []
    if situation.audience is not None and situation.audience not in wanted.audiences:
        found.append(Obstacle.AUDIENCE)
    if wanted.needs_fibre and not situation.has_fibre:
        found.append(Obstacle.FIBRE_UNKNOWN if situation.has_fibre is None else Obstacle.FIBRE_MISSING)
    if wanted.needs_lora and not situation.has_lora:
        found.append(Obstacle.LORA_UNKNOWN if situation.has_lora is None else Obstacle.LORA_MISSING)
    return tuple(found)


def is_open_to(wanted: Eligibility, situation: Situation) -> bool:
    """Whether nothing forbids the order."""
    return not any(obstacle.forbids for obstacle in obstacles(wanted, situation))

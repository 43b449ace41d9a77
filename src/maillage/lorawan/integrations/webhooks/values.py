"""A webhook as its courier sees it, and what an attempt came to."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Hook:
    """One address. ``types`` empty: every type. ``attempts`` failed ones of the event after the cursor."""

    id: UUID
    application_id: UUID
    generation: int
    url: str
    types: tuple[str, ...]
    cursor_id: int
    attempts: int
    next_attempt_at: datetime | None
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """One event to deliver; ``letter_id`` when it comes from the dead letters."""

    event_id: int
    at: datetime
    type: str
    dev_eui: str
    body: str
    letter_id: int | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one attempt came to; ``status`` of HTTP, or None and a ``problem``."""

    at: datetime
    status: int | None
    problem: str
    duration_ms: int
    retry_after_s: float | None = None
